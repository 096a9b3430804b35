namespace Nex.Protocol.Workloads;

/// <summary>A deploy request cannot be carried out as it is. The message lists every fault.</summary>
public sealed class InvalidDeployRequestException : Exception
{
    /// <summary>Makes the exception for the faults of the request of that name.</summary>
    public InvalidDeployRequestException(string? workloadName, IReadOnlyList<ValidationFault> faults)
        : base($"The deploy request for workload '{workloadName}' is invalid: {string.Join("; ", faults)}")
    {
        Faults = faults;
    }

    /// <summary>All faults, in the order of the request's fields.</summary>
    public IReadOnlyList<ValidationFault> Faults { get; }
}
