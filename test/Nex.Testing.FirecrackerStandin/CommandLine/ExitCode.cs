namespace Nex.Testing.FirecrackerStandin.CommandLine;

/// <summary>The exit codes of Firecracker, as far as this program can end with them.</summary>
internal enum ExitCode
{
    Ok = 0,
    Generic = 1,

    /// <summary>SIGXFSZ: a file would become larger than it may.</summary>
    FileTooLarge = 151,

    /// <summary>A configuration that cannot be used.</summary>
    Configuration = 152,

    /// <summary>Arguments that it does not understand.</summary>
    Arguments = 153,

    /// <summary>SIGXCPU: it has had as much of the processor as it may.</summary>
    ProcessorTime = 154,

    /// <summary>SIGHUP.</summary>
    HangUp = 156,
}
