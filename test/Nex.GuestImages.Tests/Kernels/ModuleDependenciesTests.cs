using Nex.GuestImages.Tests.Support;
using Nex.Testing.Files;
using Nex.Testing.Waiting;

namespace Nex.GuestImages.Tests.Kernels;

public sealed class ModuleDependenciesTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Only_the_wanted_modules_and_what_they_need_are_kept()
    {
        GuestKernel kernel = await UnpackAsync(["a"], new()
        {
            ["x/a.ko"] = ["depends=b"],
            ["x/b.ko"] = ["depends="],
            ["x/c.ko"] = ["depends=a"],
        });

        Assert.Equal(["a", "b"], kernel.Modules);
        Assert.Equal(["a.ko", "b.ko", "load-order"], Directory.EnumerateFiles(kernel.ModulesDirectory).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task Each_line_names_all_that_is_needed_in_the_order_to_load_it()
    {
        string[] order = await LoadOrderAsync(["top"], new()
        {
            ["x/top.ko"] = ["depends=left,right"],
            ["x/left.ko"] = ["depends=bottom"],
            ["x/right.ko"] = ["depends=bottom"],
            ["x/bottom.ko"] = [],
        });

        Assert.Equal(["bottom", "left bottom", "right bottom", "top bottom left right"], order);
    }

    [Fact]
    public async Task Names_have_underscores_whatever_the_files_are_called()
    {
        string[] order = await LoadOrderAsync(["virtio-rng"], new()
        {
            ["char/virtio-rng.ko"] = ["depends=virtio-ring"],
            ["virtio/virtio_ring.ko"] = [],
        });

        Assert.Equal(["virtio_ring", "virtio_rng virtio_ring"], order);
    }

    [Fact]
    public async Task What_is_better_loaded_before_is_a_dependency_too_since_a_guest_has_no_modprobe()
    {
        string[] order = await LoadOrderAsync(["fs"], new()
        {
            ["x/fs.ko"] = ["softdep=pre: nothing helper post: later"],
            ["x/helper.ko"] = [],
            ["x/later.ko"] = [],
        });

        Assert.Equal(["fs helper", "helper"], order);
    }

    [Fact]
    public async Task A_wish_for_what_several_offer_gets_the_one_that_runs_on_any_processor()
    {
        string[] order = await LoadOrderAsync(["fs"], new()
        {
            ["x/fs.ko"] = ["softdep=pre: crypto-crc32c"],
            ["x/crc32c-fast.ko"] = ["alias=crypto-crc32c"],
            ["x/crc32c_generic.ko"] = ["alias=crc32c", "alias=crypto-crc32c"],
        });

        Assert.Equal(["crc32c_generic", "fs crc32c_generic"], order);
    }

    [Fact]
    public async Task What_is_built_in_needs_no_module()
    {
        var package = new TestPackage
        {
            BuiltIn = "kernel/x/part-one.ko\n",
            BuiltInFacts = "part_two.alias=crypto-crc32c\0part_two.license=GPL\0",
            Modules = new() { ["x/fs.ko"] = ["depends=part-one", "softdep=pre: crypto-crc32c"], ["x/crc32c_fast.ko"] = ["alias=crypto-crc32c"] },
        };

        GuestKernel kernel = await UnpackPackageAsync(["fs", "part_one"], package);

        Assert.Equal(["fs"], kernel.Modules);
        Assert.Empty(kernel.MissingModules);
        Assert.Equal("fs\n", await File.ReadAllTextAsync(Path.Combine(kernel.ModulesDirectory, "load-order")));
    }

    [Fact]
    public async Task What_the_kernel_does_not_have_at_all_is_told()
    {
        GuestKernel kernel = await UnpackAsync(["a", "vsock_loopback"], new() { ["x/a.ko"] = [] });

        Assert.Equal(["vsock_loopback"], kernel.MissingModules);
        Assert.Equal(["vsock_loopback"], GuestKernel.Open(kernel.Directory).MissingModules);
    }

    [Fact]
    public async Task Wishes_that_go_round_in_a_circle_come_to_an_end()
    {
        string[] order = await LoadOrderAsync(["a"], new() { ["x/a.ko"] = ["softdep=pre: b"], ["x/b.ko"] = ["softdep=pre: a"] });

        Assert.Equal(["a b", "b"], order);
    }

    private async Task<string[]> LoadOrderAsync(string[] wanted, Dictionary<string, string[]> modules)
    {
        GuestKernel kernel = await UnpackAsync(wanted, modules);
        return await File.ReadAllLinesAsync(Path.Combine(kernel.ModulesDirectory, "load-order"));
    }

    private Task<GuestKernel> UnpackAsync(string[] wanted, Dictionary<string, string[]> modules) =>
        UnpackPackageAsync(wanted, new TestPackage { Modules = modules });

    private async Task<GuestKernel> UnpackPackageAsync(string[] wanted, TestPackage package) => await GuestKernel.UnpackAsync(new GuestKernelOptions
    {
        Directory = _directory["kernel"],
        PackageFile = await package.WriteAsync(_directory["package.deb"]),
        Modules = wanted,
    }).Within();
}
