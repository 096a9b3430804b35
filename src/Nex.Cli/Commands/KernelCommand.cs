using System.CommandLine;
using System.CommandLine.Parsing;
using Nex.Cli.Options;
using Nex.Cli.Output;
using Nex.GuestImages;

namespace Nex.Cli.Commands;

/// <summary>`nex kernel`: unpacks the kernel that microVMs boot.</summary>
internal sealed class KernelCommand : NexCommand
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

    internal KernelCommand(GlobalOptions globals)
        : base("kernel", "Unpack the kernel that microVMs boot. Nothing is installed.", globals)
    {
        Options.Add(_output);
        Options.Add(_deb);
        Options.Add(_package);
        Validators.Add(RequireOneSource);
        Examples = [("nex kernel --output guest-kernel", "the kernel of Debian's package for clouds")];
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellation)
    {
        var options = new GuestKernelOptions
        {
            Directory = run.Parsed.GetRequiredValue(_output),
            PackageFile = run.Parsed.GetValue(_deb),
            Package = run.Parsed.GetRequiredValue(_package),
        };
        GuestKernel kernel = await GuestKernel.UnpackAsync(options, cancellation).ConfigureAwait(false);
        if (run.IsJson)
        {
            run.WriteJson(new KernelDocument(kernel.Directory, kernel.Release, kernel.Modules.Count, kernel.MissingModules), json => json.KernelDocument);
            return ExitCodes.Done;
        }

        run.Output.WriteLine($"{kernel.Directory}: Linux {kernel.Release}, {kernel.Modules.Count} modules");
        if (kernel.MissingModules.Count > 0)
        {
            run.Output.WriteLine($"not in this kernel: {string.Join(", ", kernel.MissingModules)}");
        }

        return ExitCodes.Done;
    }

    private void RequireOneSource(CommandResult result)
    {
        if (result.GetResult(_deb) is not null && result.GetResult(_package) is { Implicit: false })
        {
            result.AddError("--deb and --package cannot be given together: the one names a file, the other what to fetch.");
        }
    }
}
