using System.Text;
using Nex.GuestImages.Elf;

namespace Nex.GuestImages.Kernels;

/// <summary>What is built into a kernel, by the names of the modules that it would be otherwise, and by what it offers.</summary>
internal sealed class BuiltInModules
{
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    internal bool Contains(string canonicalName) => _names.Contains(canonicalName);

    /// <summary>Takes the file modules.builtin: a path on each line.</summary>
    internal void AddNames(string text)
    {
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            _ = _names.Add(ModuleDependencies.Canonical(Path.GetFileNameWithoutExtension(line)));
        }
    }

    /// <summary>Takes the file modules.builtin.modinfo: facts, each with the name of its module and a dot before it.</summary>
    internal void AddAliases(string text)
    {
        foreach ((string key, string value) in ModuleInfo.Parse(Encoding.UTF8.GetBytes(text)))
        {
            if (key.EndsWith(".alias", StringComparison.Ordinal))
            {
                _ = _names.Add(ModuleDependencies.Canonical(value));
            }
        }
    }
}
