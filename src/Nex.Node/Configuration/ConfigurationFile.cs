using System.Text.Json;
using Nex.Node.Configuration.Keys;

namespace Nex.Node.Configuration;

/// <summary>Reads a file of JSON into a collection of values.</summary>
internal static class ConfigurationFile
{
    private const int MaxBytes = 1024 * 1024;

    internal static readonly JsonDocumentOptions JsonOptions = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, MaxDepth = 16 };

    internal static void Read(string path, ConfigurationValues values)
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MaxBytes })
            {
                values.AddFault(path, "", $"is larger than {MaxBytes} bytes: it is no configuration.");
                return;
            }

            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path), JsonOptions);
            ReadRoot(path, document.RootElement, values);
        }
        catch (JsonException failure)
        {
            values.AddFault(path, "", $"is no JSON: {Where(failure)}");
        }
        catch (InvalidOperationException failure)
        {
            // An escape such as \ud800 stands for half a letter; the parser lets it pass, and whoever reads the text does not.
            values.AddFault(path, "", $"holds text that is no Unicode: {failure.Message}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            values.AddFault(path, "", $"cannot be read: {failure.Message}");
        }
    }

    private static void ReadRoot(string path, JsonElement root, ConfigurationValues values)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            values.AddFault(path, "", $"expected an object, and it is {ConfigurationValues.Show(root)}.");
            return;
        }

        ReadObject(path, "", root, values);
    }

    private static void ReadObject(string file, string prefix, JsonElement json, ConfigurationValues values)
    {
        foreach (JsonProperty member in json.EnumerateObject())
        {
            string path = prefix + member.Name;
            if (member.Value.ValueKind == JsonValueKind.Null)
            {
                // As the original reads it: nothing has been said.
            }
            else if (ConfigurationKeys.Find(path) is { } key)
            {
                values.Set(key, member.Value, file);
            }
            else if (!ConfigurationKeys.IsObject(path))
            {
                values.AddWarning($"{file}: the key {ConfigurationValues.Clip(path)} is unknown and has no effect.");
            }
            else if (member.Value.ValueKind == JsonValueKind.Object)
            {
                ReadObject(file, path + ".", member.Value, values);
            }
            else
            {
                values.AddFault(file, path, $"expected an object, and it is {ConfigurationValues.Show(member.Value)}.");
            }
        }
    }

    private static string Where(JsonException failure)
    {
        // Its message ends with the place, counted from zero.
        string reason = failure.Message.Split(" LineNumber:")[0];
        return failure.LineNumber is { } line ? $"line {line + 1}, column {failure.BytePositionInLine + 1}: {reason}" : reason;
    }
}
