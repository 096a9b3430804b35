using System.Text;

namespace Nex.Firecracker.Tests.Support;

/// <summary>A request as it arrived, byte for byte.</summary>
internal sealed record ApiRequest(string Head, byte[] Body)
{
    internal string Method => Head.Split(' ')[0];

    internal string Path => Head.Split(' ')[1];

    internal string Json => Encoding.UTF8.GetString(Body);

    internal IReadOnlyList<string> HeaderLines => Head.Split("\r\n")[1..];

    internal string? Header(string name) => HeaderLines
        .Where(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
        .Select(line => line[(name.Length + 1)..].Trim())
        .SingleOrDefault();
}
