using System.CommandLine;
using Nex.Cli.Options;
using Nex.Cli.Output;

namespace Nex.Cli.Commands.Completion;

/// <summary>`nex completion`: scripts that let a shell ask this program what can come next.</summary>
internal sealed class CompletionCommand : NexCommand
{
    private const string Bash = """
        # Completion of nex for bash. In ~/.bashrc: source <(nex completion bash)
        _nex_complete() {
            local IFS=$'\n'
            COMPREPLY=($(nex "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null))
        }
        complete -o default -o nosort -F _nex_complete nex

        """;

    private const string Zsh = """
        #compdef nex
        # Completion of nex for zsh. In ~/.zshrc, after compinit: source <(nex completion zsh)
        _nex() {
            local -a found
            found=("${(@f)$(nex "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
            found=(${found:#})
            if (( ${#found} )); then
                compadd -U -- "${found[@]}"
            else
                _files
            fi
        }
        compdef _nex nex

        """;

    private const string Fish = """
        # Completion of nex for fish. In ~/.config/fish/config.fish: nex completion fish | source
        function __nex_complete
            set -l line (commandline -p)
            nex "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete -c nex -a '(__nex_complete)'

        """;

    private readonly Argument<string> _shell = new Argument<string>("shell") { Description = "The shell that the script is for" }
        .AcceptOnly("bash", "zsh", "fish");

    internal CompletionCommand(GlobalOptions globals)
        : base("completion", "Write a script that completes commands and options in a shell", globals)
    {
        Arguments.Add(_shell);
        Examples = [("source <(nex completion bash)", "in ~/.bashrc"), ("nex completion fish | source", "in config.fish")];
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellation)
    {
        string shell = run.Parsed.GetRequiredValue(_shell);
        string script = shell switch
        {
            "bash" => Bash,
            "zsh" => Zsh,
            _ => Fish,
        };
        if (run.IsJson)
        {
            run.WriteJson(new CompletionDocument(shell, script), json => json.CompletionDocument);
            return ExitCodes.Done;
        }

        await run.Output.WriteAsync(script.AsMemory(), cancellation).ConfigureAwait(false);
        return ExitCodes.Done;
    }
}

internal static class ArgumentExtensions
{
    internal static Argument<string> AcceptOnly(this Argument<string> argument, params string[] values)
    {
        argument.AcceptOnlyFromAmong(values);
        return argument;
    }
}
