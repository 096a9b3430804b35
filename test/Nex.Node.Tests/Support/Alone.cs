namespace Nex.Node.Tests.Support;

/// <summary>Tests that measure the memory of this program, which no other test may use meanwhile.</summary>
[CollectionDefinition(DisableParallelization = true)]
public sealed class Alone;
