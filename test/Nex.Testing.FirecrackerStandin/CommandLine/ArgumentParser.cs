using System.Buffers;
using System.Globalization;

namespace Nex.Testing.FirecrackerStandin.CommandLine;

/// <summary>The arguments cannot be used; the message says which and why.</summary>
internal sealed class InvalidArgumentsException(string message, ExitCode exitCode = ExitCode.Arguments) : Exception(message)
{
    internal ExitCode ExitCode { get; } = exitCode;
}

/// <summary>
/// Firecracker's arguments: <c>--name value</c> or <c>--name</c>, each at most once, and nothing else. What only a hypervisor can use
/// (seccomp filters, the boot timer, PCI) is checked and has no effect.
/// </summary>
internal sealed class ArgumentParser
{
    private const int MaxIdLength = 64;

    private static readonly HashSet<string> Flags =
        ["--boot-timer", "--enable-pci", "--help", "--no-api", "--no-seccomp", "--show-level", "--show-log-origin", "--snapshot-version", "--version"];

    private static readonly HashSet<string> WithValue =
    [
        "--api-sock", "--config-file", "--describe-snapshot", "--http-api-max-payload-size", "--id", "--level", "--log-path", "--metadata",
        "--metrics-path", "--mmds-size-limit", "--module", "--parent-cpu-time-us", "--seccomp-filter", "--start-time-cpu-us", "--start-time-us",
    ];

    private static readonly SearchValues<char> IdCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <exception cref="InvalidArgumentsException">They are not Firecracker's.</exception>
    internal ArgumentParser(IReadOnlyList<string> arguments)
    {
        for (int index = 0; index < arguments.Count && arguments[index] != "--"; index++)
        {
            string name = arguments[index];
            if (!Flags.Contains(name) && !WithValue.Contains(name))
            {
                throw new InvalidArgumentsException($"Found argument '{name}' which wasn't expected, or isn't valid in this context.");
            }

            string value = "";
            if (WithValue.Contains(name))
            {
                value = ++index < arguments.Count && !arguments[index].StartsWith("--", StringComparison.Ordinal)
                    ? arguments[index]
                    : throw new InvalidArgumentsException($"The argument '{name[2..]}' requires a value, but none was supplied.");
            }

            if (!_values.TryAdd(name, value))
            {
                throw new InvalidArgumentsException($"The argument '{name[2..]}' was provided more than once.");
            }
        }
    }

    /// <summary>Whether it was given.</summary>
    internal bool Has(string name) => _values.ContainsKey(name);

    /// <summary>Its value; null where it was not given.</summary>
    internal string? Value(string name) => _values.GetValueOrDefault(name);

    /// <exception cref="InvalidArgumentsException">A value is out of its range, or asks for what this program does not do.</exception>
    internal StandinOptions ToOptions()
    {
        Refuse("--no-api", "it is driven by its API only");
        Refuse("--config-file", "configure it over its API");
        Refuse("--metadata", "put the metadata over its API");
        if (Has("--no-seccomp") && Has("--seccomp-filter"))
        {
            throw new InvalidArgumentsException("Argument 'seccomp-filter' cannot be used together with argument 'no-seccomp'.");
        }

        foreach (string name in new[] { "--start-time-us", "--start-time-cpu-us", "--parent-cpu-time-us" })
        {
            _ = Number(name, 0);
        }

        var defaults = new StandinOptions();
        int maxPayloadSize = Number("--http-api-max-payload-size", defaults.MaxPayloadSize);
        return new StandinOptions
        {
            ApiSocket = Value("--api-sock") ?? defaults.ApiSocket,
            Id = CheckedId(Value("--id") ?? defaults.Id),
            LogPath = Value("--log-path"),
            Level = Value("--level"),
            ShowLevel = Has("--show-level"),
            ShowLogOrigin = Has("--show-log-origin"),
            Module = Value("--module"),
            MetricsPath = Value("--metrics-path"),
            MaxPayloadSize = maxPayloadSize,
            MmdsSizeLimit = Number("--mmds-size-limit", maxPayloadSize),
        };
    }

    /// <summary>An id of an instance: 1 to 64 letters, digits and <c>-</c>.</summary>
    private static string CheckedId(string id)
    {
        if (id.Length is 0 or > MaxIdLength)
        {
            throw new InvalidArgumentsException($"Invalid instance ID: Invalid len ({id.Length});  the length must be between 1 and {MaxIdLength}.");
        }

        int wrong = id.AsSpan().IndexOfAnyExcept(IdCharacters);
        return wrong < 0 ? id : throw new InvalidArgumentsException($"Invalid instance ID: Invalid char ({id[wrong]}) at position {wrong}.");
    }

    private int Number(string name, int otherwise)
    {
        if (Value(name) is not { } text)
        {
            return otherwise;
        }

        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number)
            ? (int)Math.Min(number, int.MaxValue)
            : throw new InvalidArgumentsException($"The argument '{name[2..]}' requires a number, but '{text}' was supplied.");
    }

    private void Refuse(string name, string instead)
    {
        if (Has(name))
        {
            throw new InvalidArgumentsException($"firecracker-standin does not take {name}: {instead}.", ExitCode.Configuration);
        }
    }
}
