using System.Runtime.InteropServices;
using Nex.Firecracker.Api;
using Nex.Firecracker.Commands;
using Nex.Linux.Machine;
using Nex.Linux.Processes;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers.MicroVms.Templates;

namespace Nex.ProcessManager.Launchers.MicroVms.Firecracker;

/// <summary>
/// Homes without a jail. Firecracker inherits what it opens as open files, and makes its sockets in a working directory of its own, which it
/// names without the directories above: those are closed to it and to all other processes of its user.
/// </summary>
internal sealed class OpenHomes(FirecrackerHost host, BootFiles files, uint? userId) : VmmHomes
{
    internal override VmmPaths Paths => Home.Names;

    internal override VmmHome ForBoot(string name, string workDirectory, Template? template) =>
        new Home(host, userId, name, workDirectory, new Inherited(files.Disk?.Handle, files.Kernel.Handle, files.Initramfs.Handle, template));

    internal override VmmHome ForClone(string name, string workDirectory, Template template) =>
        new Home(host, userId, name, workDirectory, new Inherited(files.Disk?.Handle, null, null, template));

    /// <summary>They are those of who opened them.</summary>
    public override void Dispose()
    {
    }

    private sealed record Inherited(SafeHandle? Disk, SafeHandle? Kernel, SafeHandle? Initramfs, Template? Template);

    private sealed class Home : VmmHome
    {
        private const int FirstDescriptor = 3;

        internal static readonly VmmPaths Names = new()
        {
            ApiSocket = "/proc/self/cwd/api",
            Vsock = "/proc/self/cwd/vsock",
            Disk = Descriptor(0),
            Kernel = Descriptor(1),
            Initramfs = Descriptor(2),
            Memory = Descriptor(3),
            State = Descriptor(4),
        };

        private readonly FirecrackerHost _host;
        private readonly string _name;
        private readonly string _workDirectory;
        private readonly Inherited _inherited;

        internal Home(FirecrackerHost host, uint? userId, string name, string workDirectory, Inherited inherited)
        {
            _host = host;
            _name = name;
            _workDirectory = workDirectory;
            _inherited = inherited;
            if (userId is { } id)
            {
                FileSystems.ChangeOwner(workDirectory, id);
            }
        }

        internal override VmmPaths Paths => Names;

        internal override string ApiSocket => Path.Combine(_workDirectory, "api");

        internal override string Vsock => Path.Combine(_workDirectory, "vsock");

        internal override string PathOption => nameof(ProcessManagerOptions.RunDirectory);

        internal override ChildProcess Command(SafeHandle input, SafeHandle output)
        {
            var firecracker = new FirecrackerCommand { Id = _name, ApiSocket = Names.ApiSocket, LogLevel = FirecrackerLogLevel.Error };
            return new ChildProcess
            {
                Path = _host.AsMachineUser[0],
                Arguments = [.. _host.AsMachineUser, _host.FirecrackerPath, .. firecracker.ToArguments()],
                WorkingDirectory = _workDirectory,
                // The numbers are always the same: what is not there is as empty as the input.
                Descriptors =
                [
                    input, output, output,
                    _inherited.Disk ?? input, _inherited.Kernel ?? input, _inherited.Initramfs ?? input,
                    _inherited.Template?.Memory ?? input, _inherited.Template?.State ?? input,
                ],
                OwnSession = true,
                CloseOtherDescriptors = true,
            };
        }

        internal override void Record(ProcessIdentity process)
        {
            // It is in the directory around this one.
        }

        internal override void Furnish()
        {
            // It has inherited all.
        }

        internal override void Collect(Template template)
        {
            // It wrote to the very files.
        }

        /// <summary>The directory is that of who made it.</summary>
        public override void Dispose()
        {
        }

        private static string Descriptor(int index) => $"/proc/self/fd/{FirstDescriptor + index}";
    }
}
