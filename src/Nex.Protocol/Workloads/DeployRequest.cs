using System.Collections.ObjectModel;

namespace Nex.Protocol.Workloads;

/// <summary>
/// What somebody asks to run, and how. Immutable: collections are copied when they are set. Nothing is checked before
/// <see cref="DeployRequestValidator"/> does.
/// </summary>
public sealed record DeployRequest
{
    /// <summary>The grace period of a request that names none: 10 seconds.</summary>
    public static readonly TimeSpan DefaultGracePeriod = TimeSpan.FromSeconds(10);

    /// <summary>The name of the workload: lower-case letters, digits and hyphens, at most 63. Need not be unique.</summary>
    public required string Name { get; init; }

    /// <summary>Whose workload it is: letters, digits, hyphens and underscores, at most 63. <c>default</c> by default.</summary>
    public string Namespace { get; init; } = "default";

    /// <summary>One of <see cref="WorkloadTypes"/>; <c>elf</c> by default.</summary>
    public string Type { get; init; } = WorkloadTypes.Elf;

    /// <summary>
    /// Where the artifact came from, as a file name or URI. It is for people, but for one thing: the last part of its path becomes the
    /// name that the program is started under (<c>argv[0]</c>); without it, that is <see cref="Name"/>.
    /// </summary>
    public string? Artifact { get; init; }

    /// <summary>The arguments of the program, without its own name. Arrives whole, in order, empty ones included.</summary>
    public IReadOnlyList<string> Argv
    {
        get;
        init => field = Copy(value);
    } = [];

    /// <summary>The whole environment of the program. Names and values arrive as given; nothing is added.</summary>
    public IReadOnlyDictionary<string, string> Environment
    {
        get;
        init => field = new ReadOnlyDictionary<string, string>(new Dictionary<string, string>(value ?? throw new ArgumentNullException(nameof(value)), StringComparer.Ordinal));
    } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>A sentence for people.</summary>
    public string? Description { get; init; }

    /// <summary>Whether it is started again when it ends with anything but success.</summary>
    public bool Essential { get; init; }

    /// <summary>The subjects whose messages call a function workload.</summary>
    public IReadOnlyList<string> TriggerSubjects
    {
        get;
        init => field = Copy(value);
    } = [];

    /// <summary>The SHA-256 that the artifact must have, 64 lower-case hexadecimal digits. Null accepts any.</summary>
    public string? Hash { get; init; }

    /// <summary>How often it has been started again. Counted by the workload manager.</summary>
    public int RetryCount { get; init; }

    /// <summary>When it was last started again.</summary>
    public DateTimeOffset? RetriedAt { get; init; }

    /// <summary>What it may use. Null means no limits but those of the node.</summary>
    public WorkloadLimits? Limits { get; init; }

    /// <summary>How long it has to end by itself after SIGTERM, before its whole process tree gets SIGKILL. At most an hour.</summary>
    public TimeSpan GracePeriod { get; init; } = DefaultGracePeriod;

    private static ReadOnlyCollection<string> Copy(IReadOnlyList<string> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return values.ToArray().AsReadOnly();
    }
}
