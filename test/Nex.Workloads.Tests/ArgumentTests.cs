namespace Nex.Workloads.Tests;

public sealed class ArgumentTests : WorkloadTest
{
    [Fact]
    public void What_is_missing_to_make_a_manager_is_named()
    {
        Assert.Equal("processes", Assert.Throws<ArgumentNullException>(() => new WorkloadManager(null!, Cache)).ParamName);
        Assert.Equal("artifacts", Assert.Throws<ArgumentNullException>(() => new WorkloadManager(Processes, null!)).ParamName);
    }

    [Fact]
    public async Task What_is_missing_of_a_deploy_is_named()
    {
        Assert.Equal("source", (await Assert.ThrowsAsync<ArgumentNullException>(() => Manager.DeployAsync(Request(), null!, Token))).ParamName);
        Assert.Equal("request", (await Assert.ThrowsAsync<ArgumentNullException>(() => Manager.DeployAsync(null!, ArtifactSource.Bytes([]), Token))).ParamName);
    }

    [Fact]
    public void What_is_missing_of_a_source_is_named()
    {
        Assert.Equal("path", Assert.Throws<ArgumentException>(() => ArtifactSource.File("")).ParamName);
        Assert.Equal("stream", Assert.Throws<ArgumentNullException>(() => ArtifactSource.Stream(null!)).ParamName);
        Assert.Equal("bytes", Assert.Throws<ArgumentNullException>(() => ArtifactSource.Bytes(null!)).ParamName);
        Assert.Equal("fetch", Assert.Throws<ArgumentNullException>(() => ArtifactSource.Fetch(null!)).ParamName);
    }

    [Fact]
    public async Task What_is_missing_for_the_cache_is_named()
    {
        Assert.Equal("content", (await Assert.ThrowsAsync<ArgumentNullException>(() => Cache.AddAsync(null!, cancellationToken: Token))).ParamName);
        Assert.Equal("path", (await Assert.ThrowsAsync<ArgumentException>(() => Cache.AddFileAsync("", cancellationToken: Token))).ParamName);
        Assert.Equal("sha256", (await Assert.ThrowsAsync<ArgumentNullException>(() => Cache.TryOpenAsync(null!, Token))).ParamName);
    }
}
