using System.Globalization;
using Nex.Chaos.Checks;
using Nex.Chaos.Faults;
using Nex.Chaos.Users;
using Nex.Chaos.World;

namespace Nex.Chaos;

/// <summary>
/// One run: a world in which users and an adversary do what they like, in rounds. Every second one is strict: an answer or an event that is missing then
/// has no excuse. After each there is rest, and what must be true then is looked at; some of it throughout.
/// </summary>
internal sealed class ChaosRun
{
    private const int LeastRounds = 2;

    // So that two, with their rests, have room in the shortest run.
    private const double ShareOfRound = 0.4;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestRound = TimeSpan.FromSeconds(30);

    private readonly ChaosWorld _world;
    private readonly Adversary _adversary;
    private readonly AgentWatch _agents;
    private readonly User[] _users;
    private readonly Rest _rest;
    private readonly Growth _growth = new();

    private ChaosRun(ChaosWorld world)
    {
        _world = world;
        _adversary = new Adversary(world);
        _agents = new AgentWatch(world);
        _users = [.. Enumerable.Range(1, world.Options.Users).Select(number => new User(world, $"user {number}", _agents))];
        _rest = new Rest(world);
    }

    /// <returns>Whether everything held.</returns>
    internal static async Task<bool> RunAsync(ChaosOptions options, CancellationToken cancellation)
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"chaos: sandbox {options.SandboxName}, {options.Length.TotalMinutes:0.#} min, {options.Users} users, seed {options.Seed}"));
        var tally = new Tally();
        try
        {
            await using ChaosWorld world = await ChaosWorld.OpenAsync(options, tally);
            await new ChaosRun(world).RunAsync(cancellation);
        }
        catch (Exception failure) when (failure is InvalidOperationException or TimeoutException or IOException)
        {
            tally.Violate($"The run could not go on: {failure.Message}");
        }

        Console.WriteLine(await Summary.WriteAsync(options, tally));
        return tally.Violations.Count == 0;
    }

    private async Task RunAsync(CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task watching = _agents.WatchAsync(over.Token);
        try
        {
            await GoThroughRoundsAsync(cancellation);
        }
        finally
        {
            await over.CancelAsync();
            await watching;
        }

        await _rest.EndAsync();
        _world.Requester.Check();
    }

    private async Task GoThroughRoundsAsync(CancellationToken cancellation)
    {
        await DisturbAsync(Round.WarmUp, WarmUp, [], cancellation);
        _growth.Add(await _rest.ReachAsync());
        TimeSpan length = TimeSpan.FromTicks(Math.Min(LongestRound.Ticks, (long)(_world.Options.Length.Ticks * ShareOfRound)));
        long begun = TimeProvider.System.GetTimestamp();
        for (int number = 1; (number <= LeastRounds || Passed() + length <= _world.Options.Length) && !cancellation.IsCancellationRequested; number++)
        {
            bool isStrict = number % 2 == 0;
            // In the second half the node lives on, so that what it gathers is seen.
            var round = new Round(number, isStrict, MayEndNode: !isStrict && Passed() < _world.Options.Length / 2);
            await DisturbAsync(round, length, [token => _adversary.RunAsync(round, token)], cancellation);
            Footprint now = await _rest.ReachAsync();
            _growth.Add(now);
            _world.Tally.Rounds = number;
            Console.WriteLine($"  {Passed():mm\\:ss}  {round}: {_world.Tally.Line}, {now}");
        }

        _world.Tally.ViolateEach(_growth.Faults());

        TimeSpan Passed() => TimeProvider.System.GetElapsedTime(begun);
    }

    private async Task DisturbAsync(Round round, TimeSpan time, IReadOnlyList<Func<CancellationToken, Task>> others, CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        over.CancelAfter(time);
        _world.Trace($"{round} begins");
        await Task.WhenAll([.. others.Select(other => other(over.Token)), .. _users.Select(user => user.RunAsync(round, over.Token))]);
        await _adversary.EndLameDuckAsync();
    }
}
