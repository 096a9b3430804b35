using Nex.Agent.Guests;
using Nex.Agent.Links;
using Nex.Agent.Providers;
using Nex.Agent.Providers.Elf;
using Nex.Agent.Workloads;
using Nex.Linux;
using Nex.Protocol.Agents;
using Nex.Protocol.JsonRpc;

namespace Nex.Agent;

/// <summary>
/// The life of an agent: it says hello, and then waits, on one thread, for its link and its workload. There is no other thread that
/// changes anything, so there is nothing to lock, and a waiting agent costs as little as a .NET program can.
/// </summary>
internal sealed class AgentLoop : IDisposable
{
    private const int MaxPollEntries = 5;

    /// <summary>Set by the project file; asking the assembly for its attributes would cost each agent memory.</summary>
    private static readonly string Version = AppContext.GetData("Nex.Agent.Version") as string ?? "0";

    private readonly AgentLink _link;
    private readonly WorkloadHost _workload;
    private readonly IWorkloadProvider[] _providers;
    private readonly Adoption? _adoption;
    private long _helloId;
    private bool _welcome;

    private AgentLoop(AgentLink link, string workDirectory)
    {
        _link = link;
        _providers = [new ElfProvider(workDirectory, userId: null)];
        _workload = new WorkloadHost(link, _providers, cgroups: null);
    }

    /// <summary>For an agent that has the whole machine.</summary>
    private AgentLoop(AgentLink link)
    {
        _link = link;
        _providers = [new ElfProvider(Guest.WorkDirectory, Guest.WorkloadUserId)];
        _workload = new WorkloadHost(link, _providers, Guest.Cgroups);
        _adoption = new Adoption(link, SayHello);
    }

    /// <summary>Whether the agent is somebody: a guest is nobody until its node has said who it is.</summary>
    internal bool IsAdopted => _adoption?.IsDone != false;

    /// <summary>An agent that was told who it is when it was started.</summary>
    internal static AgentLoop Create(AgentOptions options)
    {
        var loop = new AgentLoop(AgentLink.Inherited(options.LinkDescriptor), options.WorkDirectory);
        loop.SayHello(options.AgentId);
        return loop;
    }

    /// <summary>An agent that has a machine of its own, and waits to be told who it is.</summary>
    internal static AgentLoop CreateGuest(AgentLink link)
    {
        link.Messages.Waiting(Version);
        return new AgentLoop(link);
    }

    /// <summary>Runs until the link ends, and ends the workload with it.</summary>
    /// <exception cref="IOException">The link broke, the node refused this agent, or the host failed it.</exception>
    internal void Run()
    {
        try
        {
            Span<PollEntry> entries = stackalloc PollEntry[MaxPollEntries];
            bool open = true;
            while (open)
            {
                _link.Flush();
                entries[0] = _link.PollEntry;
                int count = 1 + _workload.AddPollEntries(entries[1..]);
                Poller.Wait(entries[..count], _workload.Timeout);
                open = entries[0].Returned == PollEvents.None || entries[0].Returned == PollEvents.Writable || Receive();
                _workload.Advance();
            }
        }
        finally
        {
            _workload.Kill();
        }
    }

    public void Dispose()
    {
        _workload.Dispose();
        _link.Dispose();
    }

    private void SayHello(string agentId) =>
        _helloId = _link.Messages.Hello(agentId, Version, _providers.Select(provider => provider.Type));

    /// <returns>False at the end of the link.</returns>
    private bool Receive()
    {
        bool open = _link.Receive();
        while (_link.TryRead(out JsonRpcMessage message))
        {
            Dispatch(message);
        }

        return open;
    }

    private void Dispatch(in JsonRpcMessage message)
    {
        if (message.Method is null)
        {
            OnAnswer(message);
        }
        else if (message.IsRequest)
        {
            OnRequest(message);
        }
    }

    private void OnRequest(in JsonRpcMessage request)
    {
        switch (request.Method)
        {
            case AgentMethods.Ping:
                _link.Messages.Echo(request.Id, request.Parameters);
                _adoption?.ReadClock();
                break;
            case AgentMethods.Adopt when _adoption is not null:
                _adoption.Begin(request);
                break;
            case AgentMethods.Deploy:
                _workload.Deploy(request);
                break;
            case AgentMethods.Undeploy:
                _workload.Undeploy(request);
                break;
            default:
                _link.Messages.Error(request.Id, JsonRpcError.MethodNotFound, $"An agent has no method '{request.Method}'.");
                break;
        }
    }

    private void OnAnswer(in JsonRpcMessage answer)
    {
        if (_adoption?.TryTake(answer) == true)
        {
            return;
        }

        if (_welcome || !answer.TryGetNumber(out long id) || id != _helloId)
        {
            _workload.OnAnswer(answer);
            return;
        }

        _welcome = answer.Error is not { } refusal
            ? true
            : throw new IOException($"The node refused this agent: {refusal.Message}");
    }
}
