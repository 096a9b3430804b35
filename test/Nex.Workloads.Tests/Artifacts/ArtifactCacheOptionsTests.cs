using Microsoft.Extensions.Options;
using Nex.Workloads.Artifacts;

namespace Nex.Workloads.Tests.Artifacts;

public sealed class ArtifactCacheOptionsTests
{
    [Fact]
    public void Defaults_are_valid()
    {
        var options = new ArtifactCacheOptions { Directory = "/var/cache/nex" };

        Assert.True(new ArtifactCacheOptionsValidator().Validate(null, options).Succeeded);
    }

    [Fact]
    public void The_smallest_limits_are_valid()
    {
        var options = new ArtifactCacheOptions { Directory = "/var/cache/nex", MaxBytes = 1, MaxArtifactBytes = 1, MaxIdleImageBytes = 0 };

        Assert.True(new ArtifactCacheOptionsValidator().Validate(null, options).Succeeded);
    }

    [Fact]
    public void All_faults_are_reported_at_once()
    {
        var options = new ArtifactCacheOptions { Directory = "cache", MaxBytes = 0, MaxArtifactBytes = 0, MaxIdleImageBytes = -1 };

        var failure = Assert.Throws<OptionsValidationException>(() => new ArtifactCache(options));

        Assert.Equal(
            [
                "Directory must be an absolute path.",
                "MaxBytes must be at least 1.",
                "MaxArtifactBytes must be at least 1.",
                "MaxIdleImageBytes must not be negative.",
            ],
            failure.Failures);
    }

    [Fact]
    public void A_directory_is_required()
    {
        var failure = Assert.Throws<OptionsValidationException>(() => new ArtifactCache(new ArtifactCacheOptions { Directory = null! }));

        Assert.Equal(["Directory must be an absolute path."], failure.Failures);
    }
}
