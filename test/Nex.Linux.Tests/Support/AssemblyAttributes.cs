using Xunit.Sdk;

// Some tests reap whatever child has ended, as an agent does: another test beside them would lose its own.
[assembly: Xunit.v3.Parallelization(Mode = ParallelMode.None)]
