namespace Nex.ProcessManager.Configuration;

/// <summary>What separates an agent from the host and from other agents.</summary>
public enum Sandbox
{
    /// <summary>
    /// Nothing: a child process of the same user. It must not run workloads that are not trusted.
    /// </summary>
    None,

    /// <summary>
    /// Linux namespaces, made by bubblewrap: own users, processes, mounts, IPC, host name and network; no privileges, a read-only system.
    /// </summary>
    Namespaces,

    /// <summary>
    /// A microVM of QEMU: a kernel of its own. It is accelerated by KVM where the host has it, and emulated where not.
    /// </summary>
    Qemu,

    /// <summary>
    /// A microVM of Firecracker, from version 1.16 on: a kernel of its own, on KVM, and a small program around it.
    /// </summary>
    Firecracker,
}

/// <summary>What network the workloads of a <see cref="Sandbox.Namespaces"/> sandbox have.</summary>
public enum SandboxNetwork
{
    /// <summary>A loopback interface of its own, and nothing else.</summary>
    Isolated,

    /// <summary>The network of the host.</summary>
    Host,
}
