namespace Nex.ProcessManager.Tests.Launchers.MicroVms.Firecracker;

public sealed class RealFirecrackerTests() : FirecrackerTests(FirecrackerUnderTest.Real);
