using Microsoft.Extensions.Logging;
using Nex.ProcessManager;
using Nex.ProcessManager.Configuration;
using Nex.ProcessManager.Launchers;

namespace Nex.Testing.Fakes;

/// <summary>The process manager over a launcher that a test has made.</summary>
internal sealed class FakeProcessManager(ProcessManagerOptions options, ILauncher launcher, TimeProvider time, ILogger logger)
    : PooledProcessManager(options, launcher, time, logger);
