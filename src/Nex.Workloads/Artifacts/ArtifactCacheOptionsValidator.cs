using Microsoft.Extensions.Options;

namespace Nex.Workloads.Artifacts;

/// <summary>Checks options as a whole, and reports every fault at once.</summary>
public sealed class ArtifactCacheOptionsValidator : IValidateOptions<ArtifactCacheOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, ArtifactCacheOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var faults = new List<string>();
        Require(Path.IsPathFullyQualified(options.Directory ?? ""), nameof(options.Directory), "must be an absolute path");
        Require(options.MaxBytes >= 1, nameof(options.MaxBytes), "must be at least 1");
        Require(options.MaxArtifactBytes >= 1, nameof(options.MaxArtifactBytes), "must be at least 1");
        Require(options.MaxIdleImageBytes >= 0, nameof(options.MaxIdleImageBytes), "must not be negative");
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);

        void Require(bool holds, string option, string message)
        {
            if (!holds)
            {
                faults.Add($"{option} {message}.");
            }
        }
    }

    /// <exception cref="OptionsValidationException">The options have faults.</exception>
    internal static void ThrowIfInvalid(ArtifactCacheOptions options)
    {
        ValidateOptionsResult result = new ArtifactCacheOptionsValidator().Validate(null, options);
        if (result.Failed)
        {
            throw new OptionsValidationException("", typeof(ArtifactCacheOptions), result.Failures);
        }
    }
}
