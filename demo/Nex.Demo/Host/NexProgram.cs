using System.Text.Json;
using CliWrap;
using CliWrap.Buffered;

namespace Nex.Demo.Host;

/// <summary>The native <c>nex</c>, as somebody at a terminal uses it, with keys of this demo alone.</summary>
internal sealed class NexProgram(string directory)
{
    /// <summary>From <c>artifacts/bin/Nex.Demo/release</c>, where the demo is built, to where <c>./build.sh demo</c> puts it beside its agent.</summary>
    private static readonly string Path = System.IO.Path.GetFullPath(System.IO.Path.Combine(AppContext.BaseDirectory, "../../../native/nex"));

    /// <exception cref="RequirementException">It has not been made.</exception>
    internal static void Require()
    {
        if (!File.Exists(Path))
        {
            throw new RequirementException($"{Path} does not exist, which nodes of the demo are: run ./build.sh demo, which makes it.");
        }
    }

    internal Command Command(params IEnumerable<string> arguments) => Cli.Wrap(Path)
        .WithArguments(arguments)
        .WithEnvironmentVariables(variables => variables.Set("XDG_CONFIG_HOME", directory))
        .WithValidation(CommandResultValidation.None);

    /// <summary>Runs a command that answers in JSON.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message is what it wrote.</exception>
    internal async Task<JsonElement> AskAsync(IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        string[] all = [.. arguments, "--json"];
        BufferedCommandResult result = await Command(all).ExecuteBufferedAsync(cancellationToken);
        if (result.ExitCode != 0)
        {
            throw new InvalidOperationException($"nex {string.Join(' ', all)} ended with {result.ExitCode}: {result.StandardError.Trim()}");
        }

        using JsonDocument document = JsonDocument.Parse(result.StandardOutput);
        return document.RootElement.Clone();
    }
}
