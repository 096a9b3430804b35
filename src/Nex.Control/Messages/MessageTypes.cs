namespace Nex.Control.Messages;

/// <summary>What an answer says it is.</summary>
internal static class MessageTypes
{
    internal const string Ping = "io.nats.nex.v1.ping_response";
    internal const string Info = "io.nats.nex.v1.info_response";
    internal const string Run = "io.nats.nex.v1.run_response";
    internal const string Stop = "io.nats.nex.v1.stop_response";
    internal const string LameDuck = "io.nats.nex.v1.lameduck_response";
}
