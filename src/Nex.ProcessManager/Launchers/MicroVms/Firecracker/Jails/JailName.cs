using Nex.ProcessManager.Launchers.RunDirectories;

namespace Nex.ProcessManager.Launchers.MicroVms.Firecracker.Jails;

/// <summary>The name of a directory beside the jails, or of a jail: it tells whose it is, so that another manager can tell what was left behind.</summary>
internal static class JailName
{
    private const string SharedFiles = "files";

    /// <summary>Of one of an instance's jails, which is the id of its Firecracker too.</summary>
    internal static string OfJail(InstanceName instance, int number) => $"{instance}-{number}";

    /// <summary>Of the directory with what the jails of an instance share.</summary>
    internal static string OfFiles(InstanceName instance) => $"{instance}-{SharedFiles}";

    /// <returns>Null for the name of something that is not ours.</returns>
    internal static InstanceName? InstanceOf(string name)
    {
        int end = name.LastIndexOf('-');
        return end > 0 && (name[(end + 1)..] == SharedFiles || int.TryParse(name[(end + 1)..], out _))
            ? InstanceName.TryParse(name[..end])
            : null;
    }
}
