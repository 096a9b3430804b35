namespace Nex.Architecture.Tests;

public sealed class ProjectTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Nex.Protocol"] = [],
        ["Nex.Linux"] = [],
        ["Nex.Firecracker"] = [],
