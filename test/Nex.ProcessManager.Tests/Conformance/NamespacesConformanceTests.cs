using Nex.ProcessManager.Configuration;

namespace Nex.ProcessManager.Tests.Conformance;

public sealed class NamespacesConformanceTests() : ConformanceTests(Sandbox.Namespaces);
