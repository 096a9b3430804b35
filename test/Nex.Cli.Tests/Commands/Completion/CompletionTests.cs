using Nex.Cli.Tests.Support;
using Nex.Testing.Files;

namespace Nex.Cli.Tests.Commands.Completion;

/// <summary>The scripts in the shells that they are for, as far as these are there.</summary>
public sealed class CompletionTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public CompletionTests() => _directory.WriteProgram("nex", $"#!/bin/sh\nexec {string.Join(' ', NexProgram.Command)} \"$@\"\n");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("nex node l", "ls")]
    [InlineData("nex devrun --fol", "--follow")]
    public async Task The_completion_of_bash_works_in_bash(string line, string expected)
    {
        const string script = """PATH=$1:$PATH; source <(nex completion bash); COMP_LINE=$2; COMP_POINT=${#2}; _nex_complete; printf '%s\n' "${COMPREPLY[@]}" """;

        CommandResult result = await NexProgram.RunProgramAsync("bash", "-c", script, "bash", _directory.Path, line);

        Assert.Contains(expected, result.Output.Split('\n'));
    }

    [Theory]
    [InlineData("nex node l", "ls")]
    [InlineData("nex devrun --fol", "--follow")]
    [InlineData("nex devrun ./n", "./nex")]
    public async Task The_completion_of_fish_works_in_fish(string line, string expected)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/fish"), "fish is not installed.");
        string script = $"set -x PATH {_directory.Path} $PATH; set -x HOME {_directory.Path}; cd {_directory.Path}; nex completion fish | source; complete -C '{line}'";

        CommandResult result = await NexProgram.RunProgramAsync("fish", "--no-config", "-c", script);

        Assert.Contains(expected, result.Output.Split('\n').Select(found => found.Split('\t')[0]));
    }

    /// <summary>On a terminal of its own, because zsh completes nowhere else.</summary>
    [Theory]
    [InlineData("nex node pre", "nex node preflight")]
    [InlineData("nex devrun --fol", "nex devrun --follow")]
    [InlineData("nex devrun ./n", "nex devrun ./nex")]
    public async Task The_completion_of_zsh_works_in_zsh(string line, string expected)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/zsh") || File.Exists("/bin/zsh"), "zsh is not installed.");
        // The prompt shows that the line editor takes what is typed.
        const string script = """
            zmodload zsh/zpty
            export HOME=$1 PATH=$1:$PATH TERM=dumb
            cd $1
            zpty shell 'zsh -f -i'
            zpty -w shell 'autoload -U compinit; compinit -u -D; source <(nex completion zsh); PS1=READY$((1+1))'
            zpty -r shell shown '*READY2*'
            zpty -w -n shell "$2"$'\t'
            zpty -r shell shown "*$3*" && print completed
            zpty -d shell
            """;

        CommandResult result = await NexProgram.RunProgramAsync("zsh", "-f", "-c", script, "zsh", _directory.Path, line, expected);

        Assert.Equal("completed\n", result.Output);
    }
}
