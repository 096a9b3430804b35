using System.CommandLine;
using Nex.GuestImages;

namespace Nex.Cli.Commands;

/// <summary>`nex kernel`: unpacks the kernel that microVMs boot.</summary>
internal static class KernelCommand
{
    internal static Command Create()
    {
        Option<string> output = new("--output")
        {
            Description = "The directory to make. It must not exist, or be empty, or hold an unpacked kernel.",
            HelpName = "DIR",
            DefaultValueFactory = _ => "guest-kernel",
        };
        Option<string?> deb = new("--deb") { Description = "A Debian package of a kernel. Without it, one is fetched with apt.", HelpName = "FILE" };
        Option<string> package = new("--package")
        {
            Description = "The package to fetch: one of a kernel, or one that depends on it.",
            HelpName = "NAME",
            DefaultValueFactory = _ => new GuestKernelOptions { Directory = "" }.Package,
        };
        Command command = new("kernel", "Unpack the kernel that microVMs boot. Nothing is installed.") { output, deb, package };
        command.Validators.Add(result =>
        {
            if (result.GetResult(deb) is not null && result.GetResult(package) is { Implicit: false })
            {
                result.AddError("--deb and --package cannot be given together: the one names a file, the other what to fetch.");
            }
        });
        command.SetAction((parsed, cancellation) => CommandRunner.RunAsync(parsed, writer => UnpackAsync(
            writer,
            new GuestKernelOptions
            {
                Directory = parsed.GetRequiredValue(output),
                PackageFile = parsed.GetValue(deb),
                Package = parsed.GetRequiredValue(package),
            },
            cancellation)));
        return command;
    }

    private static async Task UnpackAsync(TextWriter writer, GuestKernelOptions options, CancellationToken cancellation)
    {
        GuestKernel kernel = await GuestKernel.UnpackAsync(options, cancellation).ConfigureAwait(false);
        await writer.WriteLineAsync($"{kernel.Directory}: Linux {kernel.Release}, {kernel.Modules.Count} modules").ConfigureAwait(false);
        if (kernel.MissingModules.Count > 0)
        {
            await writer.WriteLineAsync($"not in this kernel: {string.Join(", ", kernel.MissingModules)}").ConfigureAwait(false);
        }
    }
}
