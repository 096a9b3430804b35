using System.Runtime.InteropServices;
using System.Text;
using Nex.Linux.Processes;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Launchers;
using Nex.Protocol.JsonRpc;
using Nex.Protocol.Workloads;

namespace Nex.ProcessManager.Tests.Conformance;

/// <summary>A step of an agent's life.</summary>
/// <param name="Number">Which launch it is, from 1 on.</param>
/// <param name="Name">One of the steps of <see cref="HookedLauncher"/>, or the method of a message, whoever sends it.</param>
internal sealed record AgentStep(string AgentId, int Number, string Name);

/// <summary>
/// A real launcher, and a test that is asked at every step of each agent, from its launch to its messages. The step waits for the answer:
/// false means that what an agent sent is not heard.
/// </summary>
internal sealed class HookedLauncher(ILauncher inner, Func<AgentStep, Task<bool>> onStep) : ILauncher
{
    /// <summary>Nothing has been started yet.</summary>
    internal const string Launching = "launching";

    /// <summary>The process of the agent runs.</summary>
    internal const string Launched = "launched";

    private int _launches;

    public string Sandbox => inner.Sandbox;

    public Task OpenAsync(CancellationToken cancellationToken) => inner.OpenAsync(cancellationToken);

    public void CheckLimits(WorkloadLimits limits) => inner.CheckLimits(limits);

    public async Task<ILaunchedAgent> LaunchAsync(string agentId, AgentDiagnostics diagnostics, CancellationToken cancellationToken)
    {
        int number = Interlocked.Increment(ref _launches);
        _ = await onStep(new AgentStep(agentId, number, Launching)).WaitAsync(cancellationToken);
        ILaunchedAgent agent = await inner.LaunchAsync(agentId, diagnostics, cancellationToken);
        // What the host writes down of the agent is there.
        await agent.CompleteAsync();
        _ = await onStep(new AgentStep(agentId, number, Launched));
        return new HookedAgent(agent, step => onStep(new AgentStep(agentId, number, step)));
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private sealed class HookedAgent(ILaunchedAgent inner, Func<string, Task<bool>> onStep) : ILaunchedAgent
    {
        public Link Link { get; } = new HookedLink(inner.Link, onStep);

        public bool IsGuest => inner.IsGuest;

        public Task<ProcessExit> Exited => inner.Exited;

        public Task CompleteAsync() => inner.CompleteAsync();

        public WorkloadLimits? ApplyLimits(WorkloadLimits? limits) => inner.ApplyLimits(limits);

        public void Kill() => inner.Kill();

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }

    private sealed class HookedLink(Link inner, Func<string, Task<bool>> onStep) : Link
    {
        private const string Mark = "\"method\":\"";

        internal override bool CarriesHandles => inner.CarriesHandles;

        internal override async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            int count;
            do
            {
                count = await inner.ReceiveAsync(buffer, cancellationToken);
            }
            while (!await IsHeardAsync(buffer[..count]));

            return count;
        }

        internal override async ValueTask<bool> SendAsync(ReadOnlyMemory<byte> bytes, SafeHandle? handle, CancellationToken cancellationToken)
        {
            _ = await IsHeardAsync(bytes);
            return await inner.SendAsync(bytes, handle, cancellationToken);
        }

        public override ValueTask DisposeAsync() => inner.DisposeAsync();

        /// <summary>Messages of a start are short, and each is sent in one go.</summary>
        private async Task<bool> IsHeardAsync(ReadOnlyMemory<byte> bytes)
        {
            string text = Encoding.UTF8.GetString(bytes.Span);
            bool heard = true;
            for (int at = 0; (at = text.IndexOf(Mark, at, StringComparison.Ordinal)) >= 0;)
            {
                at += Mark.Length;
                int end = text.IndexOf('"', at);
                heard &= end < 0 || await onStep(text[at..end]);
            }

            return heard;
        }
    }
}
