using Nex.Agent;
using Nex.Agent.Guests;
using Nex.Linux;

// The kernel of a microVM starts its first process without options.
if (Environment.ProcessId == 1 && args is not ["--id", ..])
{
    return GuestProgram.Run();
}

if (AgentOptions.TryParse(args, out AgentOptions? options, out string? fault))
{
    return Run(options);
}

Console.Error.WriteLine(fault);
return ExitCodes.Usage;

static int Run(AgentOptions options)
{
    try
    {
        // As process 1 it takes its whole namespace with it. Anywhere else it must not be killed before it has ended its workload: there the
        // end of the link tells it that the node has ended, and the signal sees to it that it hears of that even when it has been stopped.
        ProcessControl.SignalOnParentDeath(Environment.ProcessId == 1 ? Signals.Kill : Signals.Continue);
        ProcessControl.ForbidTracing();
        ProcessControl.AdoptOrphans();
        using AgentLoop loop = AgentLoop.Create(options);
        loop.Run();
        return ExitCodes.LinkEnded;
    }
    catch (IOException failure)
    {
        Console.Error.WriteLine($"nex-agent {options.AgentId}: {failure.Message}");
        return ExitCodes.Failed;
    }
}
