using System.Diagnostics;
using Nex.Demo.Acts;
using Nex.Demo.Display;
using Nex.Demo.Host;
using Nex.ProcessManager.Configuration;
using Nex.Workloads.Artifacts;

namespace Nex.Demo;

/// <summary>The demo as a whole: the acts in their order, the stop, the summary, and the proof that nothing is left.</summary>
internal sealed class Show(IDisplay display, Sandbox? wanted)
{
    private const int Held = 0;
    private const int Failed = 1;
    private const int Interrupted = 130;

    private static readonly IAct[] Acts =
        [new FillPool(), new WebServer(), new LineCounter(), new Crasher(), new ProcessTree(), new QuickDeploys(), new TwoNodes()];

    /// <returns>The exit code.</returns>
    internal async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var checks = new Checks(display);
        int descriptors = OpenDescriptors.Count();
        bool whole = false;
        try
        {
            display.Heading("Nex for .NET");
            NexProgram.Require();
            SandboxChoice choice = await SandboxChoice.MakeAsync(wanted, cancellationToken);
            choice.Tell(display);
            whole = await PlayAsync(choice, Busybox.Find(), checks, descriptors, cancellationToken);
        }
        catch (Exception failure) when (failure is RequirementException or ArtifactException)
        {
            display.Check(false, failure.Message);
            return Failed;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Nothing had been started yet.
        }

        return Conclude(checks, whole);
    }

    /// <returns>Whether all acts were played.</returns>
    private async Task<bool> PlayAsync(
        SandboxChoice choice, string busybox, Checks checks, int descriptors, CancellationToken cancellationToken)
    {
        using var playground = new Playground();
        Stage stage = await Stage.OpenAsync(playground, choice.Options, busybox, display, checks);
        bool whole;
        using (var over = new CancellationTokenSource())
        {
            Task watching = display.WatchAsync(stage.Board, over.Token);
            whole = await PlayActsAsync(stage, choice.ActTimeout, cancellationToken);
            await StopAsync(stage);
            await over.CancelAsync();
            await watching;
        }

        display.Heading("Summary");
        display.Line("the first deploy includes the time in which the runtime compiles the code of this program");
        display.Figures(stage.Figures.All);
        display.Heading("Nothing is left");
        new Leftovers(playground, stage.Pool.AgentIds, descriptors).Check(checks);
        return whole;
    }

    /// <summary>Plays until an act fails or the user interrupts; either way, everything is stopped afterwards.</summary>
    private async Task<bool> PlayActsAsync(Stage stage, TimeSpan timeout, CancellationToken cancellationToken)
    {
        foreach (IAct act in Acts)
        {
            display.Heading(act.Title);
            if (!await PlayActAsync(act, stage, timeout, cancellationToken))
            {
                return false;
            }
        }

        return true;
    }

    private static async Task<bool> PlayActAsync(IAct act, Stage stage, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout);
        try
        {
            await act.PlayAsync(stage, deadline.Token);
            return true;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return false;
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            stage.Checks.That(false, $"\"{act.Title}\" did not end within {timeout.TotalSeconds} s");
            return false;
        }
        catch (Exception failure)
        {
            stage.Checks.That(false, $"\"{act.Title}\" failed: {failure.Message}");
            return false;
        }
    }

    private async Task StopAsync(Stage stage)
    {
        display.Heading("Stop");
        int running = stage.Workloads.List().Count;
        long begun = Stopwatch.GetTimestamp();
        await stage.DisposeAsync();
        TimeSpan took = Stopwatch.GetElapsedTime(begun);
        display.Line($"the pool, with {running} workload(s) still running, stopped in {Figures.Text(took)}");
        stage.Figures.Add("stop of everything", took);
    }

    private int Conclude(Checks checks, bool whole)
    {
        if (checks.Failures.Count > 0)
        {
            display.Heading($"FAILED: {checks.Failures.Count} of {checks.Count} checks did not hold");
            foreach (string failure in checks.Failures)
            {
                display.Line(failure);
            }

            return Failed;
        }

        display.Heading(whole ? $"All {checks.Count} checks held" : "Interrupted, and everything was stopped");
        return whole ? Held : Interrupted;
    }
}
