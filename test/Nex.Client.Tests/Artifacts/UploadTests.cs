using System.Security.Cryptography;
using Nex.Client.Artifacts;
using Nex.Client.Tests.Support;
using Nex.Control;
using Nex.Testing.Waiting;

namespace Nex.Client.Tests.Artifacts;

public sealed class UploadTests : ClientTest
{
    private readonly byte[] _content = RandomNumberGenerator.GetBytes(700_000);

    [Fact]
    public async Task A_file_goes_into_a_store_that_is_made_for_it()
    {
        var progress = new LastProgress();

        UploadedArtifact uploaded = await Client.UploadAsync(new UploadOptions { Key = "echo" }, new MemoryStream(_content), progress).Within();

        Assert.Equal(("nats://NEXCLIFILES/echo", _content.LongLength, false), (uploaded.Location, uploaded.Size, uploaded.WasThere));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(_content)), uploaded.Sha256);
        Assert.Equal(_content.LongLength, progress.Last);
    }

    [Fact]
    public async Task The_same_content_is_not_sent_again_and_another_is()
    {
        var where = new UploadOptions { Key = "echo" };
        UploadedArtifact first = await Client.UploadAsync(where, new MemoryStream(_content)).Within();

        UploadedArtifact again = await Client.UploadAsync(where, new MemoryStream(_content)).Within();
        _content[0]++;
        UploadedArtifact other = await Client.UploadAsync(where, new MemoryStream(_content)).Within();

        Assert.True(again.WasThere);
        Assert.Equal(first.Sha256, again.Sha256);
        Assert.False(other.WasThere);
        Assert.NotEqual(first.Sha256, other.Sha256);
    }

    [Fact]
    public async Task A_store_that_has_no_room_says_so()
    {
        ControlException failure = await Assert.ThrowsAsync<ControlException>(
            () => Client.UploadAsync(new UploadOptions { Bucket = "small", Key = "echo", MaxBucketBytes = 100_000 }, new MemoryStream(_content)).Within());

        Assert.Equal(ControlFault.Refused, failure.Fault);
        Assert.Contains("nats://small/echo", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_domain_that_nobody_serves_is_named()
    {
        ControlException failure = await Assert.ThrowsAsync<ControlException>(
            () => Client.UploadAsync(new UploadOptions { Key = "echo", JetStreamDomain = "nowhere" }, new MemoryStream(_content)).Within());

        Assert.Equal(ControlFault.Unavailable, failure.Fault);
        Assert.Contains("'nowhere'", failure.Message, StringComparison.Ordinal);
    }

    private sealed class LastProgress : IProgress<long>
    {
        internal long Last { get; private set; }

        public void Report(long value) => Last = value;
    }
}
