using System.Globalization;
using System.Text;
using Nex.Node.Configuration.Keys;

namespace Nex.Node.Configuration;

/// <summary>What documentation says of the keys, made from them.</summary>
internal static class ConfigurationReference
{
    /// <summary>A table in Markdown.</summary>
    internal static string Table(IEnumerable<ConfigurationKey> keys)
    {
        var table = new StringBuilder("| key | what it is | by default | what may stand there |\n|---|---|---|---|\n");
        foreach (ConfigurationKey key in keys)
        {
            _ = table.Append(CultureInfo.InvariantCulture, $"| `{key.Path}` | {key.Description} | {key.Default} | {key.Expected} |\n");
        }

        return table.ToString();
    }
}
