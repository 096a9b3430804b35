using Microsoft.Win32.SafeHandles;

namespace Nex.GuestImages;

/// <summary>Files of the host, opened such that a failure says which file and what to do.</summary>
internal static class HostFiles
{
    internal static SafeFileHandle OpenRead(string path)
    {
        try
        {
            return File.OpenHandle(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, failure);
        }
    }

    internal static GuestImageException Unreadable(string path, Exception failure) => new(
        GuestImageError.Unreadable,
        $"{path} cannot be read: {Reason(failure)} Check the path, and that you may read it.",
        failure);

    /// <summary>Why, without the path, which the message that it becomes part of has already.</summary>
    internal static string Reason(Exception failure) => failure switch
    {
        FileNotFoundException or DirectoryNotFoundException => "it does not exist.",
        UnauthorizedAccessException => "access to it is denied, or it is a directory.",
        _ => failure.Message,
    };
}
