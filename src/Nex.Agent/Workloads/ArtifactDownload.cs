using Microsoft.Win32.SafeHandles;
using Nex.Agent.Providers;
using Nex.Linux;
using Nex.Protocol.Agents;
using Nex.Protocol.JsonRpc;

namespace Nex.Agent.Workloads;

/// <summary>Reads an artifact over the link, chunk by chunk, where it could not come along as an open file.</summary>
internal sealed class ArtifactDownload : IDisposable
{
    private readonly SafeFileHandle _file = MemoryFile.Create("artifact");
    private readonly AgentArtifact _artifact;
    private long _offset;

    internal ArtifactDownload(ReadOnlyMemory<byte> deployId, AgentDeploy deploy)
    {
        DeployId = deployId.ToArray();
        Deploy = deploy;
        _artifact = deploy.Artifact;
    }

    /// <summary>The id of the request that is answered when the workload runs.</summary>
    internal byte[] DeployId { get; }

    internal AgentDeploy Deploy { get; }

    /// <summary>Where to go on.</summary>
    internal long Offset => _offset;

    /// <summary>How much to ask for next.</summary>
    internal int NextCount => (int)Math.Min(LinkLimits.ArtifactChunk, _artifact.Size - _offset);

    /// <summary>Takes the answer.</summary>
    /// <returns>The whole artifact, sealed, or null while some is missing.</returns>
    /// <exception cref="ProviderException">The answer is not what was asked for.</exception>
    internal SafeFileHandle? Add(ReadOnlySpan<byte> chunk)
    {
        if (chunk.Length != NextCount)
        {
            throw new ProviderException(
                AgentErrors.ArtifactUnavailable, $"The node sent {chunk.Length} bytes of the artifact at {_offset}, not {NextCount}.");
        }

        RandomAccess.Write(_file, chunk, _offset);
        _offset += chunk.Length;
        if (_offset < _artifact.Size)
        {
            return null;
        }

        MemoryFile.Seal(_file);
        return _file;
    }

    public void Dispose() => _file.Dispose();
}
