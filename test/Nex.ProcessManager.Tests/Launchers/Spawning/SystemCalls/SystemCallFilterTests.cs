using System.Reflection;
using System.Runtime.InteropServices;
using Nex.ProcessManager.Launchers.Spawning.SystemCalls;

namespace Nex.ProcessManager.Tests.Launchers.Spawning.SystemCalls;

/// <summary>What the filter of the sandbox <c>namespaces</c> says to system calls, on both architectures.</summary>
public sealed class SystemCallFilterTests
{
    private const ulong Above = 1UL << 32;
    private const uint X64 = 0xC000003E, Arm64 = 0xC00000B7, X86 = 0x40000003, Arm = 0x40000028;
    private const uint NotPermitted = 0x50001, NotImplemented = 0x50026, NoProtocol = 0x5005D, NoFamily = 0x50061, Allowed = 0x7FFF0000, Killed = 0x80000000;
    private const ulong Thread = 0x3D0F00, NewUser = 0x10000000, ChildSignal = 17, SeparateFiles = 0x400;

    public static TheoryData<Architecture> Architectures => [Architecture.X64, Architecture.Arm64];

    [Theory]
    [MemberData(nameof(Architectures))]
    public void What_the_policy_does_not_name_is_allowed(Architecture architecture)
    {
        uint[] named = [.. Table().Select(call => call.NumberOn(architecture)).OfType<uint>()];
        uint[] refused = [.. Enumerable.Range(0, 470).Select(number => (uint)number).Where(number => Judge(architecture, number) != Allowed)];

        Assert.Empty(refused.Except(named));
        // Of these, what is refused depends on the arguments, and it is allowed with zeros.
        Assert.Equal(["clone", "ioctl", "personality", "unshare"], named.Except(refused).Select(number => Name(architecture, number)).Order());
    }

    [Theory]
    [MemberData(nameof(Architectures))]
    public void Calls_of_another_architecture_of_x32_and_of_a_newer_kernel_are_not_made(Architecture architecture)
    {
        byte[] program = SystemCallFilter.Compile(architecture);

        Assert.All(new[] { X64, Arm64, X86, Arm, 0u }, other => Assert.Equal(other == InKernel(architecture) ? Allowed : Killed, FilterMachine.Run(program, other, 0)));
        Assert.All(new uint[] { 470, 1000, 0x40000000, 0x40000027, 0x7FFFFFFF, uint.MaxValue }, number => Assert.Equal(NotImplemented, FilterMachine.Run(program, InKernel(architecture), number)));
    }

    [Theory]
    [InlineData("clone", Allowed, Thread)]
    [InlineData("clone", Allowed, ChildSignal)]
    [InlineData("clone", Allowed, ChildSignal | 0xFFFFFFFF_00000000)]
    [InlineData("clone", NotPermitted, NewUser | ChildSignal)]
    [InlineData("clone", NotPermitted, NewUser | Above)]
    [InlineData("clone3", NotImplemented)]
    [InlineData("unshare", Allowed, SeparateFiles)]
    [InlineData("unshare", NotPermitted, NewUser | SeparateFiles)]
    [InlineData("unshare", NotPermitted, 0x80UL)]
    [InlineData("unshare", NotPermitted, Above)]
    [InlineData("socket", Allowed, 1UL, 5UL | 0x80000)]
    [InlineData("socket", Allowed, 2UL, 1UL | 0x80800, 6UL)]
    [InlineData("socket", Allowed, 10UL, 2UL, 17UL)]
    [InlineData("socket", Allowed, 10UL | Above, 2UL | Above, 17UL | Above)]
    [InlineData("socket", Allowed, 16UL, 3UL, 0UL)]
    [InlineData("socket", NoProtocol, 16UL, 3UL, 12UL)]
    [InlineData("socket", NoProtocol, 2UL, 1UL, 132UL)]
    [InlineData("socket", NoProtocol, 2UL, 10UL | 0x80000)]
    [InlineData("socket", NoFamily, 40UL, 1UL)]
    [InlineData("socket", NoFamily, 40UL | Above, 1UL)]
    [InlineData("socket", NoFamily, 17UL, 3UL)]
    [InlineData("socketpair", Allowed, 1UL, 1UL)]
    [InlineData("socketpair", NoFamily, 2UL, 1UL)]
    [InlineData("ioctl", Allowed, 0UL, 0x5401UL)]
    [InlineData("ioctl", NotPermitted, 0UL, 0x5412UL)]
    [InlineData("ioctl", NotPermitted, 0UL, 0x5412UL | Above)]
    [InlineData("ioctl", NotPermitted, Above, 0x541CUL | 0x80000000_00000000)]
    [InlineData("personality", Allowed, 0xFFFFFFFFUL)]
    [InlineData("personality", NotPermitted, 0x40000UL)]
    [InlineData("personality", NotPermitted, 0x40000UL | Above)]
    public void Arguments_are_judged_by_what_the_kernel_takes_of_them(string call, uint verdict, params ulong[] arguments) => Assert.All(
        new[] { Architecture.X64, Architecture.Arm64 },
        architecture => Assert.Equal(verdict, Judge(architecture, Table().Single(known => known.Name == call).NumberOn(architecture)!.Value, arguments)));

    [Fact]
    public void Every_flag_of_a_namespace_is_refused() => Assert.All(
        new ulong[] { 0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000 },
        flag => Assert.Equal((NotPermitted, NotPermitted), (Judge(Architecture.X64, 56, flag), Judge(Architecture.Arm64, 97, flag))));

    [Theory]
    [InlineData(Architecture.X64, "/usr/include/x86_64-linux-gnu/asm/unistd_64.h")]
    [InlineData(Architecture.Arm64, "/usr/include/asm-generic/unistd.h")]
    public void Numbers_are_those_of_the_kernels_headers(Architecture architecture, string header)
    {
        Assert.SkipUnless(File.Exists(header), $"{header} is not installed here.");
        Dictionary<string, string> numbers = File.ReadLines(header)
            .Select(line => line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words is ["#define", ['_', '_', 'N', 'R', ..], _, ..])
            .Select(words => (Name: words[1].Replace("__NR3264_", "__NR_", StringComparison.Ordinal), Number: words[2]))
            .DistinctBy(call => call.Name)
            .ToDictionary(call => call.Name, call => call.Number);

        // Those that are newer than the headers of this host cannot be looked up.
        SystemCall[] known = [.. Table().Where(call => numbers.ContainsKey($"__NR_{call.Name}") && call.NumberOn(architecture) is not null)];
        Assert.All(known, call => Assert.Equal(numbers[$"__NR_{call.Name}"], $"{call.NumberOn(architecture)}"));
        Assert.InRange(known.Length, 40, int.MaxValue);
    }

    [Fact]
    public void There_is_no_filter_for_an_architecture_that_nobody_has_thought_about() =>
        Assert.Throws<PlatformNotSupportedException>(() => SystemCallFilter.Compile(Architecture.X86));

    private static uint Judge(Architecture architecture, uint number, params ulong[] arguments) =>
        FilterMachine.Run(SystemCallFilter.Compile(architecture), InKernel(architecture), number, arguments);

    private static uint InKernel(Architecture architecture) => architecture == Architecture.X64 ? X64 : Arm64;

    private static string Name(Architecture architecture, uint number) => Table().Single(call => call.NumberOn(architecture) == number).Name;

    private static SystemCall[] Table() =>
    [
        .. typeof(SystemCallTable).GetFields(BindingFlags.Static | BindingFlags.NonPublic).Select(field => field.GetValue(null)).OfType<SystemCall>(),
    ];
}
