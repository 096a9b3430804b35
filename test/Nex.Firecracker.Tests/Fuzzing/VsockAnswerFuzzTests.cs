using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Nex.Firecracker.Tests.Support;
using Nex.Firecracker.Vsock;
using Nex.Testing.Files;
using Nex.Testing.Fuzzing;
using Nex.Testing.Waiting;

namespace Nex.Firecracker.Tests.Fuzzing;

/// <summary>What is answered to who asks for a port of a guest.</summary>
public sealed partial class VsockAnswerFuzzTests : IDisposable
{
    private const string Corpus = "vsock-answers";
    private const int Answers = 3000;

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_connection_comes_of_an_answer_alone_and_has_all_that_is_behind_it()
    {
        using var device = new VsockDeviceServer(_directory["v"]);
        foreach (byte[] input in Fuzz.Inputs(Corpus, Answers))
        {
            Match answer = Answer().Match(Encoding.Latin1.GetString(input));
            int? length = answer.Success && uint.TryParse(answer.Groups["port"].ValueSpan, out _) ? answer.Length : null;
            try
            {
                Assert.Equal(length is { } ours ? input[ours..] : null, await AskAsync(device, input));
            }
            catch (Exception failure)
            {
                Assert.Fail($"The connection ended with {failure.GetType().Name} for {Fuzz.Keep(Corpus, input)}: {failure}");
            }
        }
    }

    /// <returns>What the guest has written, where there is a connection to it; null where there is none.</returns>
    private async Task<byte[]?> AskAsync(VsockDeviceServer device, byte[] answer)
    {
        Task<Socket> connecting = VsockHost.ConnectAsync(_directory["v"], 5000, Deadline.Length);
        using (Socket guest = await device.AcceptAsync())
        {
            _ = await VsockDeviceServer.ReceiveAsync(guest);
            await SendAsync(guest, answer);
        }

        try
        {
            using Socket host = await connecting.Within();
            await using var stream = new NetworkStream(host);
            using var rest = new MemoryStream();
            await stream.CopyToAsync(rest).Within();
            return rest.ToArray();
        }
        catch (VsockException)
        {
            return null;
        }
    }

    private static async Task SendAsync(Socket guest, byte[] answer)
    {
        try
        {
            for (int sent = 0; sent < answer.Length;)
            {
                sent += await guest.SendAsync(answer.AsMemory(sent)).AsTask().Within();
            }
        }
        catch (SocketException)
        {
            // Who asked has heard enough.
        }
    }

    [GeneratedRegex(@"^OK (?<port>[0-9]{1,10})\n", RegexOptions.ExplicitCapture)]
    private static partial Regex Answer();
}
