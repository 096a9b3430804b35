using CliWrap;
using Nex.ProcessManager.Configuration;

namespace Nex.Demo.Host;

/// <summary>A node that <c>nex node up</c> runs, and that is ended as Ctrl-C would end it.</summary>
internal sealed class DemoNode : IAsyncDisposable
{
    private readonly CancellationTokenSource _interrupted = new();
    private readonly TaskCompletionSource _up = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> _lines = [];
    private readonly Task _running;

    private DemoNode(NexProgram nex, string directory, IEnumerable<string> arguments)
    {
        Context = Path.Combine(directory, "nats.context.json");
        _running = RunAsync(nex.Command(arguments));
    }

    /// <summary>The file that tells others where its NATS server is, and lets them in.</summary>
    internal string Context { get; }

    /// <summary>Starts one, and waits until it is up.</summary>
    /// <param name="context">The NATS server that it joins; null for one of its own.</param>
    internal static async Task<DemoNode> StartAsync(
        NexProgram nex, Playground playground, ProcessManagerOptions options, string name, string? context, CancellationToken cancellationToken)
    {
        string directory = Path.Combine(playground.Root, name);
        List<string> arguments = context is null ? [] : ["--context", context];
        arguments.AddRange(
        [
            "node", "up", "--name", name, "--data-dir", directory, "--pool-size", "2", "--sandbox", options.Sandbox.ToString().ToLowerInvariant(),
            .. Set("run_dir", playground.RunDirectory), .. Set("drain_timeout_ms", "0"), .. Set("template_dir", playground.TemplateDirectory),
        ]);
        if (options.Sandbox == Sandbox.Qemu)
        {
            arguments.AddRange(
            [
                .. Set("kernel_filepath", options.MicroVm.KernelPath), .. Set("initramfs_filepath", options.MicroVm.InitramfsPath),
                .. Set("machine_template.memsize_mib", $"{options.MicroVm.MemoryMiB}"), .. Set("ping_timeout_ms", "20000"), .. Set("boot_timeout_ms", "180000"),
            ]);
        }

        var node = new DemoNode(nex, directory, arguments);
        try
        {
            await node._up.Task.WaitAsync(cancellationToken);
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _interrupted.CancelAsync();
        await _running;
        _interrupted.Dispose();
    }

    private static IEnumerable<string> Set(string key, string value) => ["--set", $"{key}={value}"];

    private async Task RunAsync(Command command)
    {
        try
        {
            await (command | (PipeTarget.ToDelegate(OnLine), PipeTarget.ToDelegate(OnLine))).ExecuteAsync(CancellationToken.None, _interrupted.Token);
        }
        catch (OperationCanceledException)
        {
            // It was asked to end, and has.
        }

        _up.TrySetException(new InvalidOperationException($"nex node up ended: {string.Join(" | ", _lines)}"));
        // Nobody may wait for that any more.
        _ = _up.Task.Exception;
    }

    private void OnLine(string line)
    {
        lock (_lines)
        {
            _lines.Add(line);
        }

        if (line.Contains(" is up", StringComparison.Ordinal))
        {
            _up.TrySetResult();
        }
    }
}
