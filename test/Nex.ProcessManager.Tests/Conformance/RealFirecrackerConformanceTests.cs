using Nex.ProcessManager.Tests.Launchers.MicroVms.Firecracker;

namespace Nex.ProcessManager.Tests.Conformance;

public sealed class RealFirecrackerConformanceTests() : FirecrackerConformanceTests(FirecrackerUnderTest.Real, jailed: false);
