using System.ComponentModel;
using System.Diagnostics;

namespace Nex.Bench.Harness;

/// <summary>The small C programs that are run and compared with, compiled when they are first asked for.</summary>
internal sealed class Programs(Workspace workspace)
{
    private readonly Dictionary<string, string> _compiled = [];

    /// <summary>Compiles <c>programs/NAME.c</c> into a static program.</summary>
    /// <returns>Its path.</returns>
    /// <exception cref="SkippedException">There is no compiler, or it failed.</exception>
    internal async Task<string> GetAsync(string name, params IReadOnlyList<string> options)
    {
        string key = string.Join(' ', [name, .. options]);
        if (!_compiled.TryGetValue(key, out string? program))
        {
            program = workspace.NewPath(name);
            await CompileAsync([.. options, "-O2", "-static", "-o", program, Path.Combine(AppContext.BaseDirectory, "programs", name + ".c")]);
            _compiled.Add(key, program);
        }

        return program;
    }

    private static async Task CompileAsync(IEnumerable<string> arguments)
    {
        try
        {
            using Process compiler = Process.Start(new ProcessStartInfo("gcc", arguments) { RedirectStandardError = true })!;
            string errors = await compiler.StandardError.ReadToEndAsync();
            await compiler.WaitForExitAsync();
            if (compiler.ExitCode != 0)
            {
                throw new SkippedException($"gcc ended with exit code {compiler.ExitCode}: {errors.Trim()}");
            }
        }
        catch (Win32Exception failure)
        {
            throw new SkippedException($"gcc, which compiles the programs for it, cannot be run: {failure.Message}");
        }
    }
}
