using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Nex.ProcessManager.Configuration;

namespace Nex.ProcessManager;

/// <summary>Registers a process manager with a program's services.</summary>
public static class ServiceCollectionExtensions
{
    /// <summary>
    /// Adds one <see cref="IProcessManager"/>, which uses the program's logging, and its <see cref="TimeProvider"/> where one is registered.
    /// It is not started, and is stopped when the services are disposed of.
    /// </summary>
    public static IServiceCollection AddNexProcessManager(this IServiceCollection services, ProcessManagerOptions options)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        services.TryAddSingleton(provider => ProcessManagerFactory.Create(
            options, provider.GetService<ILoggerFactory>(), provider.GetService<TimeProvider>()));
        return services;
    }
}
