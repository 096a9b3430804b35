using Nex.Linux;
using Nex.ProcessManager.Agents;
using Nex.ProcessManager.Launchers.MicroVms.Templates;
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

        Task<Template>[] starts = [.. Enumerable.Range(0, 8).Select(_ => Task.Run(source.GetAsync))];
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
            _ = await first.GetAsync().Within();
        }

        await using TemplateSource second = Source(() => Task.FromResult(Build()));
        _ = await second.GetAsync().Within();

        Assert.Equal(1, _built);
    }

    [Fact]
    public async Task What_could_not_be_made_is_tried_again_by_the_next_start()
    {
        bool fail = true;
        await using TemplateSource source = Source(() => fail
            ? throw new AgentStartException(AgentStartFailure.NotStarted, "It does not boot.")
            : Task.FromResult(Build()));

        _ = await Assert.ThrowsAsync<AgentStartException>(() => source.GetAsync().Within());
        fail = false;

        Assert.NotNull(await source.GetAsync().Within());
    }

    [Fact]
    public async Task A_template_that_has_failed_a_clone_is_made_anew_once()
    {
        await using TemplateSource source = Source(() => Task.FromResult(Build()));
        Template first = await source.GetAsync().Within();

        source.Discard(first);
        Template second = await source.GetAsync().Within();
        source.Discard(first);
        Template third = await source.GetAsync().Within();

        Assert.NotSame(first, second);
        Assert.Same(second, third);
        Assert.Equal(2, _built);
    }

    public void Dispose() => _directory.Dispose();

    private TemplateSource Source(Func<Task<Template>> build) => new(Key, new TemplateStore(_directory["templates"], TimeProvider.System, _log), build, _log);

    private Template Build()
    {
        _built++;
        return new Template(MemoryFile.Create("memory"), MemoryFile.Create("state"));
    }
}
