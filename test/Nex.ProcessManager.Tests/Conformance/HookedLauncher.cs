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
/// false means that what an agent sent is not heard, and at its launch, that nothing of it is.
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

    public void CheckArtifact(long size) => inner.CheckArtifact(size);

    public async Task<ILaunchedAgent> LaunchAsync(string agentId, AgentDiagnostics diagnostics, CancellationToken cancellationToken)
    {
        int number = Interlocked.Increment(ref _launches);
        _ = await onStep(new AgentStep(agentId, number, Launching)).WaitAsync(cancellationToken);
        ILaunchedAgent agent = await inner.LaunchAsync(agentId, diagnostics, cancellationToken);
        // What the host writes down of the agent is there.
        await agent.CompleteAsync();
        bool heard = await onStep(new AgentStep(agentId, number, Launched));
        return new HookedAgent(agent, step => heard ? onStep(new AgentStep(agentId, number, step)) : Task.FromResult(false));
    }

    public void OnStartEnded(string agentId, AgentStartFailure? failure) => inner.OnStartEnded(agentId, failure);

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
        private const string Begin = "{\"jsonrpc\"";
        private const string Mark = "\"method\":\"";

        internal override bool CarriesHandles => inner.CarriesHandles;

        internal override async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            int count;
            int heard;
            do
            {
                count = await inner.ReceiveAsync(buffer, cancellationToken);
                heard = await CountHeardAsync(buffer[..count]);
            }
            while (count > 0 && heard == 0);

            return heard;
        }

        internal override async ValueTask<bool> SendAsync(ReadOnlyMemory<byte> bytes, SafeHandle? handle, CancellationToken cancellationToken)
        {
            _ = await CountHeardAsync(bytes);
            return await inner.SendAsync(bytes, handle, cancellationToken);
        }

        public override ValueTask DisposeAsync() => inner.DisposeAsync();

        /// <summary>Asks the test about each message. The messages are short, and each is sent in one go, but several may come in one.</summary>
        /// <returns>How many of the bytes are heard: those before the first message that is not.</returns>
        private async Task<int> CountHeardAsync(ReadOnlyMemory<byte> bytes)
        {
            // One character for each byte.
            string text = Encoding.Latin1.GetString(bytes.Span);
            for (int at = 0; (at = text.IndexOf(Mark, at, StringComparison.Ordinal)) >= 0;)
            {
                int begin = text.LastIndexOf(Begin, at, StringComparison.Ordinal) - FrameReader.HeaderBytes;
                at += Mark.Length;
                int end = text.IndexOf('"', at);
                if (end >= 0 && !await onStep(text[at..end]))
                {
                    return Math.Max(begin, 0);
                }
            }

            return bytes.Length;
        }
    }
}
