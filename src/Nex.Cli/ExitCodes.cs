namespace Nex.Cli;

/// <summary>How `nex` ends. Documented in docs/cli.md.</summary>
internal static class ExitCodes
{
    internal const int Done = 0;
    internal const int Failed = 1;
    internal const int WrongUsage = 2;
    internal const int Refused = 3;
    internal const int NothingAnswered = 4;
    internal const int NatsUnreachable = 5;

    // What a shell gives a program that ended by Ctrl-C.
    internal const int Cancelled = 130;
}

/// <summary>What was given cannot be meant. The message says what to give instead.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>What a command was to do has failed, in a way that it knows itself.</summary>
internal sealed class CommandFailedException(string message) : Exception(message);
