using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Nex.Firecracker.Commands;
using Nex.Linux.Processes;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.MicroVms.Templates;
using Nex.ProcessManager.Launchers.RunDirectories;

namespace Nex.ProcessManager.Launchers.MicroVms.Firecracker.Jails;

/// <summary>A home that the jailer makes: a root directory, a user and, where wanted, a cgroup of its own.</summary>
internal sealed class Jail(FirecrackerHost host, JailerCommand command, SharedFiles files, Template? source, Action<JailerCommand> onGone) : VmmHome
{
    /// <summary>What is in every jail.</summary>
    internal static readonly VmmPaths Names = new()
    {
        ApiSocket = "/api",
        Vsock = "/vsock",
        Disk = "/disk",
        Kernel = "/kernel",
        Initramfs = "/initramfs",
        Memory = "/memory",
        State = "/state",
    };

    internal override VmmPaths Paths => Names;

    internal override string ApiSocket => command.ApiSocketOnHost;

    internal override string Vsock => command.OnHost(Names.Vsock);

    internal override string PathOption => $"{nameof(MicroVmOptions.Jailer)}.{nameof(JailerOptions.ChrootBaseDirectory)}";

    /// <summary>The jailer starts as root, and changes its user itself.</summary>
    internal override ChildProcess Command(SafeHandle input, SafeHandle output) => new()
    {
        Path = host.AsMachineUser[0],
        Arguments = [.. host.AsMachineUser, host.JailerPath!, .. command.ToArguments()],
        Descriptors = [input, output, output],
        OwnSession = true,
        CloseOtherDescriptors = true,
    };

    /// <summary>Beside the root directory, which it cannot leave.</summary>
    internal override void Record(ProcessIdentity process)
    {
        Directory.CreateDirectory(command.JailDirectory, SharedFiles.Private);
        RunDirectory.Record(command.JailDirectory, process);
    }

    internal override void Furnish()
    {
        if (source is null)
        {
            Put(files.Kernel, Names.Kernel);
            Put(files.Initramfs, Names.Initramfs);
        }
        else
        {
            (string memory, string state) = files.FilesOf(source);
            Put(memory, Names.Memory);
            Put(state, Names.State);
        }

        if (files.Disk is not null)
        {
            Put(files.Disk, Names.Disk);
        }
    }

    internal override void Collect(Template template)
    {
        Copy(Names.Memory, template.Memory);
        Copy(Names.State, template.State);
    }

    public override void Dispose()
    {
        RunDirectory.Remove(command.JailDirectory);
        onGone(command);
    }

    private void Put(string file, string name) => SharedFiles.Put(file, command.OnHost(name));

    private void Copy(string name, SafeFileHandle target)
    {
        using SafeFileHandle written = File.OpenHandle(command.OnHost(name));
        TemplateFile.Copy(written, target);
    }
}
