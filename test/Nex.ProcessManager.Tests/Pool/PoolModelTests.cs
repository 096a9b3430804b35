using CsCheck;
using Nex.ProcessManager.Tests.Support;
using Nex.Protocol.Workloads;
using Nex.Testing.Waiting;
using static Nex.ProcessManager.Tests.Support.PoolTest;

namespace Nex.ProcessManager.Tests.Pool;

/// <summary>Random calls, one after the other, against a model that is simple enough to be right.</summary>
public sealed class PoolModelTests
{
    private const int Samples = 300;

    internal enum Call
    {
        PrepareNext,
        Prepare,
        Stop,
        Kill,
        Lookup,
        List,
        LameDuck,
    }

    private static readonly Gen<(int Size, (Call Call, int Index)[] Calls)> Runs = Gen.Select(
        Gen.Int[1, 4],
        Gen.Select(
            Gen.Frequency(
                (6, Gen.Const(Call.PrepareNext)),
                (6, Gen.Const(Call.Prepare)),
                (5, Gen.Const(Call.Stop)),
                (5, Gen.Const(Call.Kill)),
                (3, Gen.Const(Call.Lookup)),
                (3, Gen.Const(Call.List)),
                (1, Gen.Const(Call.LameDuck))),
            Gen.Int[0, 1000]).Array[1, 25]);

    [Fact]
    public Task Every_sequence_of_calls_does_what_the_model_does() => Runs.SampleAsync(
        run => RunAsync(
            async test =>
            {
                var model = new Model(test);
                await model.StartAsync();
                foreach ((Call call, int index) in run.Calls)
                {
                    await model.DoAsync(call, index);
                }
            },
            // One start at a time, so that agents become warm in the order of their launch.
            DefaultOptions with { PoolSize = run.Size, MaxConcurrentStarts = 1 }),
        iter: Samples);

    private sealed class Model(PoolTest test)
    {
        private readonly List<string> _warm = [];
        private readonly Dictionary<string, DeployRequest> _prepared = [];
        private readonly List<string> _gone = [];
        private int _lastName;
        private bool _lameDuck;

        private string[] All => [.. _warm, .. _prepared.Keys.Order(StringComparer.Ordinal), .. _gone, "unknown"];

        internal async Task StartAsync() => _warm.AddRange((await test.StartAsync()).Select(agent => agent.Id));

        internal async Task DoAsync(Call call, int index)
        {
            string id = All[index % All.Length];
            await (call switch
            {
                Call.PrepareNext => PrepareNextAsync(),
                Call.Prepare => PrepareAsync(id),
                Call.Stop => StopAsync(id),
                Call.Kill => KillAsync(id),
                Call.LameDuck => EnterLameDuckAsync(),
                Call.Lookup => Check(() => Assert.Same(_prepared.GetValueOrDefault(id), test.Manager.Lookup(id))),
                _ => Check(() => Assert.Equal(_prepared.Keys.Order(StringComparer.Ordinal), test.Manager.ListProcesses().Select(process => process.Id))),
            });
            Assert.Equal((_warm.Count, _prepared.Count), (test.Manager.Status.Warm, test.Manager.Status.Prepared));
        }

        private DeployRequest NextRequest() => Request($"workload-{++_lastName}");

        private async Task PrepareNextAsync()
        {
            DeployRequest request = NextRequest();
            if (_lameDuck)
            {
                _ = await FailsAsync(ProcessManagerError.LameDuck, () => test.Manager.PrepareNextWorkloadAsync(request).AsTask());
                return;
            }

            Assert.Equal(_warm[0], await test.Manager.PrepareNextWorkloadAsync(request).Within());
            await TakenAsync(_warm[0], request);
        }

        private async Task PrepareAsync(string id)
        {
            DeployRequest request = NextRequest();
            ProcessManagerError? expected =
                _lameDuck ? ProcessManagerError.LameDuck
                : _warm.Contains(id) ? null
                : _prepared.ContainsKey(id) ? ProcessManagerError.NotWarm
                : ProcessManagerError.UnknownId;
            if (expected is { } error)
            {
                _ = await FailsAsync(error, () => test.Manager.PrepareWorkloadAsync(id, request).AsTask());
                return;
            }

            await test.Manager.PrepareWorkloadAsync(id, request).Within();
            await TakenAsync(id, request);
        }

        private async Task TakenAsync(string id, DeployRequest request)
        {
            _prepared.Add(id, request);
            _ = _warm.Remove(id);
            await ReplacedAsync();
        }

        private async Task StopAsync(string id)
        {
            if (_gone.Contains(id) || id == "unknown")
            {
                _ = await FailsAsync(ProcessManagerError.UnknownId, () => test.Manager.StopProcessAsync(id));
                return;
            }

            Assert.Equal((id, AgentExitCause.Stopped), ((await test.Manager.StopProcessAsync(id).Within()).Id, AgentExitCause.Stopped));
            await EndedAsync(id);
        }

        private async Task KillAsync(string id)
        {
            if (_gone.Contains(id) || id == "unknown")
            {
                return;
            }

            // Warm for long enough to be replaced at once.
            test.Time.Advance(test.Options.MaxStartBackoff);
            test.Launcher.Find(id).Exit(signal: 9);
            AgentExit exit = await test.Delegate.Exited.FirstAsync(exit => exit.Id == id);
            Assert.Equal(AgentExitCause.ProcessExited, exit.Cause);
            await EndedAsync(id);
        }

        private async Task EndedAsync(string id)
        {
            _gone.Add(id);
            if (!_prepared.Remove(id))
            {
                _ = _warm.Remove(id);
                await ReplacedAsync();
            }
        }

        private async Task EnterLameDuckAsync()
        {
            await test.Manager.EnterLameDuckAsync().Within();
            _lameDuck = true;
            _gone.AddRange(_warm);
            _warm.Clear();
        }

        private async Task ReplacedAsync()
        {
            _warm.Add(await test.Delegate.Started.AtAsync(_warm.Count + _prepared.Count + _gone.Count));
        }

        private static Task Check(Action check)
        {
            check();
            return Task.CompletedTask;
        }
    }
}
