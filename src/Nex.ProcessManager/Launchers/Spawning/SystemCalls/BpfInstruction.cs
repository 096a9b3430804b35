using System.Buffers.Binary;

namespace Nex.ProcessManager.Launchers.Spawning.SystemCalls;

/// <summary>An instruction of classic BPF (<c>struct sock_filter</c>), of which a filter of system calls needs these few.</summary>
/// <param name="Code">What it does.</param>
/// <param name="IfTrue">How many instructions a comparison skips when it holds.</param>
/// <param name="IfFalse">How many it skips when not.</param>
/// <param name="Value">What it works with.</param>
internal readonly record struct BpfInstruction(ushort Code, byte IfTrue, byte IfFalse, uint Value)
{
    internal const int Size = 8;

    /// <summary>Loads 32 bits of what is known of the call (<c>struct seccomp_data</c>).</summary>
    internal static BpfInstruction Load(uint offset) => new(0x20, 0, 0, offset);

    internal static BpfInstruction And(uint mask) => new(0x54, 0, 0, mask);

    internal static BpfInstruction IfEqual(uint value, int ifTrue, int ifFalse) => new(0x15, checked((byte)ifTrue), checked((byte)ifFalse), value);

    internal static BpfInstruction IfAbove(uint value, int ifTrue, int ifFalse) => new(0x25, checked((byte)ifTrue), checked((byte)ifFalse), value);

    internal static BpfInstruction IfAnyBit(uint mask, int ifTrue, int ifFalse) => new(0x45, checked((byte)ifTrue), checked((byte)ifFalse), mask);

    internal static BpfInstruction Return(uint verdict) => new(0x06, 0, 0, verdict);

    /// <summary>Both architectures are little-endian.</summary>
    internal void Write(Span<byte> target)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(target, Code);
        target[2] = IfTrue;
        target[3] = IfFalse;
        BinaryPrimitives.WriteUInt32LittleEndian(target[4..], Value);
    }
}
