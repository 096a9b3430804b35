using System.Collections.Concurrent;
using CsCheck;
using Nex.ProcessManager.Tests.Support;
using Nex.Testing.Waiting;
using static Nex.ProcessManager.Tests.Support.PoolTest;

namespace Nex.ProcessManager.Tests.Pool;

/// <summary>Random calls from several threads at once. What holds in every order of them is checked.</summary>
public sealed class PoolConcurrencyTests
{
    private const int Samples = 400;

    internal enum Call
    {
        PrepareNext,
        PrepareNextAndCancel,
        PrepareNextAndRaceCancel,
        Prepare,
        StopPrepared,
        StopAny,
        Kill,
        Look,
        LameDuck,
        StopAll,
    }

    private static readonly (int, IGen<Call>)[] Usual =
    [
        (8, Gen.Const(Call.PrepareNext)),
        (3, Gen.Const(Call.PrepareNextAndCancel)),
        (3, Gen.Const(Call.PrepareNextAndRaceCancel)),
        (4, Gen.Const(Call.Prepare)),
        (4, Gen.Const(Call.StopPrepared)),
        (4, Gen.Const(Call.StopAny)),
        (6, Gen.Const(Call.Kill)),
        (3, Gen.Const(Call.Look)),
    ];

    [Fact]
    public Task Whatever_is_called_at_once_an_agent_serves_one_request_and_the_pool_is_whole_afterwards() =>
        Runs(Usual).SampleAsync(run => RunAsync(run, endsItself: false), iter: Samples);

    [Fact]
    public Task Whatever_is_called_at_once_an_end_in_between_answers_everybody_and_leaves_nothing() =>
        Runs([.. Usual, (1, Gen.Const(Call.LameDuck)), (1, Gen.Const(Call.StopAll))]).SampleAsync(run => RunAsync(run, endsItself: true), iter: Samples);

    private static Gen<(int Size, int Starts, (Call Call, int Index)[][] Threads)> Runs((int, IGen<Call>)[] calls) => Gen.Select(
        Gen.Int[1, 3],
        Gen.Int[1, 3],
        Gen.Select(Gen.Frequency(calls), Gen.Int[0, 1000]).Array[1, 8].Array[2, 4]);

    private static Task RunAsync((int Size, int Starts, (Call Call, int Index)[][] Threads) run, bool endsItself) => PoolTest.RunAsync(
        async test =>
        {
            // An agent that is killed while it starts is a failed start, whose wait must not hold up the others.
            test.Time.LetRetriesPass();
            _ = await test.StartAsync();
            var session = new Session(test, endsItself);
            await Task.WhenAll(run.Threads.Select(calls => Task.Run(async () =>
            {
                foreach ((Call call, int index) in calls)
                {
                    await session.DoAsync(call, index);
                }
            }))).Within();
            await session.AssertWholeAsync();
        },
        DefaultOptions with { PoolSize = run.Size, MaxConcurrentStarts = run.Starts });

    private sealed class Session(PoolTest test, bool endsItself)
    {
        private readonly ConcurrentDictionary<string, int> _served = new(StringComparer.Ordinal);
        private readonly ConcurrentBag<Task> _waits = [];

        internal async Task DoAsync(Call call, int index)
        {
            IReadOnlyList<Testing.Fakes.FakeAgent> launched = test.Launcher.Launched.Reached;
            string id = launched[index % launched.Count].Id;
            switch (call)
            {
                case Call.PrepareNext:
                    await AnsweredAsync(() => test.Manager.PrepareNextWorkloadAsync(Request()).AsTask());
                    break;
                case Call.PrepareNextAndCancel:
                    await CancelledAsync(cancelling => cancelling.CancelAsync());
                    break;
                case Call.PrepareNextAndRaceCancel:
                    await CancelledAsync(cancelling => Task.Run(cancelling.Cancel));
                    break;
                case Call.Prepare:
                    await AnsweredAsync(async () =>
                    {
                        await test.Manager.PrepareWorkloadAsync(id, Request());
                        return id;
                    });
                    break;
                case Call.StopPrepared:
                    string[] served = [.. _served.Keys];
                    await StoppedAsync(served.Length == 0 ? id : served[index % served.Length]);
                    break;
                case Call.StopAny:
                    await StoppedAsync(id);
                    break;
                case Call.Kill:
                    test.Launcher.Find(id).Exit(signal: 9);
                    break;
                case Call.LameDuck:
                    await test.Manager.EnterLameDuckAsync();
                    break;
                case Call.StopAll:
                    await test.Manager.StopAsync();
                    break;
                default:
                    Look(id);
                    break;
            }
        }

        /// <summary>Everybody has been answered, and what was taken or died has been replaced.</summary>
        internal async Task AssertWholeAsync()
        {
            await Task.WhenAll(_waits).Within();
            Assert.All(_served, served => Assert.Equal(1, served.Value));
            if (!endsItself)
            {
                await test.Metrics.WhenAsync(agents =>
                    agents.GetValueOrDefault("warm") >= test.Options.PoolSize && agents.GetValueOrDefault("starting") == 0).Within();
                Assert.InRange(test.Manager.Status.Warm, 0, test.Options.PoolSize + test.Options.MaxConcurrentStarts);
                Assert.Equal(0, test.Manager.Status.Waiting);
            }
        }

        private async Task AnsweredAsync(Func<Task<string>> prepare)
        {
            HashSet<string> dead = [.. test.Delegate.Exited.Reached.Select(exit => exit.Id)];
            try
            {
                string id = await prepare().Within();
                Assert.DoesNotContain(id, dead);
                _ = _served.AddOrUpdate(id, 1, (_, times) => times + 1);
            }
            catch (ProcessManagerException failure)
            {
                Assert.Contains(
                    failure.Error,
                    new[] { ProcessManagerError.UnknownId, ProcessManagerError.NotWarm, ProcessManagerError.LameDuck, ProcessManagerError.Stopping });
                Assert.True(endsItself || failure.Error is ProcessManagerError.UnknownId or ProcessManagerError.NotWarm);
            }
            catch (OperationCanceledException)
            {
                // It was cancelled, and has no agent.
            }
        }

        private async Task CancelledAsync(Func<CancellationTokenSource, Task> cancel)
        {
            using var cancelling = new CancellationTokenSource();
            Task wait = AnsweredAsync(() => test.Manager.PrepareNextWorkloadAsync(Request(), cancelling.Token).AsTask());
            _waits.Add(wait);
            await cancel(cancelling);
            await wait;
        }

        private async Task StoppedAsync(string id)
        {
            try
            {
                Assert.Equal(id, (await test.Manager.StopProcessAsync(id).Within()).Id);
            }
            catch (ProcessManagerException failure)
            {
                Assert.Equal(ProcessManagerError.UnknownId, failure.Error);
            }
        }

        private void Look(string id)
        {
            IReadOnlyList<ProcessInfo> processes = test.Manager.ListProcesses();
            Assert.Equal(processes.Select(process => process.Id).Distinct(), processes.Select(process => process.Id));
            Assert.Equal(processes.Select(process => process.Id).Order(StringComparer.Ordinal), processes.Select(process => process.Id));
            _ = test.Manager.Lookup(id);
            ProcessManager.Pool.PoolStatus status = test.Manager.Status;
            Assert.InRange(status.Starting, 0, test.Options.MaxConcurrentStarts);
            Assert.Equal(0, Math.Min(status.Warm, status.Waiting));
        }
    }
}
