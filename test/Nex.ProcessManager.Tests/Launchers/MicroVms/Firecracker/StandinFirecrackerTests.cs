namespace Nex.ProcessManager.Tests.Launchers.MicroVms.Firecracker;

public sealed class StandinFirecrackerTests() : FirecrackerTests(FirecrackerUnderTest.Standin);
