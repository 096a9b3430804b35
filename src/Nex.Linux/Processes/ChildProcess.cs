using System.Runtime.InteropServices;
using System.Text;
using Nex.Linux.Interop;

namespace Nex.Linux.Processes;

/// <summary>What to start, and the only things that it inherits.</summary>
internal sealed record ChildProcess
{
    private const int FirstFreeDescriptor = 3;

    /// <summary>The program, as a path that is resolved in the child; there is no search.</summary>
    internal required string Path { get; init; }

    /// <summary>All arguments, the name of the program first.</summary>
    internal required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>The whole environment; nothing of ours is added.</summary>
    internal IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Null leaves the directory of this process.</summary>
    internal string? WorkingDirectory { get; init; }

    /// <summary>Descriptors of the child from 0 on. Those at 3 and above are all that it has besides the standard three.</summary>
    internal required IReadOnlyList<SafeHandle> Descriptors { get; init; }

    /// <summary>A session of its own when true, else a process group of its own.</summary>
    internal bool OwnSession { get; init; }

    /// <summary>
    /// When true, every descriptor that is not named is closed in the child even where it was opened without close-on-exec, as some
    /// library of the host program may have done. A program that is started through a descriptor path must leave it false.
    /// </summary>
    internal bool CloseOtherDescriptors { get; init; }

    /// <summary>
    /// Starts it and returns its process id once it has become the program. Signals are reset to their defaults and none is blocked.
    /// The caller has to reap it.
    /// </summary>
    /// <exception cref="LinuxException">The program could not be executed; nothing is left of the attempt.</exception>
    internal unsafe int Spawn()
    {
        var actions = default(Libc.SpawnFileActions);
        var attributes = default(Libc.SpawnAttributes);
        _ = Libc.FileActionsInit(&actions);
        _ = Libc.SpawnAttributesInit(&attributes);
        var copies = new SafeHandle[Descriptors.Count];
        try
        {
            SetDescriptors(&actions, copies);
            SetAttributes(&attributes);
            using var argv = new StringVector(Arguments);
            using var environment = new StringVector(Environment.Select(pair => $"{pair.Key}={pair.Value}").ToArray());
            int error = Libc.PosixSpawn(out int pid, Path, &actions, &attributes, argv.Pointer, environment.Pointer);
            return error == 0 ? pid : throw new LinuxException("execute", Path, error);
        }
        finally
        {
            _ = Libc.FileActionsDestroy(&actions);
            _ = Libc.SpawnAttributesDestroy(&attributes);
            foreach (SafeHandle? copy in copies)
            {
                copy?.Dispose();
            }
        }
    }

    /// <summary>
    /// The sources are first copied to numbers above every target, so that filling one target cannot overwrite the source of the next.
    /// </summary>
    private unsafe void SetDescriptors(Libc.SpawnFileActions* actions, SafeHandle[] copies)
    {
        for (int target = 0; target < copies.Length; target++)
        {
            copies[target] = Descriptor.Duplicate(Descriptors[target], lowest: copies.Length);
            Check(Libc.FileActionsAddDup2(actions, (int)copies[target].DangerousGetHandle(), target), "add a descriptor for");
        }

        if (CloseOtherDescriptors)
        {
            Check(Libc.FileActionsAddCloseFrom(actions, Math.Max(copies.Length, FirstFreeDescriptor)), "close descriptors for");
        }

        if (WorkingDirectory is not null)
        {
            Check(Libc.FileActionsAddChdir(actions, WorkingDirectory), "set the working directory for");
        }
    }

    private unsafe void SetAttributes(Libc.SpawnAttributes* attributes)
    {
        const short setProcessGroup = 0x02, setSignalDefault = 0x04, setSignalMask = 0x08, setSession = 0x80;
        var none = default(Libc.SignalSet);
        var all = new Libc.SignalSet { First64 = ulong.MaxValue };
        Check(Libc.SpawnAttributesSetSignalMask(attributes, &none), "set the signal mask for");
        Check(Libc.SpawnAttributesSetSignalDefault(attributes, &all), "reset the signals for");
        short group = OwnSession ? setSession : setProcessGroup;
        Check(Libc.SpawnAttributesSetFlags(attributes, (short)(setSignalDefault | setSignalMask | group)), "set the flags for");
    }

    private void Check(int error, string step)
    {
        if (error != 0)
        {
            throw new LinuxException(step, Path, error);
        }
    }

    /// <summary>A null-terminated array of C strings outside the managed heap.</summary>
    private readonly unsafe ref struct StringVector
    {
        internal StringVector(IReadOnlyList<string> strings)
        {
            int bytes = strings.Sum(value => Encoding.UTF8.GetByteCount(value) + 1);
            Pointer = (byte**)NativeMemory.AllocZeroed((nuint)((strings.Count + 1) * sizeof(byte*) + bytes));
            byte* next = (byte*)(Pointer + strings.Count + 1);
            for (int index = 0; index < strings.Count; index++)
            {
                Pointer[index] = next;
                next += Encoding.UTF8.GetBytes(strings[index], new Span<byte>(next, bytes)) + 1;
            }
        }

        internal byte** Pointer { get; }

        public void Dispose() => NativeMemory.Free(Pointer);
    }
}
