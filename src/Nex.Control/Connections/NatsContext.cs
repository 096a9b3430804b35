using System.Text.Json;

namespace Nex.Control.Connections;

/// <summary>
/// A context of the <c>nats</c> tool: a named file in <c>$XDG_CONFIG_HOME/nats/context</c>, or <c>~/.config/nats/context</c>, with
/// all that is needed to connect. Only read, never written.
/// </summary>
public sealed class NatsContext
{
    private NatsContext(string file, NatsSettings settings)
    {
        File = file;
        Settings = settings;
    }

    /// <summary>Where it was read from.</summary>
    public string File { get; }

    /// <summary>What it says.</summary>
    public NatsSettings Settings { get; }

    private static string Directory =>
        Path.Join(
            Environment.GetEnvironmentVariable("XDG_CONFIG_HOME") is { Length: > 0 } configured ? configured : SecretFiles.Expand("~/.config"),
            "nats");

    /// <summary>Reads a context.</summary>
    /// <param name="name">Its name, or the path of a file, which has a slash in it.</param>
    /// <exception cref="NatsSettingsException">There is none of that name, or it cannot be used.</exception>
    public static NatsContext Load(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        string file = name.Contains('/', StringComparison.Ordinal) ? SecretFiles.Expand(name) : FileOf(name);
        return System.IO.File.Exists(file)
            ? new NatsContext(file, Parse(file, name))
            : throw new NatsSettingsException($"There is no NATS context '{name}': {file} does not exist. {Known()}");
    }

    /// <summary>Reads the context that <c>nats context select</c> has chosen.</summary>
    /// <returns>Null where none is chosen.</returns>
    /// <exception cref="NatsSettingsException">It cannot be used.</exception>
    public static NatsContext? LoadSelected()
    {
        string file = Path.Join(Directory, "context.txt");
        if (!System.IO.File.Exists(file))
        {
            return null;
        }

        string name = SecretFiles.Read(file, "context").Trim();
        return name.Length == 0 ? null : Load(name);
    }

    private static string FileOf(string name) => Path.Join(Directory, "context", name + ".json");

    private static string Known()
    {
        string folder = Path.Join(Directory, "context");
        string[] names = System.IO.Directory.Exists(folder)
            ? [.. System.IO.Directory.EnumerateFiles(folder, "*.json").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)]
            : [];
        return names.Length > 0 ? $"There are: {string.Join(", ", names)}." : "Make it with `nats context add`, or name a server.";
    }

    private static NatsSettings Parse(string file, string name)
    {
        ContextFile content;
        try
        {
            content = JsonSerializer.Deserialize(SecretFiles.Read(file, "context"), ConnectionsJsonContext.Default.ContextFile)
                ?? throw new JsonException("it is null");
        }
        catch (JsonException failure)
        {
            // Not the parser's own words, which may quote what is there.
            throw new NatsSettingsException(
                $"The NATS context {file} cannot be read: it is no JSON of a context, at line {failure.LineNumber + 1}, {failure.Path}. Mend it with `nats context edit`.", failure);
        }

        return content.FindUnsupported() is { } fault
            ? throw new NatsSettingsException($"The NATS context {file} {fault}")
            : content.ToSettings(name);
    }
}
