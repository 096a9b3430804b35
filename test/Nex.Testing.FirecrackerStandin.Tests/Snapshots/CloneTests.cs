using Nex.Testing.Files;
using Nex.Testing.FirecrackerStandin.Tests.Support;

namespace Nex.Testing.FirecrackerStandin.Tests.Snapshots;

public sealed class CloneTests : IClassFixture<SharedSnapshot>, IDisposable
{
    private readonly TempDirectory _directory = new();

    public CloneTests(SharedSnapshot snapshot) => snapshot.CopyTo(_directory);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Copies_go_on_from_one_snapshot_each_with_its_own_sockets()
    {
        byte[] memory = await File.ReadAllBytesAsync(_directory["memory"]);
        Assert.Equal(128 << 20, memory.Length);
        await using TestGuest first = await LoadAsync("first"), second = await LoadAsync("second");

        // Their connections of before are gone, which they find, and dial again.
        Assert.Equal("hello 1", await first.AcceptAsync());
        Assert.Equal("hello 1", await second.AcceptAsync());
        Assert.Equal("I am first", await first.AskAsync("I am first"));
        Assert.Equal("I am second", await second.AskAsync("I am second"));
        Assert.Equal(first.Vsock, (await first.Api.GetAsync("/vm/config")).Json["vsock"]!["uds_path"]!.GetValue<string>());
        Assert.Equal(128, (await first.Api.GetAsync("/machine-config")).Json["mem_size_mib"]!.GetValue<int>());
        Assert.Equal("", (await first.Api.GetAsync("/vm/config")).Json["boot-source"]!["kernel_image_path"]!.GetValue<string>());

        await first.TellAsync("reboot");
        Assert.Equal(0, await first.Standin.ExitCodeAsync());
        Assert.Equal("I go on", await second.AskAsync("I go on"));
        byte[] after = await File.ReadAllBytesAsync(_directory["memory"]);
        Assert.True(memory.AsSpan().SequenceEqual(after), "A copy has changed the snapshot.");
    }

    [Fact]
    public async Task A_copy_waits_until_it_is_resumed()
    {
        await using TestGuest copy = await LoadAsync("copy", resume: false);
        Assert.Equal("Paused", (await copy.Api.GetAsync("/")).Json["state"]!.GetValue<string>());

        await copy.Api.MustPatchAsync("/vm", """{"state": "Resumed"}""");

        Assert.Equal("hello 1", await copy.AcceptAsync());
    }

    [Fact]
    public async Task A_copy_has_copies_and_what_it_changed_with_what_it_came_from_is_all_that_it_has()
    {
        await using (TestGuest copy = await LoadAsync("copy"))
        {
            Assert.Equal("hello 1", await copy.AcceptAsync());
            await copy.Api.MustPatchAsync("/vm", """{"state": "Paused"}""");
            foreach (string type in new[] { "Diff", "Full" })
            {
                await copy.Api.MustPutAsync("/snapshot/create", $$"""
                    {"snapshot_path": "{{_directory["state"]}}", "mem_file_path": "{{_directory[type]}}", "snapshot_type": "{{type}}"}
                    """);
            }
        }

        SparseFile.Merge(_directory["Diff"], _directory["memory"]);
        byte[] merged = await File.ReadAllBytesAsync(_directory["memory"]), full = await File.ReadAllBytesAsync(_directory["Full"]);
        Assert.True(merged.AsSpan().SequenceEqual(full), "The changes and what they are changes of are not the whole.");

        await using TestGuest grandchild = await LoadAsync("grandchild");
        Assert.Equal("hello 1", await grandchild.AcceptAsync());
        Assert.Equal("I am a grandchild", await grandchild.AskAsync("I am a grandchild"));
    }

    [Theory]
    [InlineData("state", 1000)]
    [InlineData("state", -1)]
    [InlineData("memory", 4096)]
    public async Task A_snapshot_that_was_cut_is_not_loaded_and_ends_the_process(string file, int length)
    {
        await using (FileStream stream = File.OpenWrite(_directory[file]))
        {
            stream.SetLength(length < 0 ? stream.Length + length : length);
        }

        await using TestGuest copy = await TestGuest.PrepareAsync(_directory, "copy");
        ApiAnswer answer = await copy.Api.PutAsync("/snapshot/load", copy.LoadRequest());

        Assert.Equal(400, answer.Status);
        Assert.StartsWith("Load snapshot error: Failed to restore from snapshot: ", answer.Fault, StringComparison.Ordinal);
        Assert.Equal(1, await copy.Standin.ExitCodeAsync());
    }

    [Fact]
    public async Task A_copy_needs_a_socket_that_is_free()
    {
        await using TestGuest copy = await TestGuest.PrepareAsync(_directory, "copy");
        ApiAnswer answer = await copy.Api.PutAsync(
            "/snapshot/load", $$"""{"snapshot_path": "{{_directory["state"]}}", "mem_file_path": "{{_directory["memory"]}}"}""");

        Assert.EndsWith("Error binding to the host-side Unix socket: Address in use (os error 98)", answer.Fault, StringComparison.Ordinal);
        Assert.Equal(1, await copy.Standin.ExitCodeAsync());
    }

    private Task<TestGuest> LoadAsync(string name, bool resume = true) => TestGuest.LoadAsync(_directory, name, resume);
}
