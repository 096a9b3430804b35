using Nex.ProcessManager.Configuration;

namespace Nex.ProcessManager.Tests.Conformance;

public sealed class QemuConformanceTests() : MicroVmConformanceTests(Sandbox.Qemu);
