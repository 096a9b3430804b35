using Nex.Linux;

namespace Nex.ProcessManager.Launchers.MicroVms;

/// <summary>
/// Whether machines can use this host's KVM: not whether this process can, which may be root, but whether the user can that they run as.
/// </summary>
internal sealed record KvmAccess
{
    internal const string Device = "/dev/kvm";

    private const UnixFileMode OfOthers = UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
    private const UnixFileMode OfGroup = UnixFileMode.GroupRead | UnixFileMode.GroupWrite;
    private const UnixFileMode OfOwner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>What stands against it, as the end of a sentence; null where it can be used.</summary>
    internal string? Obstacle { get; private init; }

    /// <summary>What to do about it; null where it can be used.</summary>
    internal string? Remedy { get; private init; }

    /// <summary>The group that the user has to be in; null where it needs none besides its own.</summary>
    internal uint? GroupId { get; private init; }

    internal bool IsUsable => Obstacle is null;

    /// <summary>The words of <c>setpriv</c> that give a user its groups: that of KVM, or none.</summary>
    internal IReadOnlyList<string> SetprivGroups => GroupId is { } group ? ["--groups", $"{group}"] : ["--clear-groups"];

    /// <param name="userId">Who opens it; null for this process itself.</param>
    /// <param name="device">Another than this host's, for tests.</param>
    internal static KvmAccess Of(uint? userId, string device = Device)
    {
        if (!File.Exists(device))
        {
            return Refused($"this host has no {device}", "load the module kvm_intel or kvm_amd, and allow nested virtualisation where this host is a machine itself");
        }

        return userId is { } user ? Of(user, FileStatus.Read(device), device) : OfThisProcess(device);
    }

    /// <param name="obstacle">As the end of a sentence.</param>
    internal static KvmAccess Refused(string obstacle, string remedy) => new() { Obstacle = obstacle, Remedy = remedy };

    private static KvmAccess Of(uint userId, FileStatus status, string device)
    {
        bool May(UnixFileMode bits) => (status.Mode & bits) == bits;
        return status switch
        {
            _ when status.OwnerId == userId && May(OfOwner) => new KvmAccess(),
            _ when May(OfOthers) => new KvmAccess(),
            // Who is in the group of root is closer to root than machines may be.
            { GroupId: not 0 } when May(OfGroup) => new KvmAccess { GroupId = status.GroupId },
            _ => Refused($"user {userId}, as whom machines run, may not use {device}", $"give it to a group of its own: chgrp kvm {device}; chmod 660 {device}"),
        };
    }

    private static KvmAccess OfThisProcess(string device)
    {
        try
        {
            File.OpenHandle(device, FileMode.Open, FileAccess.ReadWrite).Dispose();
            return new KvmAccess();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return Refused($"{device} cannot be used ({failure.Message.TrimEnd('.')})", "add the node's user to its group, which is mostly kvm");
        }
    }
}
