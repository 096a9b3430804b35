using Microsoft.Extensions.Logging;
using Nex.ProcessManager;
using Nex.Workloads.Streams;

namespace Nex.Workloads;

/// <summary>What all workloads of a manager share.</summary>
/// <param name="LameDuck">Cancelled when nothing is started any more.</param>
internal sealed record WorkloadContext(
    IProcessManager Processes, WorkloadManagerOptions Options, ReplayBuffer<WorkloadEvent> Events, TimeProvider Time, ILogger Logger, CancellationToken LameDuck);
