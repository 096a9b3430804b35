using Nex.Linux.Machine;

namespace Nex.Agent.Guests;

/// <summary>
/// The modules of the guest's image. Its file <c>load-order</c> has a line for each: its name, and those that it needs, in the order in which
/// they are loaded. What has no line is part of the kernel.
/// </summary>
internal sealed class KernelModules
{
    private readonly string _directory;
    private readonly Dictionary<string, string[]> _needs;

    private KernelModules(string directory, Dictionary<string, string[]> needs)
    {
        _directory = directory;
        _needs = needs;
    }

    internal static KernelModules Read(string directory)
    {
        string order = Path.Combine(directory, "load-order");
        var needs = new Dictionary<string, string[]>(StringComparer.Ordinal);
        foreach (string line in File.Exists(order) ? File.ReadAllLines(order) : [])
        {
            string[] names = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (names.Length > 0)
            {
                needs[names[0]] = names[1..];
            }
        }

        return new KernelModules(directory, needs);
    }

    /// <summary>Loads what these need, and them.</summary>
    internal void Load(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (_needs.TryGetValue(name, out string[]? before))
            {
                foreach (string needed in before)
                {
                    LoadFile(needed);
                }

                LoadFile(name);
            }
        }
    }

    private void LoadFile(string name) => KernelModule.Load(Path.Combine(_directory, name + ".ko"));
}
