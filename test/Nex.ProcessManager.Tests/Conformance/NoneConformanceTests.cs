using Nex.ProcessManager.Configuration;

namespace Nex.ProcessManager.Tests.Conformance;

public sealed class NoneConformanceTests() : ConformanceTests(Sandbox.None);
