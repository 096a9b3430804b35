using static Nex.Firecracker.Commands.FirecrackerCommand;

namespace Nex.Firecracker.Commands;

/// <summary>
/// The command line of the jailer, which locks a Firecracker process up in a directory of its own, gives up root and becomes that process: the
/// process id stays. Cgroups are of version 2, and it never becomes a daemon. Immutable; checked when it is rendered.
/// </summary>
/// <remarks>
/// The caller removes <see cref="JailDirectory"/> when the process has ended; the jailer does not start where one is left over. Every path that
/// Firecracker is told of is then one inside <see cref="RootDirectory"/>.
/// </remarks>
public sealed record JailerCommand
{
    /// <summary>What Firecracker itself is told. Its id names the jail and the cgroup too, and its paths are those that it sees.</summary>
    public required FirecrackerCommand Firecracker { get; init; }

    /// <summary>
    /// The program of Firecracker, which the jailer copies: an absolute path, no symbolic link, whose last part, which must contain
    /// <c>firecracker</c>, names directories and the cgroup.
    /// </summary>
    public required string ExecFile { get; init; }

    /// <summary>The user that Firecracker runs as. One of its own for each microVM keeps them apart.</summary>
    public required uint Uid { get; init; }

    /// <summary>The group that Firecracker runs as.</summary>
    public required uint Gid { get; init; }

    /// <summary>The directory that jails are made in, which must exist. <c>/srv/jailer</c> by default.</summary>
    public string ChrootBaseDirectory { get; init; } = "/srv/jailer";

    /// <summary>Files of the cgroup and what is written to them, such as <c>memory.max</c>, in this order. A value has no <c>=</c>.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Cgroups { get; init; } = [];

    /// <summary>The cgroup that the process's own is made in, from the root of the hierarchy. By default the name of the program.</summary>
    public string? ParentCgroup { get; init; }

    /// <summary>The network namespace that it joins, as a path. By default it stays in the host's.</summary>
    public string? NetworkNamespace { get; init; }

    /// <summary>One more than the highest number of an open file. 2,048 by default.</summary>
    public long? MaxOpenFiles { get; init; }

    /// <summary>The size of the largest file that it may write, in bytes. None by default.</summary>
    public long? MaxFileBytes { get; init; }

    /// <summary>
    /// Whether Firecracker is process 1 of a namespace of its own. The jailer then ends at once with code 0, and Firecracker's process id is in
    /// <see cref="ProcessIdFile"/>: who watches the jailer's process does not watch Firecracker's.
    /// </summary>
    public bool NewPidNamespace { get; init; }

    /// <summary>What the jailer makes for this id, and all that has to be removed of it.</summary>
    public string JailDirectory => Path.Combine(ChrootBaseDirectory, ExecName, Firecracker.Id);

    /// <summary>The directory that Firecracker sees as <c>/</c>. The caller puts there what Firecracker is to open, such as the kernel.</summary>
    public string RootDirectory => Path.Combine(JailDirectory, "root");

    /// <summary>The socket of the API, as the host sees it.</summary>
    public string ApiSocketOnHost => OnHost(Firecracker.ApiSocket);

    /// <summary>The file that has Firecracker's process id where it has a namespace of its own.</summary>
    public string ProcessIdFile => Path.Combine(RootDirectory, ExecName + ".pid");

    /// <summary>
    /// The cgroup of the process, from the root of the hierarchy; null where it gets none of its own, which is where <see cref="Cgroups"/> is empty:
    /// then it is moved into the parent, if that exists.
    /// </summary>
    public string? Cgroup => Cgroups.Count == 0 ? null : Path.Combine(ParentCgroup ?? ExecName, Firecracker.Id);

    private string ExecName => Path.GetFileName(ExecFile);

    /// <summary>Where the host has what Firecracker sees under an absolute path.</summary>
    public string OnHost(string pathInJail)
    {
        ArgumentException.ThrowIfNullOrEmpty(pathInJail);
        return Path.Combine(RootDirectory, pathInJail.TrimStart('/'));
    }

    /// <summary>The arguments, without the name of the program, those of Firecracker included.</summary>
    /// <exception cref="FirecrackerException"><see cref="FirecrackerFailure.InvalidRequest"/>: there are faults; the message has them all.</exception>
    public IReadOnlyList<string> ToArguments()
    {
        Check();
        return
        [
            "--id", Firecracker.Id,
            "--exec-file", ExecFile,
            "--uid", Uid.ToString(),
            "--gid", Gid.ToString(),
            "--chroot-base-dir", ChrootBaseDirectory,
            // Without it the jailer takes version 1.
            "--cgroup-version", "2",
            .. Cgroups.SelectMany(static cgroup => Option("--cgroup", $"{cgroup.Key}={cgroup.Value}")),
            .. Option("--parent-cgroup", ParentCgroup),
            .. Option("--netns", NetworkNamespace),
            .. Option("--resource-limit", MaxOpenFiles is { } files ? $"no-file={files}" : null),
            .. Option("--resource-limit", MaxFileBytes is { } bytes ? $"fsize={bytes}" : null),
            .. Flag("--new-pid-ns", NewPidNamespace),
            "--",
            .. Firecracker.ArgumentsWithoutId(),
        ];
    }

    private void Check()
    {
        var faults = new CommandFaults("the jailer");
        faults.RequirePath(ExecFile ?? "", nameof(ExecFile));
        faults.Require(
            ExecFile is not null && ExecName.Contains("firecracker", StringComparison.Ordinal), nameof(ExecFile), "must have 'firecracker' in its name: the jailer starts no other program");
        faults.RequirePath(ChrootBaseDirectory ?? "", nameof(ChrootBaseDirectory));
        faults.RequirePath(NetworkNamespace, nameof(NetworkNamespace));
        faults.Require(ParentCgroup is null || IsRelative(ParentCgroup), nameof(ParentCgroup), $"must be a path from the root of the hierarchy, with no '/' first and no '.' or '..', and is '{ParentCgroup}'");
        faults.Require(MaxOpenFiles is null or > 0, nameof(MaxOpenFiles), "must be more than 0");
        faults.Require(MaxFileBytes is null or > 0, nameof(MaxFileBytes), "must be more than 0");
        foreach ((string file, string value) in Cgroups)
        {
            faults.Require(IsRelative(file) && !file.Contains('='), nameof(Cgroups), $"must have names of files in a cgroup, and has '{file}'");
            faults.Require(!string.IsNullOrEmpty(value) && !value.Contains('='), nameof(Cgroups), $"must have a value without '=' for {file}, since the jailer takes no other, and has '{value}'");
        }

        faults.Require(Firecracker is not null, nameof(Firecracker), "must be given");
        Firecracker?.Check(faults);
        faults.ThrowIfAny();
    }

    private static bool IsRelative(string? path) => !string.IsNullOrEmpty(path) && path.Split('/').All(static part => part is not ("" or "." or ".."));
}
