namespace Nex.ProcessManager.Launchers.MicroVms;

/// <summary>Whoever a machine's process becomes before it runs anything.</summary>
internal static class MachineUser
{
    /// <summary>
    /// The beginning of a command line whose program has no way to more rights, ends with the thread that starts it, and is another user where
    /// one is named. The signal is set by the very process that becomes that program, behind the change of user, which would clear it.
    /// </summary>
    /// <param name="setpriv">Of <c>util-linux</c>.</param>
    /// <param name="userId">Null to stay who this process is.</param>
    internal static IReadOnlyList<string> Become(string setpriv, uint? userId, KvmAccess kvm)
    {
        string[] user = userId is { } id ? ["--reuid", $"{id}", "--regid", $"{id}", .. kvm.SetprivGroups] : [];
        return [setpriv, "--no-new-privs", "--pdeathsig", "KILL", .. user, "--"];
    }
}
