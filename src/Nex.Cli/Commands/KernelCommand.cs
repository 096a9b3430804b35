using System.CommandLine;
using System.CommandLine.Parsing;
using Nex.GuestImages;

namespace Nex.Cli.Commands;

/// <summary>`nex kernel`: unpacks the kernel that microVMs boot.</summary>
internal sealed class KernelCommand : Command
{
    private readonly Option<string> _output = new("--output")
    {
        Description = "The directory to make. It must not exist, or be empty, or hold an unpacked kernel.",
        HelpName = "DIR",
        DefaultValueFactory = _ => "guest-kernel",
    };

    private readonly Option<string?> _deb = new("--deb")
    {
        Description = "A Debian package of a kernel. Without it, one is fetched with apt.",
        HelpName = "FILE",
    };

    private readonly Option<string> _package = new("--package")
    {
        Description = "The package to fetch: one of a kernel, or one that depends on it.",
        HelpName = "NAME",
        DefaultValueFactory = _ => GuestKernelOptions.DefaultPackage,
    };

    internal KernelCommand()
        : base("kernel", "Unpack the kernel that microVMs boot. Nothing is installed.")
    {
        Options.Add(_output);
        Options.Add(_deb);
        Options.Add(_package);
        Validators.Add(RequireOneSource);
        SetAction((parsed, cancellation) => CommandRunner.RunAsync(parsed, writer => UnpackAsync(parsed, writer, cancellation)));
    }

    private async Task UnpackAsync(ParseResult parsed, TextWriter writer, CancellationToken cancellation)
    {
        var options = new GuestKernelOptions
        {
            Directory = parsed.GetRequiredValue(_output),
            PackageFile = parsed.GetValue(_deb),
            Package = parsed.GetRequiredValue(_package),
        };
        GuestKernel kernel = await GuestKernel.UnpackAsync(options, cancellation).ConfigureAwait(false);
        await writer.WriteLineAsync($"{kernel.Directory}: Linux {kernel.Release}, {kernel.Modules.Count} modules").ConfigureAwait(false);
        if (kernel.MissingModules.Count > 0)
        {
            await writer.WriteLineAsync($"not in this kernel: {string.Join(", ", kernel.MissingModules)}").ConfigureAwait(false);
        }
    }

    private void RequireOneSource(CommandResult result)
    {
        if (result.GetResult(_deb) is not null && result.GetResult(_package) is { Implicit: false })
        {
            result.AddError("--deb and --package cannot be given together: the one names a file, the other what to fetch.");
        }
    }
}
