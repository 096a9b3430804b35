using Nex.ProcessManager.Configuration;
using Nex.Testing.Files;
using Nex.Testing.Processes;

namespace Nex.Chaos.World;

/// <summary>
/// Where a node finds Firecracker. On a host that has none, or no KVM, the stand-in takes its place. A node refuses Firecracker without a
/// <c>/dev/kvm</c> that its machines may use, and has no option to say otherwise: it then starts with a <c>/dev</c> that only it and its children see, which
/// has an empty file of that name. The node looks who may open that, and the stand-in always emulates.
/// </summary>
internal sealed class HostWithFirecracker
{
    private const string Kvm = "/dev/kvm";

    private readonly TempDirectory _directory;

    private HostWithFirecracker(TempDirectory directory, string path)
    {
        _directory = directory;
        Path = path;
    }

    /// <summary>Of the program.</summary>
    internal string Path { get; }

    /// <param name="directory">Takes what is made for it.</param>
    /// <returns>Null for a sandbox that needs none.</returns>
    internal static HostWithFirecracker? Of(Sandbox sandbox, TempDirectory directory) => sandbox switch
    {
        Sandbox.Firecracker when HostFirecracker.IsReal => new HostWithFirecracker(directory, "firecracker"),
        Sandbox.Firecracker => new HostWithFirecracker(directory, HostFirecracker.WriteStandin(directory)),
        _ => null,
    };

    /// <summary>What starts a program so that it finds KVM here. The process becomes that program.</summary>
    internal (string Path, IReadOnlyList<string> Arguments) CommandOf(string program, IReadOnlyList<string> arguments)
    {
        if (HostFirecracker.IsReal)
        {
            return (program, arguments);
        }

        string devices = _directory["dev"];
        _ = Directory.CreateDirectory(devices);
        string script = _directory.WriteProgram(
            "with-kvm",
            $"""
            #!/bin/sh
            set -e
            mount --rbind /dev {devices}
            mount -t tmpfs -o mode=755 nex-chaos /dev
            ln -s {devices}/* /dev/
            rm -f {Kvm}
            : > {Kvm}
            chmod 666 {Kvm}
            exec "$@"

            """);
        return ("/usr/bin/unshare", ["--mount", "--propagation", "private", "--", script, program, .. arguments]);
    }
}
