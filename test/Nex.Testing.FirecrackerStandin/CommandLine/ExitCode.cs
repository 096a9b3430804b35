namespace Nex.Testing.FirecrackerStandin.CommandLine;

/// <summary>The exit codes of Firecracker, as far as this program can end with them.</summary>
internal enum ExitCode
{
    Ok = 0,
    Generic = 1,

    /// <summary>A configuration that cannot be used.</summary>
    Configuration = 152,

    /// <summary>Arguments that it does not understand.</summary>
    Arguments = 153,
}
