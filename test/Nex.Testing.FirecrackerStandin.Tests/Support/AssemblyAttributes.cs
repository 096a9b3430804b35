using Xunit.Sdk;

// A guest under emulation takes a whole processor: several at once would only wait for each other.
[assembly: Xunit.v3.Parallelization(Mode = ParallelMode.None)]
