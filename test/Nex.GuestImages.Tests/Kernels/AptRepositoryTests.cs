using Nex.GuestImages.Kernels;

namespace Nex.GuestImages.Tests.Kernels;

public sealed class AptRepositoryTests
{
    private const string Records = """
        Package: linux-image-cloud-amd64
        Version: 6.1.192-2
        Depends: linux-image-6.1.0-56-cloud-amd64 (= 6.1.192-2), initramfs-tools | linux-initramfs-tool
        Description: Linux for x86-64 cloud
         Version: of a line that goes on

        Package: linux-image-cloud-amd64
        Version: 6.1.1-1
        """;

    [Fact]
    public void The_first_record_counts()
    {
        IReadOnlyDictionary<string, string> record = AptRepository.ParseRecord(Records);

        Assert.Equal("6.1.192-2", record["Version"]);
        Assert.Equal("linux-image-6.1.0-56-cloud-amd64", AptRepository.FindKernel(record));
    }

    [Fact]
    public void A_package_with_the_kernel_itself_leads_no_further()
    {
        IReadOnlyDictionary<string, string> record = AptRepository.ParseRecord("Package: k\nVersion: 1\nDepends: kmod, linux-base (>= 4.3~)\n");

        Assert.Null(AptRepository.FindKernel(record));
    }
}
