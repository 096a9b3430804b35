using System.Text.Json;
using Nex.Client.Streams;
using Nex.Control.Messages;

namespace Nex.Cli.Output;

internal sealed record NodeInfoDocument(
    string NodeId, string Version, string Uptime, string PublicXkey, IReadOnlyDictionary<string, string>? Tags, MemoryStatus? Memory,
    IReadOnlyList<MachineSummary> Machines, IReadOnlyList<string>? SupportedWorkloadTypes);

internal sealed record StoppedDocument(string NodeId, string Id, string Name, bool Stopped);

internal sealed record DeployedDocument(
    string Type, string Id, string Name, string Namespace, string NodeId, string Issuer, string Location, string? Hash, bool? Uploaded);

internal sealed record EndedDocument(string Type, string Id, int Code, string Message)
{
    /// <summary>Nobody saw the end.</summary>
    internal const int UnknownCode = -1;
}

internal sealed record LogDocument(
    string Type, DateTimeOffset Time, string Namespace, string NodeId, string WorkloadName, string WorkloadId, string Source, string Level, string Text)
{
    internal static LogDocument Of(NodeLogLine line) => new(
        "log", line.Received, line.Namespace, line.NodeId, line.WorkloadName, line.WorkloadId, line.IsFromNode ? "node" : "workload", line.Level.ToString().ToUpperInvariant(), line.Text);
}

internal sealed record EventDocument(
    DateTimeOffset Time, string Namespace, string Type, string Source, string Id, JsonElement? Data)
{
    internal static EventDocument Of(NodeEvent each) => new(each.Time, each.Namespace, each.Type, each.Source, each.Id, each.Data.ValueKind == JsonValueKind.Undefined ? null : each.Data);
}

internal sealed record KeyDocument(string Kind, string File, string PublicKey);

internal sealed record KernelDocument(string Directory, string Release, int Modules, IReadOnlyList<string> MissingModules);

internal sealed record NodeUpDocument(string Type, string NodeId, string Name, string Version, string Sandbox, string Nats, string? Context);

internal sealed record CompletionDocument(string Shell, string Script);

internal sealed record ImageDocument(string Path, int Entries, long Size, string Sha256);
