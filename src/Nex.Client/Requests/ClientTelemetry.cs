using System.Diagnostics;
using NATS.Client.Core;

namespace Nex.Client.Requests;

/// <summary>The spans of a client, and the trace that goes to the node.</summary>
internal static class ClientTelemetry
{
    private static readonly ActivitySource Source = new("Nex.Client");

    private static readonly DistributedContextPropagator Propagator = DistributedContextPropagator.CreateW3CPropagator();

    internal static Activity? Start(string name) => Source.StartActivity(name, ActivityKind.Client);

    /// <returns>Null where nobody traces: a message without headers is smaller.</returns>
    internal static NatsHeaders? Headers(Activity? span)
    {
        if ((span ?? Activity.Current) is not { } current)
        {
            return null;
        }

        var headers = new NatsHeaders();
        Propagator.Inject(current, headers, static (carrier, name, value) => ((NatsHeaders)carrier!)[name] = value);
        return headers;
    }
}
