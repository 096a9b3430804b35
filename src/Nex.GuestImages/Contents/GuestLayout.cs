namespace Nex.GuestImages.Contents;

/// <summary>Where an agent in the guest finds what is made for it.</summary>
internal static class GuestLayout
{
    /// <summary>The first process.</summary>
    internal const string Init = "/init";

    /// <summary>The kernel modules, and the order to load them in.</summary>
    internal const string Modules = "/lib/nex/modules";

    /// <summary>Where the agent mounts something: what an image has in there, nobody in the guest sees.</summary>
    internal static readonly IReadOnlyList<string> Mounts = ["/dev", "/proc", "/run", "/sys", "/tmp", "/work"];
}
