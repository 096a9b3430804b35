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
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);

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
