using Nex.Chaos.Checks;
using Nex.Chaos.Faults;
using Nex.Chaos.Users;
using Nex.Chaos.World;

namespace Nex.Chaos;

/// <summary>One run: a world, in which users and an adversary do what they like for a while; then quiet; and what must be true throughout and at the end.</summary>
internal sealed class ChaosRun(ChaosOptions options)
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);

    /// <returns>Whether everything held.</returns>
    internal async Task<bool> RunAsync(CancellationToken cancellation)
    {
        Console.WriteLine($"sandbox {options.Sandbox.ToString().ToLowerInvariant()}, {options.Length.TotalMinutes:0.#} min, {options.Users} users, seed {options.Seed}");
        await using ChaosWorld world = await ChaosWorld.OpenAsync(options);
        var rest = new Rest(world);
        // What runs for the first time stays in memory.
        await DisturbAsync(world, WarmUp, withFaults: false, cancellation);
        int process = world.Node.ProcessId;
        Footprint before = await rest.ReachAsync();
        await DisturbAsync(world, options.Length, withFaults: true, cancellation);
        Footprint after = await rest.ReachAsync();
        if (process == world.Node.ProcessId)
        {
            Report(world.Tally, after.GrowthSince(before));
        }

        await rest.EndAsync();
        world.Book.Check();
        world.Requester.Check();
        Print(world.Tally);
        return world.Tally.Violations.Count == 0;
    }

    private async Task DisturbAsync(ChaosWorld world, TimeSpan time, bool withFaults, CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        over.CancelAfter(time);
        Task[] users = [.. Enumerable.Range(1, options.Users).Select(number => new User(world, options.Seed + number).RunAsync(over.Token))];
        Task adversary = withFaults ? new Adversary(world, options.Seed).RunAsync(over.Token) : Task.CompletedTask;
        await Task.WhenAll([adversary, .. users]);
    }

    private static void Report(Tally tally, IEnumerable<string> growth)
    {
        foreach (string what in growth)
        {
            tally.Violate(what);
        }
    }

    private static void Print(Tally tally)
    {
        foreach ((string what, long count) in tally.Counts)
        {
            Console.WriteLine($"  {count,9:#,0}  {what}");
        }

        foreach (string violation in tally.Violations)
        {
            Console.WriteLine($"  NOT TRUE: {violation}");
        }

        Console.WriteLine(tally.Violations.Count == 0 ? "  every invariant held" : $"  {tally.Violations.Count} times an invariant did not hold");
    }
}
