using System.Text;
using System.Text.Json.Nodes;
using Nex.Testing.FirecrackerStandin.Api;
using Nex.Testing.FirecrackerStandin.Configuration;

namespace Nex.Testing.FirecrackerStandin.Reporting;

/// <summary>Metrics: a line of JSON for each flush, of which only the time is real.</summary>
internal sealed class StandinMetrics(string id)
{
    private MetricsConfiguration? _configuration;
    private FileStream? _target;

    /// <exception cref="ApiFaultException">It was done before, or the file cannot be opened.</exception>
    internal void Configure(MetricsConfiguration configuration)
    {
        if (_target is not null)
        {
            throw Faults.SecondMetrics();
        }

        _target = StandinLog.Open(configuration.MetricsPath, Faults.MetricsFile);
        _configuration = configuration;
        Flush();
    }

    internal void Flush()
    {
        if (_target is null)
        {
            return;
        }

        var line = new JsonObject { ["utc_timestamp_ms"] = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() };
        if (_configuration!.EmitId)
        {
            line["id"] = id;
        }

        if (_configuration.Properties is { } properties)
        {
            line["properties"] = new JsonObject(properties.Select(pair => KeyValuePair.Create<string, JsonNode?>(pair.Key, pair.Value)));
        }

        _target.Write(Encoding.UTF8.GetBytes(line.ToJsonString() + "\n"));
    }
}
