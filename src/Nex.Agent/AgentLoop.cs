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
    private readonly long _helloId;
    private bool _welcome;

    private AgentLoop(AgentOptions options, AgentLink link)
    {
        IWorkloadProvider[] providers = [new ElfProvider(options.WorkDirectory)];
        _link = link;
        _workload = new WorkloadHost(link, providers);
        _helloId = link.Messages.Hello(options.AgentId, Version, providers.Select(provider => provider.Type));
    }

    internal static AgentLoop Create(AgentOptions options) => new(options, new AgentLink(options.LinkDescriptor));

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
