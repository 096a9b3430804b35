using Nex.Agent.Links;
using Nex.Linux;
using Nex.Linux.Machine;

namespace Nex.Agent.Guests;

/// <summary>The agent as the first process of a microVM. When it ends, so does the machine.</summary>
internal static class GuestProgram
{
    internal static int Run()
    {
        try
        {
            ProcessControl.ForbidTracing();
            Serve();
            Host.SilenceKernel();
        }
        catch (Exception failure)
        {
            // Whatever it is, this is the last that anybody hears of it, and the machine must not stay.
            Console.Error.WriteLine($"nex-agent: {failure.Message}");
        }

        Host.Restart();
        return ExitCodes.Failed;
    }

    /// <summary>
    /// One link for one agent. A link that ends before the agent is anybody is that of the template which this machine was cloned from: the
    /// clone connects again, to its own node.
    /// </summary>
    private static void Serve()
    {
        var guest = Guest.SetUp();
        bool adopted;
        do
        {
            using AgentLink link = guest.Connect();
            using var loop = AgentLoop.CreateGuest(link);
            adopted = RunUntilEnd(loop) || loop.IsAdopted;
        }
        while (!adopted && guest.CanReconnect);
    }

    /// <returns>False when the link broke, as that of a template does in its clones.</returns>
    private static bool RunUntilEnd(AgentLoop loop)
    {
        try
        {
            loop.Run();
            return loop.IsAdopted;
        }
        catch (LinuxException failure) when (failure.Errno is Errno.ConnectionReset or Errno.BrokenPipe && !loop.IsAdopted)
        {
            return false;
        }
    }
}
