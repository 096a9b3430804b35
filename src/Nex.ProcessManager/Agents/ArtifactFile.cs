using Microsoft.Win32.SafeHandles;

namespace Nex.ProcessManager.Agents;

/// <summary>The bytes of an artifact, ready to be given to an agent.</summary>
/// <param name="Handle">
/// An open file that nobody can change any more, such as a sealed file in memory: an agent gets this very file, and others may run it too.
/// </param>
/// <param name="Size">In bytes.</param>
/// <param name="Sha256">The SHA-256 of the bytes, 64 lower-case hexadecimal digits.</param>
public sealed record ArtifactFile(SafeFileHandle Handle, long Size, string Sha256);
