namespace Nex.Firecracker.Commands;

/// <summary>Collects all that is wrong with a command line, and says it at once.</summary>
internal sealed class CommandFaults(string program)
{
    private readonly List<string> _faults = [];

    internal void Require(bool holds, string option, string message)
    {
        if (!holds)
        {
            _faults.Add($"{option} {message}");
        }
    }

    internal void RequirePath(string? path, string option) =>
        Require(path is null || (Path.IsPathFullyQualified(path) && !path.Contains('\0')), option, $"must be an absolute path, and is '{path}'");

    internal void ThrowIfAny()
    {
        if (_faults.Count > 0)
        {
            throw new FirecrackerException(FirecrackerFailure.InvalidRequest, $"The command line of {program} cannot be made: {string.Join("; ", _faults)}.");
        }
    }
}
