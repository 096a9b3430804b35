using Nex.Linux;
using Nex.Linux.Machine;
using Nex.ProcessManager.Launchers.MicroVms;
using Nex.Testing.Files;

namespace Nex.ProcessManager.Tests.Launchers.MicroVms;

public sealed class KvmAccessTests : IDisposable
{
    private const uint Owner = 4711;
    private const uint Somebody = 4712;
    private const UnixFileMode ForOwner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode ForGroup = ForOwner | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;
    private const UnixFileMode ForAll = ForGroup | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_host_without_it_is_told_what_to_load()
    {
        var kvm = KvmAccess.Of(userId: null, _directory["kvm"]);

        Assert.False(kvm.IsUsable);
        Assert.Contains(_directory["kvm"], kvm.Obstacle, StringComparison.Ordinal);
        Assert.Contains("kvm_intel", kvm.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_for_everybody_needs_no_group()
    {
        var kvm = KvmAccess.Of(Somebody, Device(ForAll));

        Assert.Equal((true, null), (kvm.IsUsable, kvm.GroupId));
        Assert.Equal(["--clear-groups"], kvm.SetprivGroups);
    }

    [Fact]
    public void A_device_of_a_group_is_used_through_its_number_whatever_its_name_is()
    {
        Assert.SkipUnless(ProcessControl.EffectiveUserId == 0, "Only root gives files away.");
        string device = Device(ForGroup);
        FileSystems.ChangeOwner(device, Owner);

        Assert.Equal(["--groups", $"{Owner}"], KvmAccess.Of(Somebody, device).SetprivGroups);
        Assert.Null(KvmAccess.Of(Owner, device).GroupId);
    }

    [Theory]
    [InlineData(ForOwner)]
    [InlineData(ForGroup)]
    public void That_root_may_use_a_device_does_not_count_for_machines(UnixFileMode mode)
    {
        Assert.SkipUnless(ProcessControl.EffectiveUserId == 0, "Only root has files of root.");

        var kvm = KvmAccess.Of(Somebody, Device(mode));

        Assert.Contains($"user {Somebody}", kvm.Obstacle, StringComparison.Ordinal);
        Assert.Contains("chgrp", kvm.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_process_that_is_its_own_user_tries_whether_it_may()
    {
        Assert.True(KvmAccess.Of(userId: null, Device(ForOwner)).IsUsable);
        Assert.SkipWhen(ProcessControl.EffectiveUserId == 0, "Root may open everything.");
        Assert.Contains("group", KvmAccess.Of(userId: null, Device(UnixFileMode.None)).Remedy, StringComparison.Ordinal);
    }

    private string Device(UnixFileMode mode)
    {
        string path = _directory["kvm"];
        File.WriteAllText(path, "");
        File.SetUnixFileMode(path, mode);
        return path;
    }
}
