using Nex.Control.Claims;
using Nex.Node.Control;

namespace Nex.Node.Deploys;

/// <summary>Holds the claims of requests to what a node demands of them, and sees to it that each is used once. Safe from any thread.</summary>
internal sealed class ClaimsChecker
{
    private readonly NodeOptions _options;
    private readonly TimeProvider _time;
    private readonly HashSet<string> _issuers;
    private readonly UsedClaims _used;

    internal ClaimsChecker(NodeOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _issuers = [.. options.ValidIssuers];
        // As long as claims are accepted, they are remembered.
        TimeSpan memory = options.MaxClaimsAge > options.UsedClaimsMemory ? options.MaxClaimsAge.Value : options.UsedClaimsMemory;
        _used = new UsedClaims(options.MaxUsedClaims, memory + TimeSpan.FromMinutes(2), time);
    }

    /// <exception cref="RequestRefusedException">They do not hold.</exception>
    internal WorkloadClaims Verify(string jwt)
    {
        DateTimeOffset now = _time.GetUtcNow();
        WorkloadClaims claims;
        try
        {
            claims = WorkloadClaims.Verify(jwt, now);
        }
        catch (ClaimsException failure)
        {
            throw new RequestRefusedException($"The workload's JWT is not accepted: {failure.Message}.", failure);
        }

        if (_options.MaxClaimsAge is { } most && !(claims.IssuedAt >= now - most))
        {
            throw new RequestRefusedException($"The workload's JWT is not accepted: it was issued more than {most.TotalSeconds:0} s ago, or does not say when. Make a new one.");
        }

        return claims;
    }

    /// <exception cref="RequestRefusedException">Its workloads are not run here.</exception>
    internal void ThrowIfForeign(WorkloadClaims claims)
    {
        if (_issuers.Count > 0 && !_issuers.Contains(claims.Issuer))
        {
            throw new RequestRefusedException($"The issuer {claims.Issuer} is none of those whose workloads this node runs.");
        }
    }

    /// <summary>Uses claims up.</summary>
    /// <exception cref="RequestRefusedException">They have been used.</exception>
    internal void Use(WorkloadClaims claims)
    {
        if (!_used.TryUse(claims.Issuer, claims.Id))
        {
            throw new RequestRefusedException("The workload's JWT has been used before: make a new one for each request.");
        }
    }

    /// <summary>Nothing came of it: they may be used again.</summary>
    internal void Return(WorkloadClaims claims) => _used.Return(claims.Issuer, claims.Id);
}
