using System.CommandLine;
using System.CommandLine.Parsing;
using Nex.GuestImages;

namespace Nex.Cli.Commands;

/// <summary>`nex rootfs`: makes the image that a guest starts from.</summary>
internal static class RootfsCommand
{
    internal static Command Create() => new("rootfs", "Guest images of microVMs.") { CreateBuild() };

    private static Command CreateBuild()
    {
        Option<string> output = new("--output") { Description = "The file to write.", HelpName = "FILE", Required = true };
        Option<string> agent = new("--agent")
        {
            Description = "The native agent, which becomes /init.",
            HelpName = "PATH",
            DefaultValueFactory = _ => Path.Combine(AppContext.BaseDirectory, "nex-agent"),
        };
        Option<GuestImageFormat> format = Choice("--format", "The kind of image.", GuestImageFormat.Initramfs);
        Option<GuestImageCompression> compression = Choice("--compression", "How an initramfs is compressed.", GuestImageCompression.None);
        Option<string?> kernel = new("--kernel") { Description = "A directory made by `nex kernel`, whose modules go into the image.", HelpName = "DIR" };
        Option<string[]> add = new("--add")
        {
            Description = "A file to put into the image; may be given again.",
            HelpName = "GUESTPATH=HOSTPATH",
        };
        Option<string?> folder = new("--folder") { Description = "A folder whose contents go to the root of the image.", HelpName = "DIR" };
        Option<int?> size = new("--size")
        {
            Description = "The size of an ext4 image in MiB. Without it, the image is as small as its contents allow.",
            HelpName = "MIB",
        };
        add.Validators.Add(RequirePairs);
        size.Validators.Add(RequirePositive);

        Command command = new("build", "Build a guest image, without root and without mounting anything.")
        {
            output, agent, format, compression, kernel, add, folder, size,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(size) is not null && result.GetValue(format) != GuestImageFormat.Ext4)
            {
                result.AddError("--size is for the format ext4: the others are as large as what is in them.");
            }

            if (result.GetResult(compression) is { Implicit: false } && result.GetValue(format) != GuestImageFormat.Initramfs)
            {
                result.AddError("--compression is for the format initramfs.");
            }
        });
        command.SetAction((parsed, cancellation) => CommandRunner.RunAsync(parsed, writer => BuildAsync(
            writer,
            () => new GuestImageOptions
            {
                Output = parsed.GetRequiredValue(output),
                Agent = parsed.GetRequiredValue(agent),
                Format = parsed.GetValue(format),
                Compression = parsed.GetValue(compression),
                Kernel = parsed.GetValue(kernel) is { } directory ? GuestKernel.Open(directory) : null,
                Folder = parsed.GetValue(folder),
                Files = [.. (parsed.GetValue(add) ?? []).Select(Split)],
                SizeMiB = parsed.GetValue(size),
            },
            cancellation)));
        return command;
    }

    private static async Task BuildAsync(TextWriter writer, Func<GuestImageOptions> options, CancellationToken cancellation)
    {
        GuestImage image = await GuestImageBuilder.BuildAsync(options(), cancellation).ConfigureAwait(false);
        await writer.WriteLineAsync($"{image.Path}: {image.Entries.Count} entries, {image.Size} bytes, SHA-256 {image.Sha256}").ConfigureAwait(false);
    }

    private static Option<T> Choice<T>(string name, string description, T byDefault)
        where T : struct, Enum
    {
        Option<T> option = new(name) { Description = description, DefaultValueFactory = _ => byDefault };
        return option.AcceptOnlyFromAmong([.. Enum.GetNames<T>().Select(value => value.ToLowerInvariant())]);
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
}
