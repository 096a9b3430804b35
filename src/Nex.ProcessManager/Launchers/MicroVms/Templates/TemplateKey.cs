using System.Security.Cryptography;
using System.Text;

namespace Nex.ProcessManager.Launchers.MicroVms.Templates;

/// <summary>Names a template by everything that it was made of: when any of that changes, it is another template.</summary>
internal sealed record TemplateKey
{
    private readonly string _name;

    private TemplateKey(string name) => _name = name;

    /// <param name="parts">Digests of the kernel and the image, the version of the hypervisor and all that it is told.</param>
    internal static TemplateKey Of(params ReadOnlySpan<string> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string part in parts)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(part));
            // What ends one part cannot be taken for the beginning of the next.
            hash.AppendData([0]);
        }

        return new TemplateKey(Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16)));
    }

    /// <summary>Fit for the name of a directory.</summary>
    public override string ToString() => _name;
}
