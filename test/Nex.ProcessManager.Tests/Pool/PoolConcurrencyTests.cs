using System.Collections.Concurrent;
using CsCheck;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Pool;
using Nex.ProcessManager.Tests.Pool.Linearizability;
using Nex.ProcessManager.Tests.Support;
using Nex.Testing.Fakes;
using Nex.Testing.Recorders;
using Nex.Testing.Waiting;
using static Nex.ProcessManager.Tests.Support.PoolTest;

namespace Nex.ProcessManager.Tests.Pool;

/// <summary>
/// Random calls from several threads at once, while agents die, fail to start, fall silent and time goes on. All that was answered must be what
/// a pool answers in which one thing happens after the other.
/// </summary>
public sealed class PoolConcurrencyTests
{
    private const int Samples = 1500;
    private const int FewSamples = 300;

    internal enum Call
    {
        PrepareNext,
        PrepareNextAndCancel,
        PrepareNextAndRaceCancel,
        Prepare,
        Deploy,
        StopPrepared,
        StopAny,
        Kill,
        Pass,
        OpenGates,
        Look,
        LameDuck,
        StopAll,
    }

    /// <summary>What a test is about.</summary>
    internal enum Kind
    {
        /// <summary>One call after the other, each when nothing goes on any more.</summary>
        Sequence,

        /// <summary>Calls at once, and a pool that fills up again.</summary>
        GoesOn,

        /// <summary>Calls at once, and some that end the pool.</summary>
        EndsItself,
    }

    /// <summary>How an agent behaves.</summary>
    internal enum Fate
    {
        Normal,
        FailsToLaunch,
        Lies,
        IsLate,
        IsSilent,
    }

    /// <summary>A stop may take longer than all the time that passes, so that no delegate is left behind.</summary>
    private static readonly ProcessManagerOptions Options = DefaultOptions with
    {
        StartTimeout = TimeSpan.FromMinutes(4),
        PingInterval = TimeSpan.FromMinutes(10),
        PingTimeout = TimeSpan.FromMinutes(3),
        ExitTimeout = TimeSpan.FromMinutes(2),
        StopTimeout = TimeSpan.FromDays(1),
        ReplacementDelay = new ProcessManagerOptions().ReplacementDelay,
    };

    private static readonly (int, IGen<Call>)[] Usual =
    [
        (8, Gen.Const(Call.PrepareNext)),
        (3, Gen.Const(Call.PrepareNextAndCancel)),
        (3, Gen.Const(Call.PrepareNextAndRaceCancel)),
        (4, Gen.Const(Call.Prepare)),
        (3, Gen.Const(Call.Deploy)),
        (4, Gen.Const(Call.StopPrepared)),
        (4, Gen.Const(Call.StopAny)),
        (6, Gen.Const(Call.Kill)),
        (3, Gen.Const(Call.Pass)),
        (2, Gen.Const(Call.OpenGates)),
        (6, Gen.Const(Call.Look)),
    ];

    private static readonly Gen<Fate> Fates = Gen.Frequency(
        (10, Gen.Const(Fate.Normal)), (1, Gen.Const(Fate.FailsToLaunch)), (1, Gen.Const(Fate.Lies)), (3, Gen.Const(Fate.IsLate)), (2, Gen.Const(Fate.IsSilent)));

    [Fact]
    public Task Every_sequence_of_calls_is_answered_as_it_must_be() => Gen.Select(
        Gen.Int[1, 4],
        Gen.Select(Gen.Frequency([.. Usual, (1, Gen.Const(Call.LameDuck))]), Gen.Int[0, 1000]).Array[1, 25])
        .SampleAsync((size, calls) => RunAsync(new Run(size, size, [], [calls]), Kind.Sequence), iter: FewSamples);

    [Fact]
    public Task Whatever_is_called_at_once_is_answered_as_if_one_came_after_the_other_and_the_pool_is_whole_afterwards() =>
        Runs(Usual).SampleAsync(run => RunAsync(run, Kind.GoesOn), iter: Samples);

    [Fact]
    public Task Whatever_is_called_at_once_an_end_in_between_answers_everybody_as_if_one_came_after_the_other() =>
        Runs([.. Usual, (1, Gen.Const(Call.LameDuck)), (1, Gen.Const(Call.StopAll))]).SampleAsync(run => RunAsync(run, Kind.EndsItself), iter: Samples);

    private static Gen<Run> Runs((int, IGen<Call>)[] calls) => Gen.Select(
        Gen.Int[1, 3],
        Gen.Int[1, 3],
        Fates.Array[0, 20],
        Gen.Select(Gen.Frequency(calls), Gen.Int[0, 1000]).Array[1, 8].Array[2, 4],
        (size, starts, fates, threads) => new Run(size, starts, fates, threads));

    private static Task RunAsync(Run run, Kind kind)
    {
        var late = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return PoolTest.RunAsync(
            async test =>
            {
                // The wait that a failed start, or a deploy, brings must not hold up the others.
                test.Time.LetRetriesPass();
                var session = new Session(test, late, kind);
                _ = await test.StartAsync();
                await Task.WhenAll(run.Threads.Select(calls => Task.Run(() => session.DoAsync(calls)))).Within();
                await session.AssertWholeAsync();
            },
            Options with { PoolSize = run.Size, MaxConcurrentStarts = run.Starts },
            // Those that are there at the beginning are normal.
            new FakeLauncher(number => Plan(run.Fates.ElementAtOrDefault(number - run.Size), late.Task)));
    }

    private static FakeAgentPlan Plan(Fate fate, Task late) => fate switch
    {
        Fate.FailsToLaunch => new FakeAgentPlan { LaunchFailure = new AgentStartException(AgentStartFailure.NotStarted, "No.") },
        Fate.Lies => new FakeAgentPlan { Hello = FakeHello.OtherId },
        Fate.IsLate => new FakeAgentPlan { HelloGate = late },
        Fate.IsSilent => new FakeAgentPlan { Ping = FakeAnswer.None },
        _ => new FakeAgentPlan(),
    };

    internal sealed record Run(int Size, int Starts, Fate[] Fates, (Call Call, int Index)[][] Threads);

    private sealed class Session(PoolTest test, TaskCompletionSource late, Kind kind)
    {
        private readonly PoolHistory _history = new(test);
        private readonly ConcurrentQueue<string> _served = new();
        private readonly ConcurrentBag<Task> _waits = [];
        private readonly ConcurrentBag<(Task Deploy, ObserverRecorder Observer)> _deploys = [];

        internal async Task DoAsync((Call Call, int Index)[] calls)
        {
            foreach ((Call call, int index) in calls)
            {
                await DoAsync(call, index);
                if (kind == Kind.Sequence)
                {
                    await QuietAsync();
                }
            }
        }

        /// <summary>Everybody has been answered, what was taken or died has been replaced, and all of it in an order that can be.</summary>
        internal async Task AssertWholeAsync()
        {
            _ = late.TrySetResult();
            await Task.WhenAll(_waits).Within();
            if (kind == Kind.GoesOn)
            {
                await QuietAsync();
                Assert.InRange(test.Manager.Status.Warm, 0, test.Options.PoolSize);
                Assert.Equal(0, test.Manager.Status.Waiting);
            }

            await _history.CloseAsync().Within();
            // What time has left behind comes back behind the stop.
            await test.Launcher.Closed.Within();
            Assert.True(_history.IsExplained(), $"There is no order in which a pool does this:\n{_history.Describe()}");
            foreach ((Task deploy, ObserverRecorder observer) in _deploys)
            {
                bool started = await Record.ExceptionAsync(() => deploy.Within()) is null;
                Assert.Equal(started ? 1 : 0, observer.Exits.Reached.Count);
            }
        }

        /// <summary>Waits until nothing goes on any more.</summary>
        private Task QuietAsync() => test.Metrics.WhenAsync(agents =>
            agents.GetValueOrDefault("starting") + agents.GetValueOrDefault("stopping") == 0
            && (test.Manager.Status.State == PoolState.LameDuck || agents.GetValueOrDefault("warm") >= test.Options.PoolSize)).Within();

        private async Task DoAsync(Call call, int index)
        {
            IReadOnlyList<FakeAgent> launched = test.Launcher.Launched.Reached;
            string id = launched[index % launched.Count].Id;
            string[] served = [.. _served];
            string workload = served.Length == 0 ? id : served[index % served.Length];
            switch (call)
            {
                case Call.PrepareNext:
                    _waits.Add(PrepareNextAsync(cancel: null));
                    break;
                case Call.PrepareNextAndCancel:
                    await PrepareNextAsync(cancelling => cancelling.CancelAsync());
                    break;
                case Call.PrepareNextAndRaceCancel:
                    await PrepareNextAsync(cancelling => Task.Run(cancelling.Cancel));
                    break;
                case Call.Prepare:
                    await _history.PrepareAsync(id);
                    break;
                case Call.Deploy:
                    Deploy(workload);
                    break;
                case Call.StopPrepared:
                    await _history.StopAsync(workload).Within();
                    break;
                case Call.StopAny:
                    await _history.StopAsync(id).Within();
                    break;
                case Call.Kill:
                    _history.Kill(id);
                    break;
                case Call.Pass:
                    _history.Pass(TimeSpan.FromMinutes(3 + (index % 8)));
                    break;
                case Call.OpenGates:
                    _ = late.TrySetResult();
                    break;
                case Call.LameDuck:
                    await _history.EnterLameDuckAsync().Within();
                    break;
                case Call.StopAll:
                    await _history.CloseAsync().Within();
                    break;
                default:
                    Look(id, index);
                    break;
            }
        }

        private async Task PrepareNextAsync(Func<CancellationTokenSource, Task>? cancel)
        {
            if (await _history.PrepareNextAsync(cancel).Within() is { } id)
            {
                _served.Enqueue(id);
            }
        }

        private void Deploy(string id)
        {
            var observer = new ObserverRecorder();
            _deploys.Add((test.DeployAsync(test.Launcher.Find(id), observer), observer));
        }

        private void Look(string id, int index)
        {
            Action look = (index % 4) switch
            {
                0 => _history.List,
                1 => _history.Count,
                2 => () => _history.Lookup(id),
                _ => () => _history.Get(id),
            };
            look();
            Assert.InRange(test.Manager.Status.Starting, 0, test.Options.MaxConcurrentStarts);
        }
    }
}
