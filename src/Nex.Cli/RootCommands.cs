using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Nex.Cli.Commands;
using Nex.Cli.Commands.Completion;
using Nex.Cli.Commands.Keys;
using Nex.Cli.Commands.Nodes;
using Nex.Cli.Commands.Streams;
using Nex.Cli.Commands.Workloads;
using Nex.Cli.Options;

namespace Nex.Cli;

/// <summary>
/// The tree of commands. Only the branch that a command line names is built, which is most of what a start costs; of the others, help needs no more
/// than name and description.
/// </summary>
internal sealed class RootCommands
{
    private const string AboutNodes = "Nodes: list them, ask them, be one";
    private const string AboutKeys = "The keys that workloads are signed and sealed with";

    private static readonly string[] TakesProgramArguments = ["run", "devrun", "yeet"];

    private readonly string[] _arguments;
    private readonly string[] _programArguments;
    private readonly GlobalOptions _globals = new();

    internal RootCommands(string[] arguments)
    {
        // What comes after -- is the program's, whatever it looks like.
        int end = Array.IndexOf(arguments, "--");
        bool split = end >= 0 && arguments[..end].Any(TakesProgramArguments.Contains);
        _arguments = split ? arguments[..end] : arguments;
        _programArguments = split ? arguments[(end + 1)..] : [];
    }

    internal ParseResult Parse()
    {
        var root = new NexRootCommand(
            "Nex for .NET: runs programs in sandboxes that are up before they are needed.",
            ("nex node up", "this machine is a node, with a NATS server of its own"),
            ("nex devrun ./server PORT=8080 --follow", "a local program runs on it, and its log is here until Ctrl-C"),
            ("nex node ls", "which nodes there are"));
        _globals.AddTo(root);
        foreach (Branch branch in Branches())
        {
            root.Subcommands.Add(IsNamed(branch) ? branch.Build() : Stub(branch));
        }

        foreach (Option option in root.Options)
        {
            if (option is HelpOption { Action: HelpAction help })
            {
                option.Action = new HelpWithExamples(help);
                // What other systems write; it would stand in each completion.
                _ = option.Aliases.Remove("/h");
                _ = option.Aliases.Remove("/?");
            }
        }

        // What begins with @ is an argument, and no file with more of them.
        return root.Parse(_arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
    }

    private IEnumerable<Branch> Branches() =>
    [
        new("node", AboutNodes, Nodes),
        new("run", "Run a program that is in an object store", () => new RunCommand(_globals, _programArguments)),
        new("devrun", "Upload a local program and run it", () => new DevRunCommand(_globals, _programArguments)) { Alias = "yeet" },
        new("stop", "Stop a workload", () => new StopCommand(_globals)),
        new("logs", "Show what workloads write", () => new LogsCommand(_globals)),
        new("events", "Show what nodes and workloads tell", () => new EventsCommand(_globals)),
        new("lameduck", "Tell a node to take no new workloads", () => new LameDuckCommand(_globals)),
        new("keys", AboutKeys, Keys),
        new("kernel", "Unpack the kernel that microVMs boot", () => new KernelCommand(_globals)),
        new("rootfs", "Build a guest image of microVMs", () => new RootfsBuildCommand("rootfs", _globals) { new RootfsBuildCommand("build", _globals) }) { Alias = "fs" },
        new("completion", "Write a script that completes commands in a shell", () => new CompletionCommand(_globals)),
    ];

    private CommandGroup Nodes() =>
        new("node", AboutNodes, ("nex node up", "be one"), ("nex node ls", "which there are"), ("nex node info NBTA", "what the one whose id begins so is, and runs"))
        {
            new NodeListCommand(_globals), new NodeInfoCommand(_globals), new NodeProbeCommand(_globals),
            new NodeUpCommand(_globals), new NodePreflightCommand(_globals),
        };

    private CommandGroup Keys() =>
        new("keys", AboutKeys, ("nex keys make", "once; `nex devrun` does it by itself"), ("nex keys show", "their public halves"))
        {
            new KeysShowCommand(_globals), new KeysMakeCommand(_globals),
        };

    private bool IsNamed(Branch branch) =>
        _arguments.Contains(branch.Name) || (branch.Alias is { } alias && _arguments.Contains(alias))
        || (_arguments.Length > 0 && _arguments[0].StartsWith("[suggest", StringComparison.Ordinal));

    private static Command Stub(Branch branch)
    {
        var stub = new Command(branch.Name, branch.Description);
        if (branch.Alias is { } alias)
        {
            stub.Aliases.Add(alias);
        }

        return stub;
    }

    private sealed record Branch(string Name, string Description, Func<Command> Build)
    {
        internal string? Alias { get; init; }
    }

    private sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            int code = help.Invoke(parseResult);
            if (parseResult.CommandResult.Command is IExemplified { Examples: { Count: > 0 } examples })
            {
                TextWriter output = parseResult.InvocationConfiguration.Output;
                output.WriteLine("Examples:");
                foreach ((string line, string meaning) in examples)
                {
                    output.WriteLine($"  {line}");
                    output.WriteLine($"      {meaning}");
                }

                output.WriteLine();
            }

            return code;
        }
    }
}
