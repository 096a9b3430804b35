using Nex.Firecracker.Api;

namespace Nex.Firecracker.Commands;

/// <summary>
/// The command line of a Firecracker process that is told by its API what to do. System calls are always filtered: there is no way here to
/// switch that off. Immutable; checked when it is rendered.
/// </summary>
public sealed record FirecrackerCommand
{
    /// <summary>Its id: 1 to 64 letters, digits and hyphens.</summary>
    public required string Id { get; init; }

    /// <summary>Where it makes the socket of its API, as an absolute path that it sees. Nothing may be there: it would not start.</summary>
    public required string ApiSocket { get; init; }

    /// <summary>The file or named pipe for its log, which must exist. By default it logs to standard output.</summary>
    public string? LogPath { get; init; }

    /// <summary>The least important that it logs. By default <see cref="FirecrackerLogLevel.Info"/>.</summary>
    public FirecrackerLogLevel? LogLevel { get; init; }

    /// <summary>Whether each line of the log has its level.</summary>
    public bool ShowLevel { get; init; }

    /// <summary>Whether each line of the log has the place in Firecracker's source that it comes from.</summary>
    public bool ShowLogOrigin { get; init; }

    /// <summary>The module of Firecracker whose lines alone are logged.</summary>
    public string? LogModule { get; init; }

    /// <summary>The file or named pipe for its metrics, which must exist. By default it writes none.</summary>
    public string? MetricsPath { get; init; }

    /// <summary>Another filter of system calls than its own, as a compiled file.</summary>
    public string? SeccompFilter { get; init; }

    /// <summary>Whether the guest has a device that it writes to when it has booted; the log then has the time that took.</summary>
    public bool BootTimer { get; init; }

    /// <summary>Whether devices are on PCI rather than mapped into memory.</summary>
    public bool EnablePci { get; init; }

    /// <summary>The largest body that its API accepts, in bytes. By default 51,200.</summary>
    public int? HttpApiMaxPayloadSize { get; init; }

    /// <summary>The most metadata that it keeps, in bytes. By default what its API accepts in one body.</summary>
    public int? MmdsSizeLimit { get; init; }

    /// <summary>The arguments, without the name of the program.</summary>
    /// <exception cref="FirecrackerException"><see cref="FirecrackerFailure.InvalidRequest"/>: there are faults; the message has them all.</exception>
    public IReadOnlyList<string> ToArguments()
    {
        var faults = new CommandFaults("Firecracker");
        Check(faults);
        faults.ThrowIfAny();
        return ["--id", Id, .. ArgumentsWithoutId()];
    }

    internal void Check(CommandFaults faults)
    {
        faults.Require(InstanceId.IsValid(Id), nameof(Id), $"must be 1 to {InstanceId.MaxLength} letters, digits and hyphens, and is '{Id}'");
        faults.Require(ApiSocket is not null, nameof(ApiSocket), "must be given");
        faults.RequirePath(ApiSocket, nameof(ApiSocket));
        faults.RequirePath(LogPath, nameof(LogPath));
        faults.RequirePath(MetricsPath, nameof(MetricsPath));
        faults.RequirePath(SeccompFilter, nameof(SeccompFilter));
        faults.Require(LogLevel is not { } level || Enum.IsDefined(level), nameof(LogLevel), "is none of the levels");
        faults.Require(HttpApiMaxPayloadSize is null or > 0, nameof(HttpApiMaxPayloadSize), "must be more than 0");
        faults.Require(MmdsSizeLimit is null or > 0, nameof(MmdsSizeLimit), "must be more than 0");
    }

    /// <summary>The rest: the jailer passes the id on by itself, and Firecracker does not take it twice.</summary>
    internal IReadOnlyList<string> ArgumentsWithoutId() =>
    [
        "--api-sock", ApiSocket,
        .. Option("--log-path", LogPath),
        .. Option("--level", LogLevel?.ToString()),
        .. Flag("--show-level", ShowLevel),
        .. Flag("--show-log-origin", ShowLogOrigin),
        .. Option("--module", LogModule),
        .. Option("--metrics-path", MetricsPath),
        .. Option("--seccomp-filter", SeccompFilter),
        .. Flag("--boot-timer", BootTimer),
        .. Flag("--enable-pci", EnablePci),
        .. Option("--http-api-max-payload-size", HttpApiMaxPayloadSize?.ToString()),
        .. Option("--mmds-size-limit", MmdsSizeLimit?.ToString()),
    ];

    internal static string[] Option(string name, string? value) => value is null ? [] : [name, value];

    internal static string[] Flag(string name, bool isSet) => isSet ? [name] : [];
}
