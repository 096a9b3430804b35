using Nex.Protocol.Workloads;

namespace Nex.Protocol.Tests.Workloads;

public sealed class WorkloadTypesTests
{
    [Theory]
    [InlineData("elf", "elf", false)]
    [InlineData("native", "elf", false)]
    [InlineData("wasm", "wasm", true)]
    [InlineData("v8", "v8", true)]
    [InlineData("oci", "oci", false)]
    [InlineData("jar", null, false)]
    [InlineData("Elf", null, false)]
    [InlineData("", null, false)]
    [InlineData(null, null, false)]
    public void Each_type_has_one_name(string? type, string? canonical, bool function)
    {
        Assert.Equal(canonical, WorkloadTypes.Canonical(type));
        Assert.Equal(function, WorkloadTypes.IsFunction(type));
    }
}
