using Nex.ProcessManager.Tests.Launchers.MicroVms.Firecracker;

namespace Nex.ProcessManager.Tests.Conformance;

public sealed class JailedStandinFirecrackerConformanceTests() : FirecrackerConformanceTests(FirecrackerUnderTest.Standin, jailed: true);
