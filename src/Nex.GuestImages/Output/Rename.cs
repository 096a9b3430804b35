using System.Runtime.InteropServices;

namespace Nex.GuestImages.Output;

/// <summary>Moves of directories that are one step for everybody who looks. .NET looks first and moves then.</summary>
internal static partial class Rename
{
    private const int CurrentDirectory = -100;
    private const uint Exchange = 2;
    private const int NoEntry = 2, Exists = 17, NotADirectory = 20, Invalid = 22, NotEmpty = 39;

    /// <summary>Moves a directory to where nothing is, or an empty directory.</summary>
    /// <returns>False where something is.</returns>
    internal static bool TryMove(string source, string target) => Call(source, target, flags: 0) switch
    {
        0 => true,
        Exists or NotEmpty or NotADirectory => false,
        int errno => throw Failure(errno),
    };

    /// <summary>Moves each of two to the place of the other.</summary>
    /// <returns>False where one of them is not there any more.</returns>
    internal static bool TryExchange(string source, string target) => Call(source, target, Exchange) switch
    {
        0 => true,
        NoEntry => false,
        Invalid => throw new IOException($"Its file system replaces no directories: remove {target} first."),
        int errno => throw Failure(errno),
    };

    private static IOException Failure(int errno) => new(Marshal.GetPInvokeErrorMessage(errno) + ".");

    private static int Call(string source, string target, uint flags) =>
        RenameAt(CurrentDirectory, source, CurrentDirectory, target, flags) == 0 ? 0 : Marshal.GetLastPInvokeError();

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameAt(int sourceDirectory, string source, int targetDirectory, string target, uint flags);
}
