using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Nex.Node.Control;
using Nex.Node.Telemetry;
using Nex.ProcessManager.Telemetry;
using Nex.Workloads.Telemetry;

namespace Nex.Node.Tests.Telemetry;

public sealed class DocumentationTests
{
    [Fact]
    public void The_document_has_every_instrument_with_its_kind_and_unit()
    {
        string document = File.ReadAllText(RepositoryFile.Path("docs", "telemetry.md"));

        Instrument[] instruments = Instruments();
        Assert.NotEmpty(instruments);
        Assert.All(instruments, instrument => Assert.Contains($"| `{instrument.Name}` | {Kind(instrument)} | `{instrument.Unit}` |", document));
        Assert.All(NodeTelemetryExporters.Names, name => Assert.Contains($"## Meter and activity source `{name}`", document));
    }

    [Fact]
    public void The_document_has_every_outcome_of_a_request()
    {
        string document = File.ReadAllText(RepositoryFile.Path("docs", "telemetry.md"));
        string table = document[document.IndexOf("| `nex.request.outcome` | what has become", StringComparison.Ordinal)..document.IndexOf("\nActivities: one for each request", StringComparison.Ordinal)];

        Assert.Equal(RequestOutcomes.All, table.Split('\n').Skip(2).Where(line => line.Length > 0).Select(line => line.Split('`')[1]));
    }

    private static Instrument[] Instruments()
    {
        foreach (Type type in (Type[])[typeof(ProcessManagerTelemetry), typeof(WorkloadTelemetry), typeof(NodeTelemetry)])
        {
            RuntimeHelpers.RunClassConstructor(type.TypeHandle);
        }

        var found = new List<Instrument>();
        using var listener = new MeterListener { InstrumentPublished = (instrument, _) => found.Add(instrument) };
        listener.Start();
        return [.. found.Where(instrument => instrument.Meter.Name.StartsWith("Nex.", StringComparison.Ordinal))];
    }

    private static string Kind(Instrument instrument) => instrument.GetType().Name.Split('`')[0] switch
    {
        "UpDownCounter" => "up-down counter",
        string name => name.ToLowerInvariant(),
    };
}
