using Nex.Client;
using Nex.Control.Connections;
using Nex.Testing.Waiting;

namespace Nex.Node.Tests.Support;

/// <summary>Clients that wait longer than a user would: other tests keep the host busy.</summary>
internal static class PatientClient
{
    internal static Task<NexClient> ConnectAsync(NatsSettings settings) =>
        NexClient.ConnectAsync(settings, new NexClientOptions { Timeout = TimeSpan.FromSeconds(10) }).Within();
}
