using System.CommandLine;
using System.CommandLine.Parsing;
using Nex.Cli.Options;
using Nex.Cli.Output;
using Nex.GuestImages;

namespace Nex.Cli.Commands;

/// <summary>`nex rootfs`, and `nex rootfs build`: makes the image that a guest starts from.</summary>
internal sealed class RootfsBuildCommand : NexCommand
{
    private readonly Option<string> _output = new("--output") { Description = "The file to write.", HelpName = "FILE", Required = true };

    private readonly Option<string> _agent = new("--agent")
    {
        Description = "The native agent, which becomes /init.",
        HelpName = "PATH",
        DefaultValueFactory = _ => Path.Combine(AppContext.BaseDirectory, "nex-agent"),
    };

    private readonly Option<string> _format = Choice("--format", "The kind of image.", GuestImageFormat.Initramfs);

    private readonly Option<string> _compression = Choice("--compression", "How an initramfs is compressed.", GuestImageCompression.None);

    private readonly Option<string?> _kernel = new("--kernel")
    {
        Description = "A directory made by `nex kernel`, whose modules go into the image.",
        HelpName = "DIR",
    };

    private readonly Option<string[]> _add = new("--add")
    {
        Description = "A file to put into the image; may be given again.",
        HelpName = "GUESTPATH=HOSTPATH",
    };

    private readonly Option<string?> _folder = new("--folder")
    {
        Description = "A folder whose contents go to the root of the image.",
        HelpName = "DIR",
    };

    private readonly Option<int?> _size = new("--size")
    {
        Description = "The size of an ext4 image in MiB. Without it, the image is as small as its contents allow.",
        HelpName = "MIB",
    };

    internal RootfsBuildCommand(string name, GlobalOptions globals)
        : base(name, "Build a guest image, without root and without mounting anything.", globals)
    {
        foreach (Option option in (Option[])[_output, _agent, _format, _compression, _kernel, _add, _folder, _size])
        {
            Options.Add(option);
        }

        _add.Validators.Add(RequirePairs);
        _size.Validators.Add(RequirePositive);
        Validators.Add(RequireFittingFormat);
        Examples =
        [
            ("nex rootfs --output initramfs --kernel guest-kernel", "what microVMs boot"),
            ("nex rootfs --output root.ext4 --format ext4 --add /opt/tool=./tool", "a disk with a program of yours"),
        ];
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellation)
    {
        GuestImage image = await GuestImageBuilder.BuildAsync(ReadOptions(run.Parsed), cancellation).ConfigureAwait(false);
        if (run.IsJson)
        {
            run.WriteJson(new ImageDocument(image.Path, image.Entries.Count, image.Size, image.Sha256), json => json.ImageDocument);
            return ExitCodes.Done;
        }

        run.Output.WriteLine($"{image.Path}: {image.Entries.Count} entries, {image.Size} bytes, SHA-256 {image.Sha256}");
        return ExitCodes.Done;
    }

    private GuestImageOptions ReadOptions(ParseResult parsed) => new()
    {
        Output = parsed.GetRequiredValue(_output),
        Agent = parsed.GetRequiredValue(_agent),
        Format = Enum.Parse<GuestImageFormat>(parsed.GetRequiredValue(_format), ignoreCase: true),
        Compression = Enum.Parse<GuestImageCompression>(parsed.GetRequiredValue(_compression), ignoreCase: true),
        Kernel = parsed.GetValue(_kernel) is { } directory ? GuestKernel.Open(directory) : null,
        Folder = parsed.GetValue(_folder),
        Files = [.. (parsed.GetValue(_add) ?? []).Select(Split)],
        SizeMiB = parsed.GetValue(_size),
    };

    private void RequireFittingFormat(CommandResult result)
    {
        string format = result.GetValue(_format) ?? Word(GuestImageFormat.Initramfs);
        if (result.GetResult(_size) is not null && format != Word(GuestImageFormat.Ext4))
        {
            result.AddError("--size is for the format ext4: the others are as large as what is in them.");
        }

        if (result.GetResult(_compression) is { Implicit: false } && format != Word(GuestImageFormat.Initramfs))
        {
            result.AddError("--compression is for the format initramfs: ext4 has none, and squashfs has its own.");
        }
    }

    private static void RequirePairs(OptionResult result)
    {
        foreach (Token token in result.Tokens.Where(token => token.Value.IndexOf('=') <= 0))
        {
            result.AddError($"--add {token.Value}: write it as GUESTPATH=HOSTPATH, such as /bin/tool=./tool.");
        }
    }

    private static void RequirePositive(OptionResult result)
    {
        if (result.Tokens is [{ Value: { } text }] && !(int.TryParse(text, out int size) && size > 0))
        {
            result.AddError($"--size {text}: give a whole number of MiB.");
        }
    }

    private static KeyValuePair<string, string> Split(string pair)
    {
        int equals = pair.IndexOf('=');
        return new(pair[..equals], pair[(equals + 1)..]);
    }

    // The names of an enumeration, in the small letters of a command line.
    private static Option<string> Choice<T>(string name, string description, T byDefault)
        where T : struct, Enum
    {
        Option<string> option = new(name) { Description = description, DefaultValueFactory = _ => Word(byDefault) };
        return option.AcceptOnlyFromAmong([.. Enum.GetValues<T>().Select(Word)]);
    }

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
