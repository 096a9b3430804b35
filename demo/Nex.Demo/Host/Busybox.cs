namespace Nex.Demo.Host;

/// <summary>The one program that all workloads of the demo are.</summary>
internal static class Busybox
{
    private const string Name = "busybox";

    /// <returns>Its path.</returns>
    /// <exception cref="RequirementException">It is not installed.</exception>
    internal static string Find() =>
        $"{Environment.GetEnvironmentVariable("PATH")}:/bin:/usr/bin"
            .Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(directory => Path.Combine(directory, Name))
            .FirstOrDefault(File.Exists)
        ?? throw new RequirementException(
            "busybox is not installed, which all workloads of the demo are: install it (apt-get install busybox-static).");
}
