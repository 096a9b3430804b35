using System.Diagnostics;

namespace Nex.GuestImages.Tests.Support;

/// <summary>Runs programs of the host that look at what was made.</summary>
internal static class HostTools
{
    /// <summary>Skips the test where a program is not installed.</summary>
    internal static void Require(string program, string package)
    {
        if (Find(program) is null)
        {
            Assert.Skip($"{program} is not installed. On Debian: apt-get install {package}");
        }
    }

    /// <summary>Runs a program, which must succeed, and returns what it wrote on standard output.</summary>
    internal static async Task<string> RunAsync(string program, IEnumerable<string> arguments, string? input = null, string? directory = null)
    {
        var start = new ProcessStartInfo(Find(program) ?? program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = directory ?? "/",
            Environment = { ["LC_ALL"] = "C", ["TZ"] = "UTC" },
        };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{program} was not started.");
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            Task<string> errors = process.StandardError.ReadToEndAsync();
            await process.StandardInput.WriteAsync(input).WaitAsync(Limit);
            process.StandardInput.Close();
            await process.WaitForExitAsync().WaitAsync(Limit);
            Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}: {await errors} {await output}");
            return await output;
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    // Long: a booting machine without KVM needs some of it.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private static string? Find(string program)
    {
        string[] directories = [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'), "/usr/sbin", "/sbin"];
        return directories.Select(directory => Path.Combine(directory, program)).FirstOrDefault(File.Exists);
    }
}
