using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Nex.Protocol.Workloads;

/// <summary>Checks deploy requests, and reports every fault at once.</summary>
public static partial class DeployRequestValidator
{
    /// <summary>The longest single argument or environment entry, in bytes of UTF-8: what Linux passes to a program.</summary>
    public const int MaxStringBytes = (128 * 1024) - 1;

    /// <summary>The most that arguments and environment may have together, in bytes of UTF-8.</summary>
    public const int MaxTotalBytes = 256 * 1024;

    /// <summary>The longest grace period.</summary>
    public static readonly TimeSpan MaxGracePeriod = TimeSpan.FromHours(1);

    /// <summary>Checks a request as a whole.</summary>
    /// <returns>Every fault, in the order of the fields; empty for a valid request.</returns>
    public static IReadOnlyList<ValidationFault> Validate(DeployRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var faults = new List<ValidationFault>();
        CheckIdentity(request, faults);
        CheckStrings(request, faults);
        CheckTriggers(request, faults);
        CheckNumbers(request, faults);
        return faults;
    }

    /// <exception cref="InvalidDeployRequestException">The request has faults.</exception>
    public static void ThrowIfInvalid(DeployRequest request)
    {
        IReadOnlyList<ValidationFault> faults = Validate(request);
        if (faults.Count > 0)
        {
            throw new InvalidDeployRequestException(request.Name, faults);
        }
    }

    private static void CheckIdentity(DeployRequest request, List<ValidationFault> faults)
    {
        if (request.Name is null || !WorkloadName().IsMatch(request.Name))
        {
            faults.Add(new("name", "must be 1 to 63 lower-case letters, digits and hyphens, with no hyphen first or last"));
        }

        if (request.Namespace is null || !NamespaceName().IsMatch(request.Namespace))
        {
            faults.Add(new("namespace", "must be 1 to 63 letters, digits, hyphens and underscores"));
        }

        if (WorkloadTypes.Canonical(request.Type) is null)
        {
            faults.Add(new("type", $"'{request.Type}' is no type of workload; use elf (or native), wasm, v8 or oci"));
        }

        if (request.Artifact is { } artifact && artifact.Contains('\0'))
        {
            faults.Add(new("artifact", "must not contain a NUL character"));
        }
    }

    private static void CheckStrings(DeployRequest request, List<ValidationFault> faults)
    {
        long total = 0;
        for (int index = 0; index < request.Argv.Count; index++)
        {
            total += CheckString($"argv[{index}]", request.Argv[index], prefixBytes: 0, faults);
        }

        foreach ((string name, string value) in request.Environment)
        {
            if (name.Length == 0 || name.Contains('=') || name.Contains('\0'))
            {
                faults.Add(new("environment", $"'{Printable(name)}' is no name of a variable: it must not be empty nor contain '=' or a NUL character"));
            }

            if (!IsUnicode(name))
            {
                faults.Add(new("environment", $"'{Printable(name)}' is no name of a variable: it must be valid Unicode, and has half of a surrogate pair"));
            }

            total += CheckString($"environment.{Printable(name)}", value, Encoding.UTF8.GetByteCount(name) + 1, faults);
        }

        if (total > MaxTotalBytes)
        {
            faults.Add(new("argv, environment", string.Create(CultureInfo.InvariantCulture, $"have {total} bytes together; at most {MaxTotalBytes} are possible. Put large input into a file of the artifact or on standard channels of the workload")));
        }
    }

    private static int CheckString(string field, string? value, int prefixBytes, List<ValidationFault> faults)
    {
        if (value is null)
        {
            faults.Add(new(field, "must not be null"));
            return 0;
        }

        if (value.Contains('\0'))
        {
            faults.Add(new(field, "must not contain a NUL character"));
        }

        if (!IsUnicode(value))
        {
            faults.Add(new(field, "must be valid Unicode, and has half of a surrogate pair, which no program could be given"));
        }

        int bytes = prefixBytes + Encoding.UTF8.GetByteCount(value);
        if (bytes > MaxStringBytes)
        {
            faults.Add(new(field, string.Create(CultureInfo.InvariantCulture, $"has {bytes} bytes; a program can be given at most {MaxStringBytes} in one string")));
        }

        return bytes + 1;
    }

    private static void CheckTriggers(DeployRequest request, List<ValidationFault> faults)
    {
        if (request.TriggerSubjects.Count > 0 && !WorkloadTypes.IsFunction(request.Type))
        {
            faults.Add(new("trigger_subjects", $"a workload of type '{request.Type}' has none; only wasm and v8 are called by messages"));
        }

        for (int index = 0; index < request.TriggerSubjects.Count; index++)
        {
            if (request.TriggerSubjects[index] is not { } subject || !Subject().IsMatch(subject))
            {
                faults.Add(new($"trigger_subjects[{index}]", "must be a NATS subject: tokens without spaces, separated by single dots"));
            }
        }
    }

    private static void CheckNumbers(DeployRequest request, List<ValidationFault> faults)
    {
        if (request.Hash is { } hash && !Sha256().IsMatch(hash))
        {
            faults.Add(new("hash", "must be a SHA-256 as 64 lower-case hexadecimal digits"));
        }

        Require(request.RetryCount >= 0, "retry_count", "must not be negative");
        Require(request.Limits?.MemoryBytes is null or > 0, "limits.memory_bytes", "must be more than 0");
        Require(request.Limits?.Cpus is null or (> 0 and < 100_000), "limits.cpus", "must be more than 0, and a number of processors");
        Require(request.Limits?.Pids is null or > 0, "limits.pids", "must be more than 0");
        Require(request.GracePeriod >= TimeSpan.Zero && request.GracePeriod <= MaxGracePeriod, "grace_period", "must be from 0 to 1 hour");

        void Require(bool holds, string field, string message)
        {
            if (!holds)
            {
                faults.Add(new(field, message));
            }
        }
    }

    /// <summary>Half of a surrogate pair has no UTF-8: a program would be given something else.</summary>
    private static bool IsUnicode(string text)
    {
        for (int index = 0; index < text.Length; index++)
        {
            if (char.IsSurrogate(text[index]) && !(index + 1 < text.Length && char.IsSurrogatePair(text, index++)))
            {
                return false;
            }
        }

        return true;
    }

    private static string Printable(string name) => name.Replace("\0", "\\0", StringComparison.Ordinal);

    [GeneratedRegex(@"\A[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\z")]
    private static partial Regex WorkloadName();

    [GeneratedRegex(@"\A[A-Za-z0-9_-]{1,63}\z")]
    private static partial Regex NamespaceName();

    [GeneratedRegex(@"\A[^\s.\0]+(?:\.[^\s.\0]+)*\z")]
    private static partial Regex Subject();

    [GeneratedRegex(@"\A[0-9a-f]{64}\z")]
    private static partial Regex Sha256();
}
