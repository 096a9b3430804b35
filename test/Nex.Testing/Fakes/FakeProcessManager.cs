using Microsoft.Extensions.Logging;
using Nex.ProcessManager;
using Nex.ProcessManager.Configuration;

namespace Nex.Testing.Fakes;

/// <summary>The process manager over a fake launcher.</summary>
internal sealed class FakeProcessManager(ProcessManagerOptions options, FakeLauncher launcher, TimeProvider time, ILogger logger)
    : PooledProcessManager(options, launcher, time, logger);
