using Nex.Protocol.Workloads;

namespace Nex.Testing.Fakes;

/// <summary>What a fake agent says first.</summary>
internal enum FakeHello
{
    /// <summary>What an agent says.</summary>
    Normal,

    /// <summary>Nothing.</summary>
    Never,

    /// <summary>That it is another agent.</summary>
    OtherId,

    /// <summary>That it speaks a version of the protocol that does not exist yet.</summary>
    OtherProtocol,

    /// <summary>Bytes that are no frame of this protocol.</summary>
    Nonsense,

    /// <summary>Its hello, and then another.</summary>
    Twice,
}

/// <summary>What a fake agent does when it is told to run or to stop a workload, or asked whether it is alive.</summary>
internal enum FakeAnswer
{
    /// <summary>What an agent does.</summary>
    Normal,

    /// <summary>It answers as an agent does, and does nothing.</summary>
    Idle,

    /// <summary>It refuses.</summary>
    Refused,

    /// <summary>It says nothing, until the test makes it.</summary>
    None,
}

/// <summary>How one fake agent behaves. By default as an agent should, at once.</summary>
internal sealed record FakeAgentPlan
{
    /// <summary>The launch lasts until this completes.</summary>
    internal Task LaunchGate { get; init; } = Task.CompletedTask;

    /// <summary>Whether the launch ends when it is given up; false is one that hangs in the host.</summary>
    internal bool LaunchHeedsCancellation { get; init; } = true;

    /// <summary>Runs in the thread that asked for the launch.</summary>
    internal Action OnLaunching { get; init; } = () => { };

    /// <summary>Why the launch fails.</summary>
    internal Exception? LaunchFailure { get; init; }

    internal FakeHello Hello { get; init; }

    /// <summary>It says nothing before this completes.</summary>
    internal Task HelloGate { get; init; } = Task.CompletedTask;

    /// <summary>What it writes about itself before anything else.</summary>
    internal string? Diagnostics { get; init; }

    /// <summary>What the host does beside the start.</summary>
    internal Func<Task> Complete { get; init; } = () => Task.CompletedTask;

    /// <summary>What the host does with limits.</summary>
    internal Func<WorkloadLimits?, WorkloadLimits?> ApplyLimits { get; init; } = limits => limits;

    /// <summary>What the host does to remove what it holds for the agent.</summary>
    internal Func<Task> Remove { get; init; } = () => Task.CompletedTask;

    internal FakeAnswer Ping { get; init; }

    internal FakeAnswer Deploy { get; init; }

    internal FakeAnswer Undeploy { get; init; }

    /// <summary>Whether it ends when the node closes the link.</summary>
    internal bool EndsWithLink { get; init; } = true;

    /// <summary>Takes which kill it is, from 1 on.</summary>
    internal Action<int> OnKilling { get; init; } = _ => { };

    /// <summary>Whether a kill ends it at once; false is a process that the kernel holds, until the test makes it end.</summary>
    internal bool EndsWhenKilled { get; init; } = true;

    /// <summary>Whether it never pauses, from its hello on: there is always something more to read on its link.</summary>
    internal bool Floods { get; init; }

    /// <summary>Whether its end of the link stays open when its process ends, as when something it started has inherited it.</summary>
    internal bool LinkOutlivesProcess { get; init; }
}
