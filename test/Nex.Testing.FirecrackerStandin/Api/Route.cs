using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Nex.Testing.FirecrackerStandin.Api;

/// <summary>When a request may be made.</summary>
internal enum Phase
{
    Any,
    BeforeBoot,
    AfterBoot,
}

/// <summary>
/// What is done for a request. Its body is read first, and refused whatever the state of the machine is; then the state is looked at.
/// </summary>
/// <param name="Read">Reads the body and the id of the path, and returns what is to be done.</param>
internal sealed record Route(Func<byte[]?, string?, Operation> Read)
{
    internal static Route Of<T>(Phase phase, JsonTypeInfo<T> type, Func<Instance, T, Task> runAsync, Action<T, string?>? check = null)
        where T : class => new((body, id) =>
    {
        T request = ApiJson.Parse(body, type);
        check?.Invoke(request, id);
        return new Operation(phase, async instance =>
        {
            await runAsync(instance, request).ConfigureAwait(false);
            return null;
        });
    });

    /// <summary>Something that is configured before the start, after which no snapshot can be loaded, even where it is refused.</summary>
    internal static Route Configures<T>(JsonTypeInfo<T> type, Action<Instance, T> run, Action<T, string?>? check = null)
        where T : class => Of(
        Phase.BeforeBoot,
        type,
        (instance, request) =>
        {
            instance.Vm.Configuration.IsBootConfigured = true;
            run(instance, request);
            return Task.CompletedTask;
        },
        check);

    internal static Route Get<T>(Phase phase, JsonTypeInfo<T> type, Func<Instance, Task<T>> getAsync) => new((_, _) => new Operation(
        phase, async instance => JsonSerializer.SerializeToUtf8Bytes(await getAsync(instance).ConfigureAwait(false), type)));

    internal static Route Get<T>(JsonTypeInfo<T> type, Func<Instance, T> get) => Get(Phase.Any, type, instance => Task.FromResult(get(instance)));
}

/// <summary>A request that was understood.</summary>
/// <param name="RunAsync">Does it, and returns the body of the answer, or null for none.</param>
internal sealed record Operation(Phase Phase, Func<Instance, Task<byte[]?>> RunAsync);
