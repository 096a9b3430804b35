using System.Runtime.InteropServices;

namespace Nex.ProcessManager.Launchers.Spawning.SystemCalls;

/// <summary>Makes the program by which the kernel decides about each system call of an agent and its workload (seccomp).</summary>
internal static class SystemCallFilter
{
    /// <summary>Where <c>struct seccomp_data</c> has the architecture that a call was made for.</summary>
    private const uint ArchitectureAt = 4;

    /// <returns>An array of <c>struct sock_filter</c>.</returns>
    /// <exception cref="PlatformNotSupportedException">It is neither x86-64 nor arm64.</exception>
    internal static byte[] Compile(Architecture architecture)
    {
        // The numbers of calls mean something else on every other architecture, so that none of its calls can be judged.
        List<BpfInstruction> program =
        [
            BpfInstruction.Load(ArchitectureAt),
            BpfInstruction.IfEqual(NameInKernel(architecture), 1, 0),
            BpfInstruction.Return(FilterVerdict.Kill),
        ];
        foreach (FilterRule rule in SystemCallPolicy.Rules)
        {
            program.AddRange(rule.Compile(architecture));
        }

        program.Add(BpfInstruction.Return(FilterVerdict.Allow));
        byte[] bytes = new byte[program.Count * BpfInstruction.Size];
        for (int index = 0; index < program.Count; index++)
        {
            program[index].Write(bytes.AsSpan(index * BpfInstruction.Size));
        }

        return bytes;
    }

    /// <summary><c>AUDIT_ARCH_X86_64</c> and <c>AUDIT_ARCH_AARCH64</c>.</summary>
    private static uint NameInKernel(Architecture architecture) => architecture switch
    {
        Architecture.X64 => 0xC000_003E,
        Architecture.Arm64 => 0xC000_00B7,
        _ => throw new PlatformNotSupportedException($"There is no filter of system calls for {architecture}."),
    };
}
