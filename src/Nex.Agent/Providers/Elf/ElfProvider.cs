using Microsoft.Win32.SafeHandles;
using Nex.Agent.Workloads;
using Nex.Protocol.Agents;
using Nex.Protocol.Workloads;

namespace Nex.Agent.Providers.Elf;

/// <summary>Runs native programs, straight from the open artifact: nothing is copied, and no file of it appears in the sandbox.</summary>
internal sealed class ElfProvider(string workDirectory) : IWorkloadProvider
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

        string name = Path.Combine(workDirectory, deploy.Program);
        try
        {
            // Started through a link of its name, so that the process is listed under it and not under a number.
            File.CreateSymbolicLink(name, $"/proc/self/fd/{artifact.DangerousGetHandle()}");
            return WorkloadProcess.Start(name, [deploy.Program, .. deploy.Argv], deploy.Environment, workDirectory);
        }
        catch (IOException failure)
        {
            throw new ProviderException(AgentErrors.StartFailed, $"The program could not be started: {failure.Message}");
        }
        finally
        {
            File.Delete(name);
        }
    }
}
