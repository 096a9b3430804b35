using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Pool;
using Nex.ProcessManager.Tests.Support;
using Nex.Testing.Recorders;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests;

public sealed class ServiceCollectionExtensionsTests
{
    [Fact]
    public async Task One_manager_is_registered_not_started_and_stopped_with_the_services()
    {
        var services = new ServiceCollection();
        services.AddNexProcessManager(new ProcessManagerOptions { Sandbox = Sandbox.None });
        services.AddNexProcessManager(new ProcessManagerOptions { PoolSize = 0 });
        IProcessManager manager;
        await using (ServiceProvider provider = services.BuildServiceProvider())
        {
            manager = provider.GetRequiredService<IProcessManager>();
            Assert.Same(manager, provider.GetRequiredService<IProcessManager>());
            Assert.Equal(PoolState.Created, manager.Status.State);
        }

        Assert.Equal(PoolState.Stopped, manager.Status.State);
    }

    [Fact]
    public async Task It_uses_the_logging_and_the_time_of_the_program()
    {
        var log = new LogRecorder();
        var time = new TestTime();
        var services = new ServiceCollection();
        services.AddSingleton<ILoggerFactory>(log);
        services.AddSingleton<TimeProvider>(time);
        services.AddNexProcessManager(new ProcessManagerOptions { Sandbox = Sandbox.None });
        await using ServiceProvider provider = services.BuildServiceProvider();
        IProcessManager manager = provider.GetRequiredService<IProcessManager>();

        await manager.EnterLameDuckAsync().Within();
        await manager.StopAsync().Within();

        Assert.Contains(log.Lines.Reached, line => line.Text.StartsWith("Lame duck", StringComparison.Ordinal));
        await time.TimerSetAsync(new ProcessManagerOptions().StopTimeout);
    }

    [Fact]
    public void Options_with_faults_fail_when_the_manager_is_made()
    {
        var services = new ServiceCollection();
        services.AddNexProcessManager(new ProcessManagerOptions { PoolSize = 0 });
        using ServiceProvider provider = services.BuildServiceProvider();

        Assert.Throws<OptionsValidationException>(provider.GetRequiredService<IProcessManager>);
    }

    [Fact]
    public async Task A_manager_without_a_sandbox_warns()
    {
        await using RealManager host = await RealManager.StartAsync(Sandbox.None);

        Assert.Contains(host.Log.Lines.Reached, line => line.Level == LogLevel.Warning && line.Text.Contains("workloads that are not trusted must not be run", StringComparison.Ordinal));
    }
}
