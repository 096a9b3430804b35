using Nex.Testing.Fakes;
using Nex.Testing.Waiting;
using static Nex.ProcessManager.Tests.Support.PoolTest;

namespace Nex.ProcessManager.Tests.Pool;

public sealed class UnobservedFailureTests
{
    /// <summary>A program may watch for failures that nobody looked at, and take them for faults of its own.</summary>
    [Fact]
    public async Task No_failure_is_left_that_nobody_looked_at()
    {
        var unobserved = new Milestones<string>();
        TaskScheduler.UnobservedTaskException += OnUnobserved;
        try
        {
            await RunAsync(test => test.Manager.StopAsync().Within());
            await RunAsync(async test =>
            {
                FakeAgent agent = await test.StartPreparedAsync();
                agent.Exit(signal: 9);
                _ = await test.Delegate.Exited.AtAsync(0);
            });
            await RunAsync(
                new FakeAgentPlan { Ping = FakeAnswer.None },
                async test =>
                {
                    _ = await test.StartAsync();
                    await test.Time.PassAsync(test.Options.PingInterval);
                    await test.Time.PassAsync(test.Options.PingTimeout);
                    _ = await test.Delegate.Exited.AtAsync(0);
                });
            await RunAsync(
                test => FailsAsync(ProcessManagerError.StartFailed, () => test.Manager.StartAsync(test.Delegate)),
                DefaultOptions with { StartFailureLimit = 1 },
                new FakeLauncher(_ => new FakeAgentPlan { Hello = FakeHello.OtherId }));

            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect();

            Assert.Empty(unobserved.Reached);
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= OnUnobserved;
        }

        void OnUnobserved(object? sender, UnobservedTaskExceptionEventArgs failure) => unobserved.Add(failure.Exception.ToString());
    }
}
