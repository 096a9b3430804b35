using System.Diagnostics.Metrics;
using Nex.Testing.Waiting;

namespace Nex.Node.Tests.Support;

/// <summary>What an instrument reports, of all nodes of this process: the values of its tags, in their order, with blanks between them.</summary>
internal sealed class MetricWatch : IDisposable
{
    private readonly MeterListener _listener = new();

    internal MetricWatch(string instrument)
    {
        _listener.InstrumentPublished = (published, own) =>
        {
            if (published.Name == instrument)
            {
                own.EnableMeasurementEvents(published);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, _, tags, _) => Reports.Add(string.Join(' ', tags.ToArray().Select(tag => tag.Value))));
        _listener.Start();
    }

    internal Milestones<string> Reports { get; } = new();

    public void Dispose() => _listener.Dispose();
}
