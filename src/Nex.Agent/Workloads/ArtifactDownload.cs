using Microsoft.Win32.SafeHandles;
using Nex.Agent.Messages;
using Nex.Agent.Providers;
using Nex.Linux;
using Nex.Protocol.Agents;
using Nex.Protocol.JsonRpc;

namespace Nex.Agent.Workloads;

/// <summary>Reads an artifact over the link, chunk by chunk, where it could not come along as an open file.</summary>
internal sealed class ArtifactDownload : IDisposable
{
    /// <summary>How many reads are on their way at once: the node reads and sends while what has come is decoded and written.</summary>
    internal const int MaxReads = 8;

    private readonly SafeFileHandle _file = MemoryFile.Create("artifact");
    private readonly AgentArtifact _artifact;
    private readonly Queue<long> _reads = new(MaxReads);
    private long? _asked;
    private long _taken;
    private byte[] _buffer = [];

    internal ArtifactDownload(ReadOnlyMemory<byte> deployId, AgentDeploy deploy)
    {
        DeployId = deployId.ToArray();
        Deploy = deploy;
        _artifact = deploy.Artifact;
    }

    /// <summary>The id of the request that is answered when the workload runs.</summary>
    internal byte[] DeployId { get; }

    internal AgentDeploy Deploy { get; }

    /// <summary>Asks for what is missing, as far as that may be done now.</summary>
    internal void AskFor(AgentMessageWriter messages)
    {
        // Even of nothing something is asked for.
        while (_reads.Count < MaxReads && (_asked is null || _asked < _artifact.Size))
        {
            long offset = _asked ?? 0;
            int count = CountAt(offset);
            _reads.Enqueue(messages.ReadArtifact(offset, count));
            _asked = offset + count;
        }
    }

    /// <summary>Whether this is the answer that comes next, which is then no longer waited for: they come in the order in which they were asked for.</summary>
    internal bool Expects(long id) => _reads.TryPeek(out long next) && next == id && _reads.TryDequeue(out _);

    /// <summary>Takes an answer.</summary>
    /// <returns>The whole artifact, sealed, or null while some is missing.</returns>
    /// <exception cref="ProviderException">The answer is not what was asked for.</exception>
    internal SafeFileHandle? Add(ReadOnlyMemory<byte> answer)
    {
        ReadOnlySpan<byte> chunk = AgentMessageReader.ArtifactChunk(answer, ref _buffer).Span;
        if (chunk.Length != CountAt(_taken))
        {
            throw new ProviderException(
                AgentErrors.ArtifactUnavailable, $"The node sent {chunk.Length} bytes of the artifact at {_taken}, not {CountAt(_taken)}.");
        }

        RandomAccess.Write(_file, chunk, _taken);
        _taken += chunk.Length;
        if (_taken < _artifact.Size)
        {
            return null;
        }

        MemoryFile.Seal(_file);
        return _file;
    }

    public void Dispose() => _file.Dispose();

    private int CountAt(long offset) => (int)Math.Min(LinkLimits.ArtifactChunk, _artifact.Size - offset);
}
