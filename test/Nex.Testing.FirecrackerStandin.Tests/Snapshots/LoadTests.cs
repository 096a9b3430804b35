using Nex.Testing.Files;
using Nex.Testing.FirecrackerStandin.Tests.Support;

namespace Nex.Testing.FirecrackerStandin.Tests.Snapshots;

/// <summary>Loads that fail.</summary>
public sealed class LoadTests : IAsyncLifetime
{
    private const string Load = """{"snapshot_path": "/nowhere/state", "mem_backend": {"backend_type": "File", "backend_path": "/nowhere/memory"}}""";

    private readonly TempDirectory _directory = new();
    private StandinProcess _standin = null!;

    public async ValueTask InitializeAsync() => _standin = await StandinProcess.StartAsync(_directory["api"]);

    public async ValueTask DisposeAsync()
    {
        await _standin.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_load_that_fails_ends_the_process()
    {
        ApiAnswer answer = await _standin.Api.PutAsync("/snapshot/load", Load);

        Assert.Equal(400, answer.Status);
        Assert.Equal(
            "Load snapshot error: Failed to restore from snapshot: Failed to get snapshot state from file: No such file or directory (os error 2)",
            answer.Fault);
        Assert.Equal(1, await _standin.ExitCodeAsync());
    }

    [Fact]
    public async Task A_file_that_is_no_snapshot_is_not_loaded()
    {
        await File.WriteAllBytesAsync(_directory["state"], new byte[100_000]);

        ApiAnswer answer = await _standin.Api.PutAsync("/snapshot/load", $$"""{"snapshot_path": "{{_directory["state"]}}", "mem_file_path": "/m"}""");

        Assert.StartsWith("Load snapshot error: Failed to restore from snapshot: ", answer.Fault, StringComparison.Ordinal);
        Assert.Equal(1, await _standin.ExitCodeAsync());
    }

    [Fact]
    public async Task The_logger_the_metrics_and_the_console_may_be_configured_before()
    {
        await _standin.Api.MustPutAsync("/logger", """{"level": "Debug"}""");
        await _standin.Api.MustPutAsync("/metrics", $$"""{"metrics_path": "{{_directory["metrics"]}}"}""");
        await _standin.Api.MustPutAsync("/serial", $$"""{"serial_out_path": "{{_directory["serial"]}}"}""");

        Assert.StartsWith(
            "Load snapshot error: Failed to restore from snapshot: ", (await _standin.Api.PutAsync("/snapshot/load", Load)).Fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/machine-config", """{"vcpu_count": 1, "mem_size_mib": 128}""", 204)]
    [InlineData("/entropy", "{}", 204)]
    [InlineData("/boot-source", """{"kernel_image_path": "/nowhere/kernel"}""", 400)]
    public async Task Anything_else_even_where_it_was_refused_forbids_a_load_and_the_process_lives_on(string path, string body, int status)
    {
        Assert.Equal(status, (await _standin.Api.PutAsync(path, body)).Status);

        ApiAnswer answer = await _standin.Api.PutAsync("/snapshot/load", Load);

        Assert.Equal(
            "Load snapshot error: Loading a microVM snapshot not allowed after configuring boot-specific resources.", answer.Fault);
        Assert.Equal(200, (await _standin.Api.GetAsync("/")).Status);
    }
}
