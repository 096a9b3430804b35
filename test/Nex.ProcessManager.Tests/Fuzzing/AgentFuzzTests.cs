using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Tests.Support;
using Nex.Protocol.JsonRpc;
using Nex.Testing.Files;
using Nex.Testing.Fuzzing;
using Nex.Testing.Recorders;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Fuzzing;

/// <summary>What an agent tells its node, which is what a workload that has taken it over tells it. The corpus has a message a line.</summary>
public sealed class AgentFuzzTests
{
    private const string Corpus = "agent-conversations";
    private const string Id = "agent";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Whatever_an_agent_says_is_taken_or_is_no_message_of_the_protocol(bool hasWorkload) =>
        Fuzz.RunAsync(Corpus, 10_000, input => Hear(input, hasWorkload), failure => failure is LinkException { IsViolation: true });

    [Fact]
    public async Task Whatever_an_agent_says_its_conversation_ends_and_who_waits_for_something_is_told()
    {
        foreach (byte[] input in Fuzz.Inputs(Corpus, 2_000))
        {
            try
            {
                await LiveAsync(input);
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"The conversation {Fuzz.Keep(Corpus, input)} did not end as it must: {failure.Message}", failure);
            }
        }
    }

    private static void Hear(byte[] input, bool hasWorkload)
    {
        ArtifactFile artifact = TestPrograms.Artifact("program", new byte[64]);
        using (artifact.Handle)
        {
            var handler = new AgentHandler(Id, TimeProvider.System, new LogRecorder());
            if (hasWorkload)
            {
                _ = handler.OnRequest("hello", ScriptedAgent.HelloOf(Id));
                Assert.True(handler.TryAttach(artifact, new ObserverRecorder()));
            }

            foreach (byte[] line in ScriptedAgent.Lines(input))
            {
                Hear(JsonRpcMessage.Parse(line), handler);
            }
        }
    }

    private static void Hear(JsonRpcMessage message, AgentHandler handler)
    {
        if (message.IsRequest)
        {
            using var writer = new FrameWriter();
            handler.OnRequest(message.Method!, message.Parameters).Write(writer, message.Id);
        }
        else if (message.Method is not null)
        {
            handler.OnNotification(message.Method, message.Parameters);
        }
    }

    /// <summary>It says hello as it should, and all the rest when it has been told to run a workload.</summary>
    private static async Task LiveAsync(byte[] input)
    {
        var agent = new ScriptedAgent(Id, input);
        var session = new AgentSession(Id, agent, PoolTest.DefaultOptions, TimeProvider.System, new LogRecorder());
        using (var deadline = new StartDeadline(Id, new TaskCompletionSource().Task, Deadline.Length, TimeProvider.System))
        {
            await session.HandshakeAsync(deadline).Within();
        }

        session.Prepare(PoolTest.Request());
        var observer = new ObserverRecorder();
        ArtifactFile artifact = TestPrograms.Artifact("program", new byte[64]);
        using (artifact.Handle)
        {
            Exception? refused = await Record.ExceptionAsync(() => session.DeployAsync(artifact, observer, CancellationToken.None).Within());
            AgentEnd end = await session.Ended.Within();
            await session.DisposeAsync().Within();

            Assert.True(refused is null or DeployException, $"The deploy ended with {refused}");
            // A workload may say that it has ended before its agent says that it runs; what never ran has no end.
            Assert.InRange(observer.Exits.Reached.Count, refused is null ? 1 : 0, 1);
            Assert.Empty(observer.Faults);
            Assert.Contains(end.Cause, new[] { AgentExitCause.ProcessExited, AgentExitCause.ProtocolViolation });
            Assert.DoesNotContain("could not be handled", end.Detail, StringComparison.Ordinal);
        }
    }
}
