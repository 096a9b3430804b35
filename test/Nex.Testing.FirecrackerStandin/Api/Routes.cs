using System.Globalization;
using Nex.Testing.FirecrackerStandin.Configuration;

namespace Nex.Testing.FirecrackerStandin.Api;

/// <summary>All requests of the API, by method and path, with <c>*</c> for an id.</summary>
internal static class Routes
{
    private static readonly Dictionary<string, Route> All = new(StringComparer.Ordinal)
    {
        ["GET /"] = Route.Get(ApiJson.Default.InstanceInformation, instance => instance.Describe()),
        ["GET /version"] = Route.Get(
            ApiJson.Default.VersionInformation, _ => new VersionInformation { FirecrackerVersion = Instance.Version }),
        ["GET /vm/config"] = Route.Get(ApiJson.Default.FullConfiguration, instance => instance.Vm.Configuration.ToFull()),
        ["GET /machine-config"] = Route.Get(ApiJson.Default.MachineConfiguration, instance => instance.Vm.Configuration.Machine),
        ["GET /mmds"] = Route.Get(ApiJson.Default.JsonNode, instance => instance.Mmds.Content),
        ["GET /balloon"] = Route.Get(
            ApiJson.Default.Balloon, instance => instance.Vm.Configuration.Balloon ?? throw Faults.NoBalloon()),
        ["GET /balloon/statistics"] = Route.Get(
            Phase.AfterBoot, ApiJson.Default.BalloonStatistics, instance => instance.Vm.BalloonStatisticsAsync()),

        ["PUT /machine-config"] = Route.Configures(
            ApiJson.Default.MachineConfiguration, (instance, machine) => instance.Vm.Configuration.SetMachine(machine)),
        ["PATCH /machine-config"] = Route.Configures(ApiJson.Default.MachineConfigurationUpdate, UpdateMachine, CheckNotEmpty),
        ["PUT /boot-source"] = Route.Configures(ApiJson.Default.BootSource, (instance, source) => instance.Vm.Configuration.SetBoot(source)),
        ["PUT /drives/*"] = Route.Configures(
            ApiJson.Default.Drive,
            (instance, drive) => instance.Vm.Configuration.Drives.Put(drive),
            (drive, id) => CheckId(id, drive.DriveId)),
        ["PUT /network-interfaces/*"] = Route.Configures(
            ApiJson.Default.NetworkInterface, (instance, network) => instance.Vm.Configuration.SetInterface(network), CheckInterface),
        ["PUT /vsock"] = Route.Configures(ApiJson.Default.VsockDevice, (instance, device) => instance.Vm.Configuration.SetVsock(device)),
        ["PUT /entropy"] = Route.Configures(ApiJson.Default.EntropyDevice, (instance, device) => instance.Vm.Configuration.SetEntropy(device)),
        ["PUT /balloon"] = Route.Configures(ApiJson.Default.Balloon, (instance, balloon) => instance.Vm.Configuration.SetBalloon(balloon)),
        ["PUT /mmds/config"] = Route.Configures(ApiJson.Default.MmdsConfiguration, (instance, mmds) => instance.Vm.Configuration.SetMmds(mmds)),

        // These alone may come before a snapshot is loaded.
        ["PUT /logger"] = Route.Of(Phase.BeforeBoot, ApiJson.Default.LoggerConfiguration, SetLoggerAsync),
        ["PUT /metrics"] = Route.Of(Phase.BeforeBoot, ApiJson.Default.MetricsConfiguration, SetMetricsAsync),
        ["PUT /serial"] = Route.Of(Phase.BeforeBoot, ApiJson.Default.SerialDevice, Do<SerialDevice>(
            (instance, serial) => instance.Vm.Configuration.Serial = serial)),
        ["PUT /cpu-config"] = Route.Of(Phase.BeforeBoot, ApiJson.Default.CpuConfiguration, Do<CpuConfiguration>(
            (instance, cpu) => instance.Vm.Configuration.SetCpu(cpu))),
        ["PUT /mmds"] = Route.Of(Phase.Any, ApiJson.Default.JsonNode, Do<System.Text.Json.Nodes.JsonNode>(
            (instance, content) => instance.Mmds.Put(content))),
        ["PATCH /mmds"] = Route.Of(Phase.Any, ApiJson.Default.JsonNode, Do<System.Text.Json.Nodes.JsonNode>(
            (instance, change) => instance.Mmds.Patch(change))),

        ["PUT /actions"] = new(ReadAction),
        ["PATCH /vm"] = Route.Of(
            Phase.AfterBoot,
            ApiJson.Default.VmStateRequest,
            (instance, request) => request.State == VmState.Paused ? instance.Vm.PauseAsync() : instance.Vm.ResumeAsync()),
        ["PUT /snapshot/create"] = Route.Of(
            Phase.AfterBoot, ApiJson.Default.SnapshotCreateRequest, (instance, request) => instance.Vm.CreateSnapshotAsync(request)),
        ["PUT /snapshot/load"] = Route.Of(
            Phase.BeforeBoot,
            ApiJson.Default.SnapshotLoadRequest,
            (instance, request) => instance.Vm.LoadSnapshotAsync(request),
            (request, _) => CheckMemory(request)),
        ["PATCH /drives/*"] = Route.Of(
            Phase.AfterBoot,
            ApiJson.Default.DriveUpdate,
            (instance, update) => instance.Vm.UpdateDriveAsync(update),
            (update, id) => CheckId(id, update.DriveId)),
        ["PATCH /network-interfaces/*"] = Route.Of(
            Phase.AfterBoot,
            ApiJson.Default.NetworkInterfaceUpdate,
            Do<NetworkInterfaceUpdate>((instance, update) => instance.Vm.Configuration.UpdateInterface(update)),
            (update, id) => CheckId(id, update.IfaceId)),
        ["PATCH /balloon"] = Route.Of(
            Phase.AfterBoot, ApiJson.Default.BalloonUpdate, (instance, update) => instance.Vm.UpdateBalloonAsync(update)),
        ["PATCH /balloon/statistics"] = Route.Of(Phase.AfterBoot, ApiJson.Default.BalloonStatisticsUpdate, Do<BalloonStatisticsUpdate>(
            (instance, update) => instance.Vm.Configuration.UpdateBalloonStatistics(update.StatsPollingIntervalS))),
        ["PATCH /balloon/hinting/start"] = new((body, id) =>
        {
            if (body is not null)
            {
                _ = ApiJson.Parse(body, ApiJson.Default.BalloonHintingStart);
            }

            return Act(Phase.AfterBoot, instance => instance.Vm.Configuration.StartHinting());
        }),
        ["PATCH /balloon/hinting/stop"] = new((_, _) => Act(Phase.AfterBoot, instance => instance.Vm.Configuration.StopHinting())),
        ["GET /balloon/hinting/status"] = Route.Get(
            Phase.AfterBoot, ApiJson.Default.BalloonHintingStatus, instance => Task.FromResult(instance.Vm.Configuration.DescribeHinting())),

        ["PUT /pmem/*"] = Unsupported("pmem devices"),
        ["PATCH /pmem/*"] = Unsupported("pmem devices"),
        ["PUT /hotplug/memory"] = Unsupported("memory that can be plugged"),
        ["PATCH /hotplug/memory"] = Unsupported("memory that can be plugged"),
        ["GET /hotplug/memory"] = Unsupported("memory that can be plugged"),
    };

    /// <summary>What a request asks for.</summary>
    /// <exception cref="ApiFaultException">It is no request of the API.</exception>
    internal static Operation Find(string method, string path, byte[]? body)
    {
        string[] words = path.TrimStart('/').Split('/');
        words = words is [.., ""] ? words[..^1] : words;
        // There alone may something be asked for without a body.
        if (body is null && method != "GET" && words is not ["balloon", "hinting", ..])
        {
            throw Faults.EmptyBody(method);
        }

        if (body is not null && method == "GET")
        {
            throw Faults.GetWithBody();
        }

        if (All.TryGetValue($"{method} /{string.Join('/', words)}", out Route? route))
        {
            return route.Read(body, null);
        }

        if (words is ["drives" or "network-interfaces" or "pmem", ..] && All.TryGetValue($"{method} /{words[0]}/*", out route))
        {
            return route.Read(body, CheckedId(words.ElementAtOrDefault(1)));
        }

        throw words is ["snapshot"] && method == "PUT" ? Faults.NoSnapshotOperation() : Faults.UnknownRequest(method, string.Join('/', words));
    }

    private static string CheckedId(string? id)
    {
        if (string.IsNullOrEmpty(id))
        {
            throw Faults.EmptyId();
        }

        return id.All(character => character == '_' || char.IsLetterOrDigit(character)) ? id : throw Faults.InvalidId();
    }

    private static void CheckId(string? path, string body)
    {
        if (path != body)
        {
            throw Faults.OtherId(path ?? "", body);
        }
    }

    private static void CheckInterface(NetworkInterface network, string? id)
    {
        CheckId(id, network.IfaceId);
        if (network.GuestMac is { } mac
            && (mac.Split(':') is not { Length: 6 } parts
                || !parts.All(part => part.Length == 2 && byte.TryParse(part, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _))))
        {
            throw Faults.Json($"invalid value: string \"{mac}\", expected a MAC address");
        }
    }

    private static void CheckNotEmpty(MachineConfigurationUpdate update, string? _)
    {
        if (update.IsEmpty())
        {
            throw Faults.EmptyBody("PATCH");
        }
    }

    private static void CheckMemory(SnapshotLoadRequest request)
    {
        if ((request.MemBackend is null) == (request.MemFilePath is null))
        {
            throw Faults.Json(request.MemBackend is null ? Faults.MissingMemory : Faults.TwoMemories);
        }
    }

    private static void UpdateMachine(Instance instance, MachineConfigurationUpdate update) =>
        instance.Vm.Configuration.SetMachine(update.ApplyTo(instance.Vm.Configuration.Machine));

    private static Task SetLoggerAsync(Instance instance, LoggerConfiguration logger)
    {
        instance.Log.Configure(logger);
        instance.Vm.Configuration.Logger = logger;
        return Task.CompletedTask;
    }

    private static Task SetMetricsAsync(Instance instance, MetricsConfiguration metrics)
    {
        instance.Metrics.Configure(metrics);
        instance.Vm.Configuration.Metrics = metrics;
        return Task.CompletedTask;
    }

    /// <summary>Which phase an action belongs to is not a matter of its path.</summary>
    private static Operation ReadAction(byte[]? body, string? id) => ApiJson.Parse(body, ApiJson.Default.ActionRequest).ActionType switch
    {
        InstanceAction.InstanceStart => Act(Phase.BeforeBoot, instance => instance.Vm.StartAsync()),
        InstanceAction.FlushMetrics => Act(Phase.AfterBoot, instance => instance.Metrics.Flush()),
        // This machine has no keyboard, as a guest without a driver for one: nothing happens.
        InstanceAction.SendCtrlAltDel => Act(Phase.AfterBoot, _ => { }),
        _ => throw Faults.Json("unknown variant"),
    };

    private static Operation Act(Phase phase, Func<Instance, Task> runAsync) => new(phase, async instance =>
    {
        await runAsync(instance).ConfigureAwait(false);
        return null;
    });

    private static Operation Act(Phase phase, Action<Instance> run) => Act(phase, instance =>
    {
        run(instance);
        return Task.CompletedTask;
    });

    private static Func<Instance, T, Task> Do<T>(Action<Instance, T> run) => (instance, request) =>
    {
        run(instance, request);
        return Task.CompletedTask;
    };

    private static Route Unsupported(string what) => new((_, _) => throw Faults.NotSupported($"firecracker-standin has no {what}."));
}
