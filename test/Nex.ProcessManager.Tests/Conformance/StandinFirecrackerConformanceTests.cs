using Nex.ProcessManager.Tests.Launchers.MicroVms.Firecracker;

namespace Nex.ProcessManager.Tests.Conformance;

public sealed class StandinFirecrackerConformanceTests() : FirecrackerConformanceTests(FirecrackerUnderTest.Standin, jailed: false);
