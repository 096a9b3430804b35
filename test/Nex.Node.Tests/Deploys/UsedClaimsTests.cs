using System.Runtime.CompilerServices;
using Microsoft.Extensions.Time.Testing;
using Nex.Node.Deploys;

namespace Nex.Node.Tests.Deploys;

public sealed class UsedClaimsTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Claims_are_used_once_by_each_issuer_until_they_are_returned_or_forgotten()
    {
        var used = new UsedClaims(10, TimeSpan.FromHours(1), _time);
        Assert.True(used.TryUse("A", "1"));
        Assert.False(used.TryUse("A", "1"));
        Assert.True(used.TryUse("B", "1"));
        used.Return("A", "1");
        used.Return("A", "never");
        Assert.True(used.TryUse("A", "1"));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.False(used.TryUse("A", "1"));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(used.TryUse("A", "1"));
    }

    /// <summary>A sender may write one of many thousand letters.</summary>
    [Fact]
    public void An_id_itself_is_not_kept()
    {
        var used = new UsedClaims(10, TimeSpan.FromHours(1), _time);
        WeakReference id = UseLongId(used);

        GC.Collect();

        Assert.False(id.IsAlive);
        Assert.False(used.TryUse("A", new string('i', 45_000)));
    }

    [Fact]
    public void The_oldest_are_forgotten_first_when_there_are_too_many()
    {
        var used = new UsedClaims(3, TimeSpan.FromHours(1), _time);
        Assert.All(["1", "2", "3", "4"], id => Assert.True(used.TryUse("A", id)));
        Assert.False(used.TryUse("A", "2"));
        Assert.False(used.TryUse("A", "4"));
        Assert.True(used.TryUse("A", "1"));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference UseLongId(UsedClaims used)
    {
        string id = new('i', 45_000);
        Assert.True(used.TryUse("A", id));
        return new WeakReference(id);
    }
}
