using Microsoft.Extensions.Options;

namespace Nex.ProcessManager.Configuration;

/// <summary>Checks options as a whole, and reports every fault at once.</summary>
public sealed class ProcessManagerOptionsValidator : IValidateOptions<ProcessManagerOptions>
{
    private const int MaxPoolSize = 10_000;

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, ProcessManagerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var faults = new List<string>();
        Require(options.PoolSize is >= 1 and <= MaxPoolSize, nameof(options.PoolSize), $"must be 1 to {MaxPoolSize}");
        Require(Enum.IsDefined(options.Sandbox), nameof(options.Sandbox), "is no sandbox");
        Require(Enum.IsDefined(options.Network), nameof(options.Network), "is no network");
        Require(!string.IsNullOrWhiteSpace(options.AgentPath), nameof(options.AgentPath), "must name the agent's binary");
        Require(Path.IsPathFullyQualified(options.RunDirectory ?? ""), nameof(options.RunDirectory), "must be an absolute path");
        Require(options.CgroupParent is null || Path.IsPathFullyQualified(options.CgroupParent), nameof(options.CgroupParent), "must be an absolute path");
        Require(options.MaxConcurrentStarts >= 1, nameof(options.MaxConcurrentStarts), "must be at least 1");
        Require(options.StartFailureLimit >= 1, nameof(options.StartFailureLimit), "must be at least 1");
        Require(options.DefaultPidsLimit is null or >= 1, nameof(options.DefaultPidsLimit), "must be at least 1");
        Require(options.WorkspaceBytes >= 1024 * 1024, nameof(options.WorkspaceBytes), "must be at least 1 MiB");
        Require(options.SandboxUserId > 0, nameof(options.SandboxUserId), "must not be root");
        RequirePositive(options.StartTimeout, nameof(options.StartTimeout));
        RequirePositive(options.PingInterval, nameof(options.PingInterval));
        RequirePositive(options.PingTimeout, nameof(options.PingTimeout));
        RequirePositive(options.ExitTimeout, nameof(options.ExitTimeout));
        RequirePositive(options.StopTimeout, nameof(options.StopTimeout));
        RequirePositive(options.StartBackoff, nameof(options.StartBackoff));
        Require(options.MaxStartBackoff >= options.StartBackoff, nameof(options.MaxStartBackoff), $"must not be less than {nameof(options.StartBackoff)}");
        if (options.IsMicroVm)
        {
            CheckMicroVm(options.MicroVm);
            Require(options.Network == SandboxNetwork.Isolated, nameof(options.Network), "must be Isolated: microVMs have no network yet");
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);

        void CheckMicroVm(MicroVmOptions machine)
        {
            const string prefix = nameof(ProcessManagerOptions.MicroVm) + ".";
            Require(!string.IsNullOrWhiteSpace(machine.KernelPath), prefix + nameof(machine.KernelPath), "must name a kernel: nex kernel gets one");
            Require(!string.IsNullOrWhiteSpace(machine.InitramfsPath), prefix + nameof(machine.InitramfsPath), "must name an initramfs: nex rootfs build makes one");
            Require(!string.IsNullOrWhiteSpace(machine.QemuPath), prefix + nameof(machine.QemuPath), "must name QEMU");
            Require(!string.IsNullOrWhiteSpace(machine.FirecrackerPath), prefix + nameof(machine.FirecrackerPath), "must name Firecracker");
            Require(machine.VcpuCount is >= 1 and <= 32, prefix + nameof(machine.VcpuCount), "must be 1 to 32");
            Require(machine.MemoryMiB is >= 96 and <= 1024 * 1024, prefix + nameof(machine.MemoryMiB), "must be 96 to 1,048,576");
            Require(Path.IsPathFullyQualified(machine.TemplateDirectory ?? ""), prefix + nameof(machine.TemplateDirectory), "must be an absolute path");
            RequirePositive(machine.BootTimeout, prefix + nameof(machine.BootTimeout));
            CheckBucket(machine.DiskRateLimiter?.Bandwidth, prefix + nameof(machine.DiskRateLimiter) + "." + nameof(RateLimiter.Bandwidth));
            CheckBucket(machine.DiskRateLimiter?.Operations, prefix + nameof(machine.DiskRateLimiter) + "." + nameof(RateLimiter.Operations));
            if (options.Sandbox == Sandbox.Firecracker && machine.Jailer is { } jailer)
            {
                CheckJailer(jailer, prefix + nameof(machine.Jailer) + ".");
            }
        }

        void CheckJailer(JailerOptions jailer, string prefix)
        {
            Require(!string.IsNullOrWhiteSpace(jailer.Path), prefix + nameof(jailer.Path), "must name the jailer");
            Require(Path.IsPathFullyQualified(jailer.ChrootBaseDirectory ?? ""), prefix + nameof(jailer.ChrootBaseDirectory), "must be an absolute path");
            Require(
                jailer.UserIdBase >= 1 && jailer.UserIdBase <= int.MaxValue - JailerOptions.MaxUsers,
                prefix + nameof(jailer.UserIdBase),
                $"must not be root, and leave room for {JailerOptions.MaxUsers} users");
            Require(jailer.GroupId is >= 1 and <= int.MaxValue, prefix + nameof(jailer.GroupId), "must not be that of root");
            Require(jailer.NetworkNamespace is null || Path.IsPathFullyQualified(jailer.NetworkNamespace), prefix + nameof(jailer.NetworkNamespace), "must be an absolute path");
        }

        void CheckBucket(TokenBucket? bucket, string option)
        {
            if (bucket is not null)
            {
                Require(bucket.Size >= 1, option + "." + nameof(bucket.Size), "must be at least 1");
                RequirePositive(bucket.RefillTime, option + "." + nameof(bucket.RefillTime));
            }
        }

        void Require(bool holds, string option, string message)
        {
            if (!holds)
            {
                faults.Add($"{option} {message}.");
            }
        }

        void RequirePositive(TimeSpan value, string option) =>
            Require(value > TimeSpan.Zero && value <= TimeSpan.FromDays(1), option, "must be more than 0, and at most a day");
    }

    /// <exception cref="OptionsValidationException">The options have faults.</exception>
    internal static void ThrowIfInvalid(ProcessManagerOptions options)
    {
        ValidateOptionsResult result = new ProcessManagerOptionsValidator().Validate(null, options);
        if (result.Failed)
        {
            throw new OptionsValidationException("", typeof(ProcessManagerOptions), result.Failures);
        }
    }
}
