using Nex.ProcessManager.Configuration;

namespace Nex.Chaos;

/// <summary>What one run does.</summary>
internal sealed record ChaosOptions
{
    internal required Sandbox Sandbox { get; init; }

    /// <summary>From the first round on, rests included.</summary>
    internal required TimeSpan Length { get; init; }

    /// <summary>What <see cref="Dice"/> throws follows from it.</summary>
    internal required int Seed { get; init; }

    internal int Users { get; init; } = 4;

    internal int PoolSize { get; init; } = 4;

    /// <summary>Where the programs are.</summary>
    internal required string Artifacts { get; init; }

    /// <summary>Whether each fault is told when it begins.</summary>
    internal bool Trace { get; init; }

    internal bool IsMachine => Sandbox is Sandbox.Qemu or Sandbox.Firecracker;

    internal string SandboxName => Sandbox.ToString().ToLowerInvariant();

    /// <summary>A file of this run, in a directory that is there then.</summary>
    internal string OutputPath(string extension) =>
        Path.Combine(Directory.CreateDirectory(Path.Combine(Artifacts, "chaos")).FullName, $"{SandboxName}-{Seed}.{extension}");

    /// <summary>How long an answer may take while nothing hinders it: the longest deadline of the node, and some more on a busy host.</summary>
    internal TimeSpan AnswerTimeout => TimeSpan.FromSeconds(90);
}
