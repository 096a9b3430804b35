using Nex.ProcessManager.Agents;

namespace Nex.Workloads.Artifacts;

/// <summary>What a change of <see cref="ArtifactIndex"/> leaves over: gathered under its lock, freed after it.</summary>
internal sealed class Waste(ArtifactDirectory directory) : IDisposable
{
    private readonly List<ArtifactFile> _images = [];
    private readonly List<string> _files = [];

    internal void Add(ArtifactFile? image)
    {
        if (image is not null)
        {
            _images.Add(image);
        }
    }

    internal void Add(string file) => _files.Add(file);

    public void Dispose()
    {
        _images.ForEach(image => image.Handle.Dispose());
        _files.ForEach(directory.Delete);
    }
}
