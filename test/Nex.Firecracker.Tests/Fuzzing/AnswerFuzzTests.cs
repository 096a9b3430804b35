using Nex.Firecracker.Tests.Support;
using Nex.Testing.Fuzzing;
using Nex.Testing.Waiting;

namespace Nex.Firecracker.Tests.Fuzzing;

/// <summary>What a process answers that its guest has taken over.</summary>
public sealed class AnswerFuzzTests : ClientTest
{
    private const string Corpus = "firecracker";
    private const int Answers = 200;

    [Fact]
    public async Task Whatever_is_answered_is_read_or_is_a_failure_of_the_client()
    {
        byte[] answer = [];
        Server.OnRequest = async (_, connection) =>
        {
            await connection.SendAsync(answer);
            connection.Close();
        };
        FirecrackerClient client = Connect();
        foreach (byte[] input in Fuzz.Inputs(Corpus, Answers))
        {
            answer = input;
            try
            {
                _ = await client.GetVmConfigurationAsync().Within();
            }
            catch (FirecrackerException)
            {
            }
            catch (Exception failure)
            {
                Assert.Fail($"The call ended with {failure.GetType().Name} for {Fuzz.Keep(Corpus, input)}: {failure}");
            }
        }
    }
}
