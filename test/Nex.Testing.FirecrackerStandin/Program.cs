using System.Net.Sockets;
using System.Runtime.InteropServices;
using Nex.Testing.FirecrackerStandin.Api;
using Nex.Testing.FirecrackerStandin.CommandLine;
using Nex.Testing.FirecrackerStandin.Configuration;
using Nex.Testing.FirecrackerStandin.Http;
using Nex.Testing.FirecrackerStandin.Machine;
using Nex.Testing.FirecrackerStandin.Reporting;
using Nex.Testing.FirecrackerStandin.Snapshots;

namespace Nex.Testing.FirecrackerStandin;

/// <summary>A Firecracker for machines without KVM. What differs from the real one stands in README.md beside this file.</summary>
internal static class Program
{
    /// <summary>SIGXCPU and SIGXFSZ, which .NET has no names for.</summary>
    private const int ProcessorTimeSignal = 24, FileSizeSignal = 25;

    private static async Task<int> Main(string[] arguments)
    {
        try
        {
            var parser = new ArgumentParser(arguments);
            return (int)(Print(parser) ?? await RunAsync(parser.ToOptions()).ConfigureAwait(false));
        }
        catch (InvalidArgumentsException failure)
        {
            await Console.Error.WriteLineAsync($"Arguments parsing error: {failure.Message}\n\nFor more information try --help.").ConfigureAwait(false);
            return (int)failure.ExitCode;
        }
    }

    /// <summary>Does what is done instead of running, where something of that kind is asked for.</summary>
    private static ExitCode? Print(ArgumentParser parser)
    {
        if (parser.Has("--help"))
        {
            Console.WriteLine("firecracker-standin: takes the arguments of Firecracker. It has an API, and boots guests with QEMU.");
        }
        else if (parser.Has("--version"))
        {
            Console.WriteLine($"Firecracker v{Instance.Version}");
        }
        else if (parser.Has("--snapshot-version"))
        {
            Console.WriteLine(SnapshotFile.Version);
        }
        else if (parser.Value("--describe-snapshot") is { } path)
        {
            return DescribeSnapshot(path);
        }
        else
        {
            return null;
        }

        return ExitCode.Ok;
    }

    private static ExitCode DescribeSnapshot(string path)
    {
        try
        {
            using SnapshotFile snapshot = SnapshotFile.Open(path);
            Console.WriteLine(SnapshotFile.Version);
            return ExitCode.Ok;
        }
        catch (Exception failure) when (failure is InvalidDataException || HostError.IsOfFile(failure))
        {
            Console.Error.WriteLine($"Failed to get snapshot state from file {path}: {failure.Message}");
            return ExitCode.Generic;
        }
    }

    private static async Task<ExitCode> RunAsync(StandinOptions options)
    {
        var ending = new TaskCompletionSource<ExitCode>(TaskCreationOptions.RunContinuationsAsynchronously);
        using PosixSignalRegistration hangUp = EndOn((int)PosixSignal.SIGHUP, ExitCode.HangUp);
        using PosixSignalRegistration processorTime = EndOn(ProcessorTimeSignal, ExitCode.ProcessorTime);
        using PosixSignalRegistration fileSize = EndOn(FileSizeSignal, ExitCode.FileTooLarge);
        var log = new StandinLog(options.Id);
        try
        {
            var vm = new Microvm(new VmConfiguration());
            var metrics = new StandinMetrics(options.Id);
            Configure(options, vm.Configuration, log, metrics);
            log.Info($"Running Firecracker v{Instance.Version}");
            var instance = new Instance { Id = options.Id, Vm = vm, Mmds = new MmdsStore(options.MmdsSizeLimit), Log = log, Metrics = metrics };
            var api = new ApiServer(instance, () => ending.TrySetResult(ExitCode.Generic));
            new HttpServer(options.MaxPayloadSize, api.HandleAsync).Start(options.ApiSocket);
            log.Info($"Listening on API socket (\"{options.ApiSocket}\").");

            ExitCode code = await Task.WhenAny(vm.Ended, ending.Task).ConfigureAwait(false) == ending.Task ? await ending.Task.ConfigureAwait(false)
                : await vm.Ended.ConfigureAwait(false) == GuestEnd.Reset ? ExitCode.Ok
                : ExitCode.Generic;
            await vm.KillAsync().ConfigureAwait(false);
            log.Info(code == ExitCode.Ok ? "Firecracker exiting successfully. exit_code=0" : $"Firecracker exiting with error. exit_code={(int)code}");
            return code;
        }
        catch (SocketException)
        {
            string reason = $"Failed to open the API socket at: {options.ApiSocket}. Check that it is not already used.";
            await Console.Error.WriteLineAsync($"Error: RunWithApi: {reason}").ConfigureAwait(false);
            log.Error($"RunWithApiError error: {reason}");
            return ExitCode.Generic;
        }
        catch (ApiFaultException failure)
        {
            await Console.Error.WriteLineAsync($"Error: {failure.Message}").ConfigureAwait(false);
            return ExitCode.Generic;
        }

        PosixSignalRegistration EndOn(int signal, ExitCode code) => PosixSignalRegistration.Create((PosixSignal)signal, context =>
        {
            context.Cancel = true;
            _ = ending.TrySetResult(code);
        });
    }

    private static void Configure(StandinOptions options, VmConfiguration configuration, StandinLog log, StandinMetrics metrics)
    {
        LogLevel? level = options.Level is { } name
            ? LogLevelConverter.TryParse(name) ?? throw new InvalidArgumentsException($"Invalid log level: {name}", ExitCode.Configuration)
            : null;
        if (options.LogPath is not null || level is not null || options.ShowLevel)
        {
            configuration.Logger = new LoggerConfiguration { LogPath = options.LogPath, Level = level, ShowLevel = options.ShowLevel };
            log.Configure(configuration.Logger);
        }

        if (options.MetricsPath is { } path)
        {
            configuration.Metrics = new MetricsConfiguration { MetricsPath = path };
            metrics.Configure(configuration.Metrics);
        }
    }
}
