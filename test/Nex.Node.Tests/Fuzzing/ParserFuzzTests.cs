using System.Text;
using NATS.NKeys;
using Nex.Control.Claims;
using Nex.Control.Connections;
using Nex.Control.Messages;
using Nex.Node.Configuration;
using Nex.Node.Control;
using Nex.Node.Deploys;
using Nex.ProcessManager.Launchers.MicroVms.Qemu.Qmp;
using Nex.Testing.Files;
using Nex.Testing.Fuzzing;

namespace Nex.Node.Tests.Fuzzing;

/// <summary>What others have written, and the parsers of a node that read it.</summary>
public sealed class ParserFuzzTests : IDisposable
{
    /// <summary>For which the requests of the corpus are.</summary>
    private const string Node = "NODE";

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public Task Whatever_is_sent_as_a_deploy_is_read_or_refused() => Fuzz.RunAsync(
        "control",
        10_000,
        ReadRun,
        failure => failure is RequestRefusedException);

    [Fact]
    public Task Whatever_is_sent_as_a_stop_is_read_or_refused() =>
        Fuzz.RunAsync("control", 10_000, input => RunRequestReader.ReadStop(input, Node), failure => failure is RequestRefusedException);

    [Fact]
    public Task Whatever_is_signed_holds_or_says_why_it_does_not() => Fuzz.RunAsync(
        "claims", 2_000, input => WorkloadClaims.Verify(Encoding.UTF8.GetString(input), TimeProvider.System.GetUtcNow()), failure => failure is ClaimsException);

    [Fact]
    public async Task Whatever_is_sealed_is_opened_or_refused()
    {
        using KeyPair node = KeyPair.CreatePair(PrefixByte.Curve), sender = KeyPair.CreatePair(PrefixByte.Curve);
        await Fuzz.RunAsync(
            "claims",
            500,
            input => SealedEnvironment.Open(Convert.ToBase64String(input), node, sender.GetPublicKey()),
            failure => failure is ClaimsException);
    }

    [Fact]
    public Task Whatever_a_configuration_holds_its_faults_are_told() => Fuzz.RunAsync(
        "configuration",
        2_000,
        input => NodeConfigurationLoader.Load(Write(input), environment: _ => null),
        failure => failure is NodeConfigurationException);

    [Fact]
    public Task Whatever_a_context_of_NATS_holds_it_is_read_or_refused() =>
        Fuzz.RunAsync("nats-context", 2_000, input => NatsContext.Load(Write(input)), failure => failure is NatsSettingsException);

    [Fact]
    public Task Whatever_QEMU_says_is_a_message_or_malformed() =>
        Fuzz.RunAsync("qmp", 10_000, input => QmpMessage.Parse(input), failure => failure is QmpException { Failure: QmpFailure.Malformed });

    private static void ReadRun(byte[] input)
    {
        RunRequest request = RunRequestReader.ReadRun(input, Node);
        _ = RunRequestReader.Argv(request);
        _ = RunRequestReader.Location(request.Location!);
    }

    private string Write(byte[] input)
    {
        File.WriteAllBytes(_directory["file"], input);
        return _directory["file"];
    }
}
