namespace Nex.Node.Configuration.Keys;

/// <summary>Keys of the original system that have no effect here. They are read, so that its files load, and named in a warning.</summary>
internal static class OriginalKeys
{
    internal static readonly KeyList List = Create();

    private static KeyList Create()
    {
        const string noNetwork = "microVMs have no network yet";
        const string noInternalNode = "agents are reached over a link of their own, not over a network";
        var list = new KeyList();
        list.NotHonoured("cni.network_name", ValueFormats.Text, noNetwork);
        list.NotHonoured("cni.interface_name", ValueFormats.Text, noNetwork);
        list.NotHonoured("cni.subnet", ValueFormats.Text, noNetwork);
        list.NotHonoured("cni.bin_path", ValueFormats.List("paths", path => path.Length > 0), noNetwork);
        list.NotHonoured("preserve_network", ValueFormats.Flag, noNetwork);
        list.NotHonoured("internal_node_host", ValueFormats.Text, noInternalNode);
        list.NotHonoured("internal_node_port", ValueFormats.Integer(0, 65535), noInternalNode);
        list.NotHonoured("bin_path", ValueFormats.List("paths", path => path.Length > 0), "programs are looked up in PATH, or named each by a key of its own");
        return list;
    }
}
