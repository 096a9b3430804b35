using System.Globalization;
using NATS.Client.Core;

// The least that a node does: it connects to a NATS server and answers each request on a subject with so many bytes. What a node takes more
// than this is the node's own. Its arguments are the server, the subject and the number of bytes.
//
// A request with two numbers in it is answered with as many messages as the first says, of as many bytes as the second says, as fast as the
// connection takes them: the least that is done to publish lines of a log.
await using var connection = new NatsConnection(new NatsOpts { Url = args[0] });
await using INatsSub<byte[]> requests = await connection.SubscribeCoreAsync(args[1], serializer: NatsRawSerializer<byte[]>.Default);
byte[] answer = new byte[int.Parse(args[2], CultureInfo.InvariantCulture)];
await connection.PingAsync();
Console.WriteLine("ready");
await foreach (NatsMsg<byte[]> request in requests.Msgs.ReadAllAsync())
{
    if (request.Data is { Length: 2 * sizeof(int) } numbers)
    {
        await PublishAsync(request.ReplyTo!, BitConverter.ToInt32(numbers), new byte[BitConverter.ToInt32(numbers, sizeof(int))]);
    }
    else
    {
        await connection.PublishAsync(request.ReplyTo!, answer, serializer: NatsRawSerializer<byte[]>.Default);
    }
}

async Task PublishAsync(string subject, int count, byte[] message)
{
    for (int sent = 0; sent < count; sent++)
    {
        await connection.PublishAsync(subject, message, serializer: NatsRawSerializer<byte[]>.Default);
    }
}
