using Nex.GuestImages.Elf;

namespace Nex.GuestImages.Kernels;

/// <summary>
/// Which modules a guest needs, and in which order to load them. A package has no list of that: one is only made when it is installed. So what
/// each module says of itself is read.
/// </summary>
internal sealed class ModuleDependencies
{
    internal const string FileExtension = ".ko";

    /// <summary>One line for each module: its name, and all that must be loaded before it, in order.</summary>
    internal const string LoadOrderFile = "load-order";

    private readonly Dictionary<string, Module> _modules;
    private readonly BuiltInModules _builtIn;
    private readonly SortedDictionary<string, IReadOnlyList<string>> _needed = new(StringComparer.Ordinal);
    private readonly HashSet<string> _open = new(StringComparer.Ordinal);

    /// <param name="modules">All of the kernel, by their files, whose names are those of the modules.</param>
    internal ModuleDependencies(IEnumerable<string> modules, BuiltInModules builtIn)
    {
        _modules = modules.Select(Module.Read).ToDictionary(module => module.Name, StringComparer.Ordinal);
        _builtIn = builtIn;
    }

    /// <summary>The wanted modules and what they need, each with all that must be loaded before it, in order.</summary>
    internal IReadOnlyDictionary<string, IReadOnlyList<string>> Needed => _needed;

    /// <summary>Adds a module and what it needs; false when the kernel has none of that name, neither apart nor built in.</summary>
    internal bool TryAdd(string name)
    {
        string canonical = Canonical(name);
        if (!_modules.ContainsKey(canonical))
        {
            return _builtIn.Contains(canonical);
        }

        _ = Resolve(canonical);
        return true;
    }

    /// <summary>The name under which the kernel knows a module, whatever its file is called.</summary>
    internal static string Canonical(string name) => name.Replace('-', '_');

    private IReadOnlyList<string> Resolve(string name)
    {
        if (_needed.TryGetValue(name, out IReadOnlyList<string>? known))
        {
            return known;
        }

        var before = new List<string>();
        _ = _open.Add(name);
        foreach (string dependency in DirectDependencies(_modules[name]))
        {
            // Only soft dependencies can go round in a circle, and the kernel does without those.
            if (!_open.Contains(dependency))
            {
                before.AddRange(Resolve(dependency).Append(dependency).Except(before, StringComparer.Ordinal));
            }
        }

        _ = _open.Remove(name);
        _needed[name] = before;
        return before;
    }

    private IEnumerable<string> DirectDependencies(Module module)
    {
        foreach (string dependency in module.Dependencies.Select(Canonical))
        {
            if (_modules.ContainsKey(dependency))
            {
                yield return dependency;
            }
            else if (!_builtIn.Contains(dependency))
            {
                throw new GuestImageException(
                    GuestImageError.Damaged,
                    $"The module {module.Name} needs the module {dependency}, which the package does not have. Fetch it again.");
            }
        }

        // What is better there, but need not be.
        foreach (string wish in module.SoftDependencies)
        {
            if (FindByNameOrAlias(wish) is { } found)
            {
                yield return found;
            }
        }
    }

    // A soft dependency may be named by what it offers, such as crypto-crc32c. Of several that offer it, the one that needs no particular
    // processor is taken.
    private string? FindByNameOrAlias(string wish)
    {
        string canonical = Canonical(wish);
        if (_builtIn.Contains(canonical))
        {
            return null;
        }

        if (_modules.ContainsKey(canonical))
        {
            return canonical;
        }

        return _modules.Values
            .Where(module => module.Aliases.Any(alias => Canonical(alias) == canonical))
            .Select(module => module.Name)
            .OrderByDescending(name => name.EndsWith("_generic", StringComparison.Ordinal))
            .ThenBy(name => name, StringComparer.Ordinal)
            .FirstOrDefault();
    }

    private sealed record Module(
        string Name, IReadOnlyList<string> Dependencies, IReadOnlyList<string> SoftDependencies, IReadOnlyList<string> Aliases)
    {
        internal static Module Read(string path)
        {
            IReadOnlyList<KeyValuePair<string, string>> facts = ModuleInfo.Read(path);
            return new Module(
                Path.GetFileNameWithoutExtension(path),
                [.. Values("depends").SelectMany(value => value.Split(',', StringSplitOptions.RemoveEmptyEntries))],
                [.. Values("softdep").SelectMany(WishesBefore)],
                [.. Values("alias")]);

            IEnumerable<string> Values(string key) => facts.Where(fact => fact.Key == key).Select(fact => fact.Value);
        }

        // `pre: a b post: c`. What is to come after the module is for others to want.
        private static IEnumerable<string> WishesBefore(string wishes)
        {
            bool isBefore = false;
            foreach (string word in wishes.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                if (word.EndsWith(':'))
                {
                    isBefore = word == "pre:";
                }
                else if (isBefore)
                {
                    yield return word;
                }
            }
        }
    }
}
