using Nex.GuestImages.Contents;
using Nex.GuestImages.Formats;
using Nex.GuestImages.Output;
using Nex.GuestImages.Tests.Support;
using Nex.Testing.Files;
using Nex.Testing.Waiting;

namespace Nex.GuestImages.Tests.Formats;

public sealed class CancellationTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(GuestImageFormat.Initramfs)]
    [InlineData(GuestImageFormat.Ext4)]
    [InlineData(GuestImageFormat.Squashfs)]
    public async Task A_build_that_is_cancelled_while_it_writes_leaves_nothing(GuestImageFormat format)
    {
        HostTools.Require("mke2fs", "e2fsprogs");
        HostTools.Require("mksquashfs", "squashfs-tools");
        using var cancelled = new CancellationTokenSource();
        var content = new EndlessContent();
        var tree = new GuestTree();
        tree.Add("/directory/file", new FileNode(GuestNode.DataMode, content));
        IImageWriter writer = format switch
        {
            GuestImageFormat.Ext4 => new Ext4Writer(null),
            GuestImageFormat.Squashfs => new SquashfsWriter(),
            _ => new InitramfsWriter(GuestImageCompression.None),
        };

        Task<int> build = AtomicFile.WriteAsync(
            _directory["image"], file => writer.WriteAsync(tree, file, cancelled.Token), _ => Task.FromResult(0));
        await content.Begun.Within();
        await cancelled.CancelAsync();

        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => build.Within());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory.Path));
    }

    /// <summary>Bytes that never come.</summary>
    private sealed class EndlessContent : GuestContent
    {
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Task Begun => _begun.Task;

        internal override long Length => 100_000;

        internal override Stream Open() => new EndlessStream(_begun);
    }

    private sealed class EndlessStream(TaskCompletionSource begun) : MemoryStream(new byte[100_000])
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            begun.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            return 0;
        }

        public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) =>
            ReadAsync(new byte[1], cancellationToken).AsTask();
    }
}
