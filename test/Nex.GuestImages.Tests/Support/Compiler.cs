namespace Nex.GuestImages.Tests.Support;

/// <summary>Compiles small programs and libraries in C.</summary>
internal static class Compiler
{
    internal static async Task<string> CompileAsync(string source, string output, params string[] options)
    {
        HostTools.Require("gcc", "gcc libc6-dev");
        string file = output + ".c";
        await File.WriteAllTextAsync(file, source);
        _ = await HostTools.RunAsync("gcc", ["-O1", "-Wall", "-Wextra", "-Werror", "-o", output, file, .. options]);
        File.Delete(file);
        return output;
    }
}
