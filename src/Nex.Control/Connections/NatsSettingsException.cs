namespace Nex.Control.Connections;

/// <summary>Something that is said of how to reach NATS cannot be used.</summary>
public sealed class NatsSettingsException : Exception
{
    internal NatsSettingsException(IReadOnlyList<string> faults, Exception? inner = null)
        : base(string.Join(' ', faults), inner) => Faults = faults;

    internal NatsSettingsException(string fault, Exception? inner = null)
        : this([fault], inner)
    {
    }

    /// <summary>All that is wrong, each with where it is and what to do. No secret is among it.</summary>
    public IReadOnlyList<string> Faults { get; }
}
