using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Nex.GuestImages;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Tests.Support;
using Nex.Testing.Files;

namespace Nex.ProcessManager.Tests.Conformance;

/// <summary>What machines are started from: shared by all, changed by none, and told of where it is damaged.</summary>
public abstract partial class MicroVmConformanceTests
{
    /// <summary>Those of the flags of an open file that say whether it can be written to.</summary>
    private const int AccessMode = 3;

    [Theory]
    [InlineData(GuestImageFormat.Squashfs)]
    [InlineData(GuestImageFormat.Ext4)]
    public async Task A_root_disk_is_one_file_that_all_machines_only_read(GuestImageFormat format)
    {
        using GuestWith disk = await GuestWith.ImageAsync(format, folder =>
            File.SetUnixFileMode(Directory.CreateDirectory(Path.Combine(folder, "open")).FullName, (UnixFileMode)0b111_111_111));
        string digest = await DigestAsync(disk.Image);
        await using RealManager host = await RealManager.StartAsync(
            Options with { PoolSize = 2, MicroVm = Options.MicroVm with { RootDiskPath = disk.Image } });

        OpenFile[] open = [.. host.Delegate.Started.Reached.SelectMany(id => OpenIn(host.ProcessOf(id).ProcessId, disk.Image))];
        Assert.Equal(2, host.Delegate.Started.Reached.Count);
        Assert.All(open, file => Assert.Equal(0, file.Flags & AccessMode));
        Assert.Single(open.Select(file => file.Inode).Distinct());

        const string look = "cat /open/mine 2>/dev/null; echo looked";
        RealWorkload first = await ShellAsync(host, $"echo mine > /open/mine; sync; {look}");
        _ = await first.Observer.ExitAsync();
        RealWorkload second = await ShellAsync(host, look);
        _ = await second.Observer.ExitAsync();

        Assert.Equal(["mine", "looked"], first.Observer.Texts);
        Assert.Equal(["looked"], second.Observer.Texts);
        Assert.Equal(digest, await DigestAsync(disk.Image));
    }

    [Theory]
    [InlineData(Damage.Cut)]
    [InlineData(Damage.Flipped)]
    public async Task A_root_disk_that_is_damaged_fails_the_start_with_what_the_agent_wrote(Damage damage)
    {
        using var directory = new TempDirectory();
        await DamageAsync(GuestFiles.RootDisk, directory["disk"], damage, keep: 96);

        ProcessManagerException failure = await FailToStartAsync(Options.MicroVm with { RootDiskPath = directory["disk"] });

        Assert.Contains("nex-agent: mount /dev/vda", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Damage.Cut)]
    [InlineData(Damage.Flipped)]
    public async Task An_image_that_is_damaged_fails_the_start(Damage damage)
    {
        using var directory = new TempDirectory();
        await DamageAsync(Options.MicroVm.InitramfsPath, directory["initramfs"], damage, keep: 0);

        ProcessManagerException failure = await FailToStartAsync(Options.MicroVm with { InitramfsPath = directory["initramfs"] });

        Assert.Contains(" It wrote: ", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>What is left of a kernel may hang.</summary>
    [Theory]
    [InlineData(Damage.Cut)]
    [InlineData(Damage.Flipped)]
    public async Task A_kernel_that_is_damaged_fails_the_start(Damage damage)
    {
        using var directory = new TempDirectory();
        // The kernel is told by its head, which is left as it is.
        await DamageAsync(Options.MicroVm.KernelPath, directory["kernel"], damage, keep: 4096);

        var timeout = TimeSpan.FromSeconds(5);
        _ = await FailToStartAsync(Options.MicroVm with { KernelPath = directory["kernel"], BootTimeout = timeout }, startTimeout: timeout);
    }

    [Fact]
    public async Task Limits_of_a_disk_are_warned_of_where_there_is_none()
    {
        var limiter = new RateLimiter { Operations = new TokenBucket { Size = 1000, RefillTime = TimeSpan.FromSeconds(1) } };

        await using RealManager host = await RealManager.StartAsync(Options with { MicroVm = Options.MicroVm with { DiskRateLimiter = limiter } });

        Assert.Single(host.Log.Lines.Reached, line => line.Level == LogLevel.Warning && line.Text.Contains("DiskRateLimiter limits nothing", StringComparison.Ordinal));
    }

    /// <summary>How a process has a file open.</summary>
    /// <summary>What a process has open of a disk, which has a name of its own in a jail.</summary>
    private static OpenFile[] OpenIn(int process, string disk)
    {
        OpenFile[] open =
        [
            .. from descriptor in Directory.GetFiles($"/proc/{process}/fd")
               let target = File.ResolveLinkTarget(descriptor, returnFinalTarget: false)?.FullName
               where target == disk || Path.GetFileName(target) == "disk"
               let info = File.ReadLines($"/proc/{process}/fdinfo/{Path.GetFileName(descriptor)}").Select(line => line.Split(":\t")).ToLookup(line => line[0], line => line[1])
               select new OpenFile(info["ino"].Single(), Convert.ToInt32(info["flags"].Single(), 8)),
        ];
        Assert.NotEmpty(open);
        return open;
    }

    private static async Task DamageAsync(string source, string target, Damage damage, int keep)
    {
        byte[] content = await File.ReadAllBytesAsync(source);
        if (damage == Damage.Cut)
        {
            content = content[..Math.Max(keep, content.Length / 3)];
        }
        else
        {
            // A bit of every byte, but for some of the head.
            for (int index = keep; index < content.Length; index++)
            {
                content[index] ^= 0x10;
            }
        }

        await File.WriteAllBytesAsync(target, content);
    }

    private static async Task<string> DigestAsync(string file) => Convert.ToHexString(SHA256.HashData(await File.ReadAllBytesAsync(file)));

    private sealed record OpenFile(string Inode, int Flags);
}

/// <summary>What has happened to a file.</summary>
public enum Damage
{
    /// <summary>Only its first third is there.</summary>
    Cut,

    /// <summary>Every byte is another.</summary>
    Flipped,
}
