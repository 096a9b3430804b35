namespace Nex.Protocol.Workloads;

/// <summary>The types of workload, each run by a provider of that name in the agent.</summary>
public static class WorkloadTypes
{
    /// <summary>A native Linux program in an ELF file.</summary>
    public const string Elf = "elf";

    /// <summary>Another name for <see cref="Elf"/>; requests may use either.</summary>
    public const string Native = "native";

    /// <summary>A WebAssembly module that is called on trigger subjects.</summary>
    public const string Wasm = "wasm";

    /// <summary>A JavaScript function that is called on trigger subjects.</summary>
    public const string V8 = "v8";

    /// <summary>A container image.</summary>
    public const string Oci = "oci";

    /// <summary>The one name of a type that has two.</summary>
    /// <returns>The name that providers use, or null when there is no such type.</returns>
    public static string? Canonical(string? type) => type switch
    {
        Elf or Native => Elf,
        Wasm or V8 or Oci => type,
        _ => null,
    };

    /// <summary>Whether workloads of this type are functions, which run when a message arrives on a trigger subject.</summary>
    public static bool IsFunction(string? type) => type is Wasm or V8;
}
