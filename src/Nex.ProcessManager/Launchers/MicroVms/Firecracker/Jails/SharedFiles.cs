using Nex.Linux.Machine;
using Nex.ProcessManager.Launchers.MicroVms.Templates;
using Nex.ProcessManager.Launchers.RunDirectories;

namespace Nex.ProcessManager.Launchers.MicroVms.Firecracker.Jails;

/// <summary>
/// What jails share: copies beside them, in their file system, of which each jail gets a further name. They are root's, and everybody else can
/// only read them; only who is in a jail, or root, comes to them. All clones of a template thus map the same pages.
/// </summary>
internal sealed class SharedFiles : IDisposable
{
    /// <summary>For root alone, and who is inside already.</summary>
    internal const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode ReadOnly = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private readonly string _directory;
    private readonly Lock _lock = new();
    private Template? _template;
    private int _templates;

    /// <exception cref="IOException">There is no room for them.</exception>
    internal SharedFiles(string directory, BootFiles files)
    {
        _directory = directory;
        Directory.CreateDirectory(directory, Private);
        try
        {
            Kernel = Save(files.Kernel.Handle, "kernel");
            Initramfs = Save(files.Initramfs.Handle, "initramfs");
            Disk = files.Disk is null ? null : Save(files.Disk.Handle, "disk");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    internal string Kernel { get; }

    internal string Initramfs { get; }

    internal string? Disk { get; }

    /// <summary>The files of a template. Only those of the last one are kept; jails that have names of earlier ones keep them.</summary>
    /// <exception cref="IOException">There is no room for them.</exception>
    internal (string Memory, string State) FilesOf(Template template)
    {
        lock (_lock)
        {
            string directory = Path.Combine(_directory, $"template-{_templates}");
            if (_template != template)
            {
                _template = null;
                RunDirectory.Remove(directory);
                directory = Path.Combine(_directory, $"template-{++_templates}");
                Directory.CreateDirectory(directory, Private);
                Save(template.Memory, Path.Combine(directory, "memory"));
                Save(template.State, Path.Combine(directory, "state"));
                _template = template;
            }

            return (Path.Combine(directory, "memory"), Path.Combine(directory, "state"));
        }
    }

    /// <summary>Puts one of these files into a jail.</summary>
    internal static void Put(string file, string pathInJail) => FileSystems.Link(file, pathInJail);

    public void Dispose() => RunDirectory.Remove(_directory);

    private string Save(Microsoft.Win32.SafeHandles.SafeFileHandle content, string name)
    {
        string path = Path.Combine(_directory, name);
        TemplateFile.Save(content, path);
        File.SetUnixFileMode(path, ReadOnly);
        return path;
    }
}
