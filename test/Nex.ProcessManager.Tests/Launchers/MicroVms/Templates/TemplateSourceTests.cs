using Nex.Linux;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Launchers.MicroVms.Templates;
using Nex.ProcessManager.Tests.Support;
using Nex.Testing.Files;
using Nex.Testing.Recorders;
using Nex.Testing.Waiting;

namespace Nex.ProcessManager.Tests.Launchers.MicroVms.Templates;

public sealed class TemplateSourceTests : IDisposable
{
    private static readonly TemplateKey Key = TemplateKey.Of("kernel", "image");

    private readonly TempDirectory _directory = new();
    private readonly LogRecorder _log = new();
    private int _built;

    [Fact]
    public async Task Starts_that_come_at_once_make_one_template()
    {
        var gate = new TaskCompletionSource();
        await using TemplateSource source = Source(async () =>
        {
            await gate.Task;
            return Build();
        });

        Task<Template>[] starts = [.. Enumerable.Range(0, 8).Select(_ => Task.Run(() => source.GetAsync("agent", CancellationToken.None)))];
        gate.SetResult();
        Template[] templates = await Task.WhenAll(starts).Within();

        Assert.Single(templates.Distinct());
        Assert.Equal(1, _built);
    }

    [Fact]
    public async Task Another_manager_finds_what_was_made()
    {
        await using (TemplateSource first = Source(() => Task.FromResult(Build())))
        {
            _ = await first.GetAsync("agent", CancellationToken.None).Within();
        }

        await using TemplateSource second = Source(() => Task.FromResult(Build()));
        _ = await second.GetAsync("agent", CancellationToken.None).Within();

        Assert.Equal(1, _built);
    }

    [Fact]
    public async Task What_does_not_come_up_fails_the_start_of_a_manager_and_what_was_killed_does_not()
    {
        var failure = AgentStartFailure.Killed;
        await using TemplateSource source = Source(() => throw new AgentStartException(failure, "It ended."));

        await source.PrepareAsync(CancellationToken.None).Within();
        failure = AgentStartFailure.Exited;

        _ = await PoolTest.FailsAsync(ProcessManagerError.StartFailed, () => source.PrepareAsync(CancellationToken.None));
    }

    [Fact]
    public async Task What_could_not_be_made_is_tried_again_by_the_next_start()
    {
        bool fail = true;
        await using TemplateSource source = Source(() => fail
            ? throw new AgentStartException(AgentStartFailure.NotStarted, "It does not boot.")
            : Task.FromResult(Build()));

        _ = await Assert.ThrowsAsync<AgentStartException>(() => source.GetAsync("agent", CancellationToken.None).Within());
        fail = false;

        Assert.NotNull(await source.GetAsync("agent", CancellationToken.None).Within());
    }

    [Theory]
    [InlineData(nameof(AgentStartFailure.Exited))]
    [InlineData(nameof(AgentStartFailure.StartTimeout))]
    [InlineData(nameof(AgentStartFailure.ProtocolViolation))]
    [InlineData(nameof(AgentStartFailure.HypervisorFailed))]
    public async Task A_template_whose_first_clones_all_fail_is_made_anew(string failure)
    {
        await using TemplateSource source = Source(() => Task.FromResult(Build()));

        Template first = await StartAsync(source, "a", Enum.Parse<AgentStartFailure>(failure));
        Template second = await StartAsync(source, "b", Enum.Parse<AgentStartFailure>(failure));
        Template third = await StartAsync(source, "c", failure: null);

        Assert.Same(first, second);
        Assert.NotSame(second, third);
        Assert.Equal(2, _built);
    }

    [Fact]
    public async Task A_template_of_which_a_clone_has_become_warm_stays_whatever_comes()
    {
        await using TemplateSource source = Source(() => Task.FromResult(Build()));

        _ = await StartAsync(source, "a", AgentStartFailure.Exited);
        _ = await StartAsync(source, "b", failure: null);
        for (int count = 0; count < 5; count++)
        {
            _ = await StartAsync(source, $"{count}", AgentStartFailure.Exited);
        }

        Assert.Equal(1, _built);
    }

    [Theory]
    [InlineData(nameof(AgentStartFailure.Killed))]
    [InlineData(nameof(AgentStartFailure.Cancelled))]
    [InlineData(nameof(AgentStartFailure.NotStarted))]
    public async Task What_the_host_does_to_clones_says_nothing_of_their_template(string failure)
    {
        await using TemplateSource source = Source(() => Task.FromResult(Build()));

        for (int count = 0; count < 5; count++)
        {
            _ = await StartAsync(source, $"{count}", Enum.Parse<AgentStartFailure>(failure));
        }

        Assert.Equal(1, _built);
    }

    [Fact]
    public async Task Clones_of_a_template_that_is_gone_do_not_count_against_the_next()
    {
        await using TemplateSource source = Source(() => Task.FromResult(Build()));
        string[] clones = ["a", "b", "c", "d"];
        foreach (string clone in clones)
        {
            _ = await source.GetAsync(clone, CancellationToken.None).Within();
        }

        source.OnStartEnded("a", AgentStartFailure.Exited);
        source.OnStartEnded("b", AgentStartFailure.Exited);
        _ = await source.GetAsync("e", CancellationToken.None).Within();
        source.OnStartEnded("c", AgentStartFailure.Exited);
        source.OnStartEnded("d", AgentStartFailure.Exited);
        _ = await source.GetAsync("f", CancellationToken.None).Within();

        Assert.Equal(2, _built);
    }

    [Fact]
    public async Task Managers_that_start_at_once_make_one_template()
    {
        var gate = new TaskCompletionSource();
        TemplateSource[] sources = [.. Enumerable.Range(0, 4).Select(_ => Source(async () =>
        {
            await gate.Task;
            return Build();
        }))];

        Task<Template>[] starts = [.. sources.Select(source => source.GetAsync("agent", CancellationToken.None))];
        gate.SetResult();
        _ = await Task.WhenAll(starts).Within();

        Assert.Equal(1, _built);
        Assert.Equal([Key.ToString()], Directory.GetFileSystemEntries(_directory["templates"]).Select(Path.GetFileName));
        foreach (TemplateSource source in sources)
        {
            await source.DisposeAsync();
        }
    }

    [Fact]
    public async Task Whoever_ends_does_not_wait_for_what_is_being_made()
    {
        TemplateSource source = new(Key, Store, async giveUp =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, giveUp);
            return Build();
        }, _log);
        Task<Template> start = source.GetAsync("agent", CancellationToken.None);

        await source.DisposeAsync().AsTask().Within();

        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => start.Within());
    }

    [Fact]
    public async Task Whoever_ends_does_not_wait_for_what_another_manager_makes()
    {
        var gate = new TaskCompletionSource();
        var begun = new TaskCompletionSource();
        await using TemplateSource other = Source(async () =>
        {
            begun.SetResult();
            await gate.Task;
            return Build();
        });
        Task<Template> theirs = other.GetAsync("agent", CancellationToken.None);
        await begun.Task.Within();
        TemplateSource source = Source(() => Task.FromResult(Build()));
        Task<Template> start = source.GetAsync("agent", CancellationToken.None);

        await source.DisposeAsync().AsTask().Within();

        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => start.Within());
        gate.SetResult();
        _ = await theirs.Within();
    }

    public void Dispose() => _directory.Dispose();

    private TemplateStore Store => new(_directory["templates"], TimeProvider.System, _log);

    private TemplateSource Source(Func<Task<Template>> build) => new(Key, Store, _ => build(), _log);

    /// <summary>Starts an agent, which comes to that end.</summary>
    private static async Task<Template> StartAsync(TemplateSource source, string agentId, AgentStartFailure? failure)
    {
        Template template = await source.GetAsync(agentId, CancellationToken.None).Within();
        source.OnStartEnded(agentId, failure);
        return template;
    }

    private Template Build()
    {
        _ = Interlocked.Increment(ref _built);
        return new Template(MemoryFile.Create("memory"), MemoryFile.Create("state"));
    }
}
