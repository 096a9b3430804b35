using Microsoft.Win32.SafeHandles;
using Nex.Agent.Workloads;
using Nex.Linux;
using Nex.Linux.Machine;
using Nex.Protocol.Agents;
using Nex.Protocol.Workloads;

namespace Nex.Agent.Providers.Elf;

/// <summary>Runs native programs, straight from the open artifact: nothing is copied, and no file of it appears in the sandbox.</summary>
/// <param name="workDirectory">Where programs start.</param>
/// <param name="userId">The user that they run as; null for that of the agent.</param>
internal sealed class ElfProvider(string workDirectory, uint? userId) : IWorkloadProvider
{
    public string Type => WorkloadTypes.Elf;

    public WorkloadProcess Start(AgentDeploy deploy, SafeFileHandle artifact)
    {
        ElfImage image = ElfImage.Read(artifact);
        if (image.Interpreter is { } interpreter && !File.Exists(interpreter))
        {
            throw new ProviderException(
                AgentErrors.InvalidArtifact,
                $"The program needs the interpreter {interpreter}, which does not exist in this sandbox: link the program statically, or for the C library that the sandbox has.");
        }

        try
        {
            return StartShared(deploy, artifact);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ProviderException(AgentErrors.StartFailed, $"The program could not be started: {failure.Message}");
        }
    }

    private WorkloadProcess StartShared(AgentDeploy deploy, SafeFileHandle artifact)
    {
        try
        {
            return StartOnce(deploy, artifact);
        }
        catch (LinuxException failure) when (failure.Errno is Errno.TextFileBusy or Errno.AccessDenied)
        {
            // Another workload of the same artifact has opened the file it was started from for writing, or made it one that nobody may execute,
            // where the kernel cannot seal that. It cannot write, but the kernel executes no such file: it must not be able to keep others from
            // starting.
            using SafeFileHandle copy = Copy(artifact);
            return StartOnce(deploy, copy);
        }
    }

    private WorkloadProcess StartOnce(AgentDeploy deploy, SafeFileHandle artifact)
    {
        // Started through a link of its name, so that the process is listed under it and not under a number.
        string name = Path.Combine(workDirectory, deploy.Program);
        File.CreateSymbolicLink(name, $"/proc/self/fd/{artifact.DangerousGetHandle()}");
        try
        {
            using ThreadCredentials user = userId is { } other ? ThreadCredentials.Assume(other) : default;
            return WorkloadProcess.Start(name, [deploy.Program, .. deploy.Argv], deploy.Environment, workDirectory);
        }
        finally
        {
            File.Delete(name);
        }
    }

    private static SafeFileHandle Copy(SafeFileHandle artifact)
    {
        SafeFileHandle copy = MemoryFile.Create("artifact");
        byte[] buffer = new byte[128 * 1024];
        int count;
        for (long offset = 0; (count = RandomAccess.Read(artifact, buffer, offset)) > 0; offset += count)
        {
            RandomAccess.Write(copy, buffer.AsSpan(0, count), offset);
        }

        MemoryFile.Seal(copy);
        return copy;
    }
}
