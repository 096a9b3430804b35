namespace Nex.ProcessManager.Launchers.MicroVms.Qemu;

/// <summary>How the processors of a machine are run.</summary>
internal sealed record Accelerator
{
    internal const string Kvm = "kvm";

    private Accelerator(string name, string option, string kernelOptions)
    {
        Name = name;
        Option = option;
        KernelOptions = kernelOptions;
    }

    /// <summary>For people: what it is, and why it is no better one.</summary>
    internal string Name { get; }

    /// <summary>For QEMU.</summary>
    internal string Option { get; }

    /// <summary>For the command line of the guest's kernel.</summary>
    internal string KernelOptions { get; }

    /// <summary>What would make it a better one; null where it is the best.</summary>
    internal string? Remedy { get; private init; }

    /// <summary>Whether machines have the processor of the host.</summary>
    internal bool IsNative => Option == Kvm;

    /// <summary>KVM where it can be used, else emulation.</summary>
    internal static Accelerator For(KvmAccess kvm) => kvm.IsUsable ? new Accelerator("KVM", Kvm, "") : Emulation(kvm);

    /// <summary>
    /// An emulated guest sees the time stamp counter of the host, and cannot measure how fast it counts: calibrating against an emulated timer
    /// does not come to an end. It is told instead, and told to rely on it: measured against the ticks of an emulated timer, which come late, the
    /// counter would be given up, and the clock counted in those ticks. 64 MiB are enough for the code that a small guest is translated to.
    /// </summary>
    private static Accelerator Emulation(KvmAccess kvm) =>
        new($"emulation, which is slow, because {kvm.Obstacle}", "tcg,tb-size=64", $"lpj=4000000 tsc=reliable tsc_early_khz={TimeStampCounter.Kilohertz}") { Remedy = kvm.Remedy };
}
