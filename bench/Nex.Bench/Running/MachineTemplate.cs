using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Nex.Linux;

namespace Nex.Bench.Running;

/// <summary>
/// What a bare program needs to clone the same machine as a manager does: the template that the manager has kept, and the command line of one
/// of its clones, word for word.
/// </summary>
internal sealed class MachineTemplate : IDisposable
{
    private readonly SafeFileHandle _memory;
    private readonly SafeFileHandle _state;

    private MachineTemplate(string[] commandLine, SafeFileHandle memory, SafeFileHandle state)
    {
        CommandLine = commandLine;
        _memory = memory;
        _state = state;
    }

    internal IReadOnlyList<string> CommandLine { get; }

    internal SafeFileHandle Memory => _memory;

    /// <summary>How the machines of all figures are run, for their readers.</summary>
    internal string Acceleration => IsKvm ? "run by KVM" : "emulated: this host has no KVM that machines may use";

    internal bool IsKvm => CommandLine.Contains("kvm");

    /// <summary>Reads both off a pool of clones that is up.</summary>
    internal static MachineTemplate Of(string templateDirectory)
    {
        string directory = Directory.GetDirectories(templateDirectory).Single(directory => Path.GetFileName(directory)[0] != '.');
        string[] commandLine = Machines.Running().Select(machine => Machines.CommandLine(machine.ProcessId)).First(words => words.Contains("-incoming"));
        return new MachineTemplate(commandLine, Load(Path.Combine(directory, "memory")), Load(Path.Combine(directory, "state")));
    }

    /// <summary>The state, from its beginning: who reads an open file moves on for all who have it open.</summary>
    internal SafeFileHandle OpenState() => File.OpenHandle($"/proc/self/fd/{_state.DangerousGetHandle()}");

    /// <summary>The number of the descriptor that follows a text in the command line.</summary>
    internal int Descriptor(string behind)
    {
        string word = CommandLine.First(word => word.Contains(behind, StringComparison.Ordinal));
        string number = word[(word.IndexOf(behind, StringComparison.Ordinal) + behind.Length)..];
        return int.Parse(string.Concat(number.TakeWhile(char.IsAsciiDigit)), CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        _memory.Dispose();
        _state.Dispose();
    }

    /// <summary>Into sealed memory, where the manager has it too; what is zero takes no room.</summary>
    private static SafeFileHandle Load(string path)
    {
        SafeFileHandle memory = MemoryFile.Create(Path.GetFileName(path));
        using FileStream file = File.OpenRead(path);
        RandomAccess.SetLength(memory, file.Length);
        byte[] block = new byte[64 * 1024];
        int count;
        for (long offset = 0; (count = file.Read(block)) > 0; offset += count)
        {
            if (block.AsSpan(0, count).ContainsAnyExcept((byte)0))
            {
                RandomAccess.Write(memory, block.AsSpan(0, count), offset);
            }
        }

        MemoryFile.Seal(memory);
        return memory;
    }
}
