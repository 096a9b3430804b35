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
    public void All_faults_are_reported_at_once()
    {
        var options = new ArtifactCacheOptions { Directory = "cache", MaxBytes = 0, MaxArtifactBytes = 0, MaxIdleImageBytes = -1 };

        var failure = Assert.Throws<OptionsValidationException>(() => new ArtifactCache(options));

        Assert.Equal(
            ["Directory", "MaxBytes", "MaxArtifactBytes", "MaxIdleImageBytes"],
            failure.Failures.Select(fault => fault.Split(' ')[0]));
    }
}
