namespace Nex.Node.Tests.Systemd;

public sealed class UnitFileTests
{
    /// <summary>What hides parts of <c>/proc</c>, so that no sandbox can mount its own, or devices, so that there is no KVM.</summary>
    private static readonly string[] Hiding =
    [
        "ProtectKernelLogs", "ProtectKernelTunables", "ProtectProc", "ProcSubset", "ProtectControlGroups", "ProtectClock", "PrivateDevices", "DevicePolicy",
        "DeviceAllow", "PrivateUsers", "RestrictNamespaces", "NoNewPrivileges", "MemoryDenyWriteExecute", "SystemCallFilter",
    ];

    [Fact]
    public void The_unit_keeps_no_sandbox_from_being_made()
    {
        IEnumerable<string> keys = File.ReadLines(RepositoryFile.Path("packaging", "nex-node.service"))
            .Where(line => !line.StartsWith('#') && line.Contains('='))
            .Select(line => line.Split('=')[0]);

        Assert.Contains("Delegate", keys);
        Assert.Empty(keys.Intersect(Hiding));
    }
}
