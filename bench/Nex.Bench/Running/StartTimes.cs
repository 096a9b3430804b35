using System.Diagnostics.Metrics;
using Nex.ProcessManager.Telemetry;

namespace Nex.Bench.Running;

/// <summary>What process managers report of how long their agents took to start.</summary>
internal sealed class StartTimes : IDisposable
{
    private readonly MeterListener _listener = new();
    private double _last;

    internal StartTimes()
    {
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument is { Name: "nex.agent.start.duration", Meter.Name: ProcessManagerTelemetry.Name })
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<double>((_, seconds, _, _) => Volatile.Write(ref _last, seconds * 1000));
        _listener.Start();
    }

    /// <summary>The last one, in milliseconds.</summary>
    internal double Last => Volatile.Read(ref _last);

    public void Dispose() => _listener.Dispose();
}
