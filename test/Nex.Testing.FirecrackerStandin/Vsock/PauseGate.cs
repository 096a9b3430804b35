namespace Nex.Testing.FirecrackerStandin.Vsock;

/// <summary>Holds what passes while the machine is paused, as Firecracker's devices stand still then.</summary>
internal sealed class PauseGate
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _closed;

    internal void Close()
    {
        lock (_lock)
        {
            _closed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    internal void Open()
    {
        lock (_lock)
        {
            _closed?.SetResult();
            _closed = null;
        }
    }

    internal Task PassAsync()
    {
        lock (_lock)
        {
            return _closed?.Task ?? Task.CompletedTask;
        }
    }
}
