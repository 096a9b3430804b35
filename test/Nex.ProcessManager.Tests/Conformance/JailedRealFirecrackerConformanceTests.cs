using Nex.ProcessManager.Tests.Launchers.MicroVms.Firecracker;

namespace Nex.ProcessManager.Tests.Conformance;

public sealed class JailedRealFirecrackerConformanceTests() : FirecrackerConformanceTests(FirecrackerUnderTest.Real, jailed: true);
