using System.Globalization;
using Nex.Chaos.Checks;
using Nex.Chaos.Faults;
using Nex.Chaos.Users;
using Nex.Chaos.World;

namespace Nex.Chaos;

/// <summary>
/// One run: a world in which users and an adversary do what they like, in rounds. After each there is quiet, and what must be true then is
/// looked at; some of it throughout.
/// </summary>
internal sealed class ChaosRun
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(30);

    private readonly ChaosWorld _world;
    private readonly Adversary _adversary;
    private readonly User[] _users;
    private readonly Rest _rest;

    private ChaosRun(ChaosWorld world)
    {
        _world = world;
        _adversary = new Adversary(world);
        _users = [.. Enumerable.Range(1, world.Options.Users).Select(number => new User(world, world.Options.Seed + number))];
        _rest = new Rest(world);
    }

    /// <returns>Whether everything held.</returns>
    internal static async Task<bool> RunAsync(ChaosOptions options, CancellationToken cancellation)
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"chaos: sandbox {options.SandboxName}, {options.Length.TotalMinutes:0.#} min, {options.Users} users, seed {options.Seed}"));
        await using ChaosWorld world = await ChaosWorld.OpenAsync(options);
        try
        {
            await new ChaosRun(world).RunAsync(cancellation);
        }
        catch (Exception failure) when (failure is InvalidOperationException or TimeoutException)
        {
            world.Tally.Violate($"The run could not go on: {failure.Message}");
        }

        await world.Node.KeepLogAsync();
        world.Tally.Print();
        return world.Tally.Violations.Count == 0;
    }

    private async Task RunAsync(CancellationToken cancellation)
    {
        // What runs for the first time stays in memory.
        await DisturbAsync(WarmUp, [], cancellation);
        Footprint first = await _rest.ReachAsync();
        TimeSpan done = TimeSpan.Zero;
        while (done < _world.Options.Length && !cancellation.IsCancellationRequested)
        {
            TimeSpan length = TimeSpan.FromTicks(Math.Min(Round.Ticks, (_world.Options.Length - done).Ticks));
            // In the second half the node lives on, so that what it gathers would be seen.
            _world.MayRestartNode = done < _world.Options.Length / 2;
            await DisturbAsync(length, [_adversary.RunAsync, new OneWorkloadEach(_world).WatchAsync], cancellation);
            done += length;
            Footprint now = await _rest.ReachAsync();
            Console.WriteLine($"  {done:mm\\:ss}  {_world.Tally.Summary}, {now}");
            first = now.Node == first.Node ? first : now;
            _world.Tally.ViolateEach(now.GrowthSince(first));
        }

        await _rest.EndAsync();
        _world.Book.Check();
        _world.Requester.Check();
    }

    private async Task DisturbAsync(TimeSpan time, IReadOnlyList<Func<CancellationToken, Task>> others, CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        over.CancelAfter(time);
        _world.Trace("a round begins");
        await Task.WhenAll([.. others.Select(other => other(over.Token)), .. _users.Select(user => user.RunAsync(over.Token))]);
    }
}
