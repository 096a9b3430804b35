using System.Text;

namespace Nex.GuestImages.Contents;

/// <summary>Paths inside an image: absolute, with single slashes, without dots.</summary>
internal static class GuestPath
{
    private const int MaxNameBytes = 255;
    private const int MaxPathBytes = 4095;

    /// <summary>Takes a path that somebody wrote.</summary>
    /// <exception cref="GuestImageException">It is no path that an image can have.</exception>
    internal static string Parse(string path)
    {
        string? problem = FindProblem(path);
        return problem is null
            ? path
            : throw new GuestImageException(
                GuestImageError.InvalidPath,
                $"'{path}' cannot be a path of the image: {problem}. Write it like /usr/bin/program.");
    }

    /// <summary>Puts a name, or a relative path, behind a directory.</summary>
    internal static string Combine(string directory, string name) => directory == "/" ? "/" + name : $"{directory}/{name}";

    /// <summary>The directory that a path is in; null for the root.</summary>
    internal static string? Parent(string path)
    {
        if (path == "/")
        {
            return null;
        }

        int slash = path.LastIndexOf('/');
        return slash == 0 ? "/" : path[..slash];
    }

    /// <summary>Takes `.` and `..` out of an absolute path, as if there were no symbolic links. Nothing is above the root.</summary>
    internal static string Normalize(string path)
    {
        var parts = new List<string>();
        foreach (string part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == "..")
            {
                parts.RemoveRange(Math.Max(0, parts.Count - 1), Math.Min(1, parts.Count));
            }
            else if (part != ".")
            {
                parts.Add(part);
            }
        }

        return "/" + string.Join('/', parts);
    }

    private static string? FindProblem(string path)
    {
        if (!path.StartsWith('/'))
        {
            return "it does not begin with /";
        }

        if (path.Contains('\0', StringComparison.Ordinal) || Encoding.UTF8.GetByteCount(path) > MaxPathBytes)
        {
            return $"it holds a null character, or more than {MaxPathBytes} bytes";
        }

        foreach (string name in path[1..].Split('/'))
        {
            if (name is "" or "." or "..")
            {
                return "it has an empty part, or one that is . or ..";
            }

            if (Encoding.UTF8.GetByteCount(name) > MaxNameBytes)
            {
                return $"one of its names is longer than {MaxNameBytes} bytes";
            }
        }

        return null;
    }
}
