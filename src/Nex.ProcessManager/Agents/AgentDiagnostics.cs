using System.Text;
using Microsoft.Extensions.Logging;
using Nex.Protocol.Output;

namespace Nex.ProcessManager.Agents;

/// <summary>What one agent writes about itself: logged line by line, and its last lines kept for the report of a failed start.</summary>
internal sealed partial class AgentDiagnostics
{
    private const int KeptLines = 5;
    private const int KeptCharacters = 300;

    private readonly ILogger _logger;
    private readonly string _agentId;
    private readonly LineSplitter _splitter;
    private readonly Queue<string> _last = new();

    internal AgentDiagnostics(ILogger logger, string agentId)
    {
        _logger = logger;
        _agentId = agentId;
        _splitter = new LineSplitter(OnLine);
    }

    /// <summary>The last lines in one sentence, or nothing when there are none.</summary>
    internal string Tail
    {
        get
        {
            lock (_last)
            {
                return _last.Count == 0 ? "" : $" It wrote: {string.Join(" | ", _last)}";
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
            if (_last.Count == KeptLines)
            {
                _last.Dequeue();
            }

            _last.Enqueue(text.Length > KeptCharacters ? text[..KeptCharacters] + "…" : text);
        }
    }

    [LoggerMessage(100, LogLevel.Warning, "Agent {AgentId} wrote: {Text}")]
    private static partial void LogOutput(ILogger logger, string agentId, string text);
}
