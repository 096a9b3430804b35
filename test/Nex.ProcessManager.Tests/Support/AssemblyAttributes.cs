using Xunit.Sdk;

// Descriptors of this process, processes of the host and metrics of the whole program are counted: a test beside would be counted too.
[assembly: Xunit.v3.Parallelization(Mode = ParallelMode.None)]
