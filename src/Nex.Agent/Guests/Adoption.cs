using Nex.Agent.Links;
using Nex.Agent.Messages;
using Nex.Linux.Machine;
using Nex.Protocol.Agents;
using Nex.Protocol.JsonRpc;

namespace Nex.Agent.Guests;

/// <summary>
/// Makes a guest somebody: it takes the randomness and the id that the node gives it, then sets its clock, and only then says hello. From
/// then on it keeps its clock right.
/// </summary>
internal sealed class Adoption(AgentLink link, Action<string> sayHello)
{
    private const int MostReadings = 20;
    private static readonly TimeSpan GoodEnough = TimeSpan.FromMilliseconds(5);

    private byte[]? _requestId;
    private string _agentId = "";
    private long _readingId;
    private long _askedAt;
    private int _readings;
    private TimeSpan _error = TimeSpan.MaxValue;

    internal bool IsDone { get; private set; }

    internal void Begin(in JsonRpcMessage request)
    {
        AgentAdopt adopt = AgentMessageReader.Adopt(request.Parameters);
        if (_requestId is not null)
        {
            link.Messages.Error(request.Id, JsonRpcError.InvalidRequest, "This agent has been adopted already.");
            return;
        }

        if (adopt.Entropy.Length < AgentAdopt.LeastEntropy)
        {
            link.Messages.Error(request.Id, JsonRpcError.InvalidRequest, $"At least {AgentAdopt.LeastEntropy} bytes of entropy are needed.");
            return;
        }

        _requestId = request.Id.ToArray();
        _agentId = adopt.AgentId;
        Guest.TakeIdentity(adopt);
        Ask();
    }

    /// <summary>Asks the node for the time, once the guest is somebody.</summary>
    internal void ReadClock()
    {
        if (IsDone)
        {
            Ask();
        }
    }

    /// <returns>Whether it was an answer to a question of this one.</returns>
    internal bool TryTake(in JsonRpcMessage answer)
    {
        if (_readingId == 0 || !answer.TryGetNumber(out long id) || id != _readingId)
        {
            return false;
        }

        TimeSpan taken = TimeProvider.System.GetElapsedTime(_askedAt);
        _readingId = 0;
        if (answer.Error is { } refusal)
        {
            throw new IOException($"The node does not tell the time: {refusal.Message}");
        }

        Set(AgentMessageReader.Clock(answer.Result), taken);
        if (!IsDone)
        {
            GoOn();
        }

        return true;
    }

    private void Ask()
    {
        _askedAt = TimeProvider.System.GetTimestamp();
        _readingId = link.Messages.ReadClock();
    }

    /// <summary>
    /// The answer was given some time between question and answer: half of that is how far off the middle can be. The clock is set only by a
    /// reading that is better than it.
    /// </summary>
    private void Set(DateTimeOffset told, TimeSpan taken)
    {
        TimeSpan error = taken / 2;
        DateTimeOffset now = told + error;
        if (IsDone)
        {
            if ((now - TimeProvider.System.GetUtcNow()).Duration() > error)
            {
                Host.SetClock(now);
            }
        }
        else if (error < _error)
        {
            Host.SetClock(now);
            _error = error;
        }
    }

    private void GoOn()
    {
        if (++_readings < MostReadings && _error > GoodEnough)
        {
            Ask();
            return;
        }

        IsDone = true;
        link.Messages.Adopted(_requestId, _error);
        sayHello(_agentId);
    }
}
