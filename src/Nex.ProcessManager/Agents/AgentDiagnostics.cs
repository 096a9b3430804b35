using System.Text;
using Microsoft.Extensions.Logging;
using Nex.Protocol.Output;

namespace Nex.ProcessManager.Agents;

/// <summary>What one agent writes about itself: logged line by line, and its first and last lines kept for the report of a failed start.</summary>
internal sealed partial class AgentDiagnostics
{
    /// <summary>Of a machine that ends in a panic, the first lines say what has happened, and the last where.</summary>
    private const int FirstLines = 3;
    private const int LastLines = 5;
    private const int KeptCharacters = 300;

    private readonly ILogger _logger;
    private readonly string _agentId;
    private readonly LineSplitter _splitter;
    private readonly List<string> _first = [];
    private readonly Queue<string> _last = new();
    private int _dropped;

    internal AgentDiagnostics(ILogger logger, string agentId)
    {
        _logger = logger;
        _agentId = agentId;
        _splitter = new LineSplitter(OnLine);
    }

    /// <summary>The first and the last lines in one sentence, or nothing when there are none.</summary>
    internal string Excerpt
    {
        get
        {
            lock (_last)
            {
                string[] between = _dropped > 0 ? ["…"] : [];
                return _first.Count == 0 ? "" : $" It wrote: {string.Join(" | ", [.. _first, .. between, .. _last])}";
            }
        }
    }

    /// <summary>Takes bytes; called by one reader.</summary>
    internal void Append(ReadOnlySpan<byte> bytes) => _splitter.Append(bytes);

    internal void Complete() => _splitter.Complete();

    private void OnLine(ReadOnlySpan<byte> line, bool continues)
    {
        string text = Encoding.UTF8.GetString(line);
        LogOutput(_logger, _agentId, text);
        lock (_last)
        {
            string kept = text.Length > KeptCharacters ? text[..KeptCharacters] + "…" : text;
            if (_first.Count < FirstLines)
            {
                _first.Add(kept);
                return;
            }

            if (_last.Count == LastLines)
            {
                _last.Dequeue();
                _dropped++;
            }

            _last.Enqueue(kept);
        }
    }

    [LoggerMessage(100, LogLevel.Warning, "Agent {AgentId} wrote: {Text}")]
    private static partial void LogOutput(ILogger logger, string agentId, string text);
}
