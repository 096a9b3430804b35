namespace Nex.Firecracker.Commands;

/// <summary>The id of a Firecracker process, which names its jail and its cgroup too.</summary>
internal static class InstanceId
{
    internal const int MaxLength = 64;

    internal static bool IsValid(string? id) =>
        id is { Length: > 0 and <= MaxLength } && id.All(static character => char.IsAsciiLetterOrDigit(character) || character == '-');
}
