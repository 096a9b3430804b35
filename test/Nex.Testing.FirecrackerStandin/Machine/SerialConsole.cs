using System.Net.Sockets;
using Nex.Testing.FirecrackerStandin.Configuration;

namespace Nex.Testing.FirecrackerStandin.Machine;

/// <summary>Writes what the guest writes to its serial console: to standard output, or where the configuration says.</summary>
internal sealed class SerialConsole(Stream target, TokenBucket? limit)
{
    private readonly TimeProvider _time = TimeProvider.System;

    /// <summary>The console of a machine as it was configured; null leaves it on standard output.</summary>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    internal static SerialConsole Open(SerialDevice? device)
    {
        // A named pipe is opened at once when it is opened for both.
        Stream target = device?.SerialOutPath is { } path
            ? new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0)
            : Console.OpenStandardOutput();
        return new SerialConsole(target, device?.RateLimiter is { Size: > 0, RefillTime: > 0 } bucket ? bucket : null);
    }

    /// <summary>Copies until the machine ends. What is above the limit is dropped.</summary>
    internal async Task CopyAsync(Socket console)
    {
        byte[] buffer = new byte[4096];
        try
        {
            double tokens = (limit?.Size ?? 0) + (double)(limit?.OneTimeBurst ?? 0);
            long last = _time.GetTimestamp();
            int count;
            while ((count = await console.ReceiveAsync(buffer, SocketFlags.None).ConfigureAwait(false)) > 0)
            {
                if (limit is not null)
                {
                    tokens = Math.Max(tokens, Math.Min(limit.Size, tokens + (_time.GetElapsedTime(last).TotalSeconds * limit.PerSecond())));
                    last = _time.GetTimestamp();
                    count = (int)Math.Min(count, tokens);
                    tokens -= count;
                }

                await target.WriteAsync(buffer.AsMemory(0, count)).ConfigureAwait(false);
            }
        }
        catch (Exception failure) when (failure is IOException or SocketException)
        {
            // Nobody reads the console any more. The guest goes on, as it does there.
            await DrainAsync(console, buffer).ConfigureAwait(false);
        }
    }

    private static async Task DrainAsync(Socket console, byte[] buffer)
    {
        try
        {
            while (await console.ReceiveAsync(buffer, SocketFlags.None).ConfigureAwait(false) > 0)
            {
            }
        }
        catch (SocketException)
        {
            // The machine has ended.
        }
    }
}
