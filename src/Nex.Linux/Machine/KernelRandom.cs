using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Nex.Linux.Interop;

namespace Nex.Linux.Machine;

/// <summary>The random number generator of the kernel.</summary>
internal static unsafe class KernelRandom
{
    private const nuint AddEntropy = 0x40085203;
    private const nuint Reseed = 0x5207;

    /// <summary>
    /// Adds secret bytes of full entropy, and makes the generator begin anew from them: whatever it would have said before, it says
    /// something else now. Only root may.
    /// </summary>
    internal static void Add(ReadOnlySpan<byte> secret)
    {
        // struct rand_pool_info: the entropy in bits, the number of bytes, the bytes.
        byte[] pool = new byte[8 + secret.Length];
        BinaryPrimitives.WriteInt32LittleEndian(pool, 8 * secret.Length);
        BinaryPrimitives.WriteInt32LittleEndian(pool.AsSpan(4), secret.Length);
        secret.CopyTo(pool.AsSpan(8));
        using SafeFileHandle device = Descriptor.OpenReadOnly("/dev/urandom");
        fixed (byte* argument = pool)
        {
            Check(Libc.Control(device, AddEntropy, argument));
        }

        Check(Libc.Control(device, Reseed, null));
        Array.Clear(pool);
    }

    private static void Check(int result)
    {
        if (result != 0)
        {
            throw LinuxException.Last("reseed", "the kernel's random number generator");
        }
    }
}
