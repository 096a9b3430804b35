namespace Nex.Testing.FirecrackerStandin.Api;

/// <summary>
/// What a refused request is told: all texts that a caller can meet, in one place. They are Firecracker's where they are known, and
/// otherwise say the same in other words; nobody should take a decision on any but those of <see cref="AfterBoot"/> and
/// <see cref="BeforeBoot"/>.
/// </summary>
internal static class Faults
{
    internal const string InvalidVcpuCount =
        "The number of vCPUs must be greater than 0, less than 32 and must be 1 or an even number if SMT is enabled.";

    internal const string InvalidMemorySize = "The memory size (MiB) is either 0, or not a multiple of the configured page size.";

    internal const string BalloonLargerThanMemory =
        "The memory size (MiB) is smaller than the previously set balloon device target size.";

    internal const string KernelFile = "The kernel file cannot be opened: ";

    internal const string InitrdFile = "The initrd file cannot be opened due to invalid path or invalid permissions. ";

    internal const string MissingMemory = "missing field: either `mem_backend` or `mem_file_path` is required";

    internal const string TwoMemories = "too many fields: either `mem_backend` or `mem_file_path` exclusively is required";

    /// <summary>The server holds as many connections as it can.</summary>
    internal const string TooManyConnections = "{ \"error\": \"Too many open connections\" }";

    internal static ApiFaultException AfterBoot() => new("The requested operation is not supported after starting the microVM.");

    internal static ApiFaultException BeforeBoot() => new("The requested operation is not supported before starting the microVM.");

    // Of a request as such.

    /// <summary>
    /// A request that is no HTTP that this server understands. The newline stands in the string as it is, as Firecracker sends it: a
    /// client must not take every body of an error for JSON.
    /// </summary>
    internal static string Http(string reason) => $"{{ \"error\": \"{reason}\nAll previous unanswered requests will be dropped.\" }}";

    internal static string PayloadTooLarge(long size, int limit) =>
        $"Request payload with size {size} is larger than the limit of {limit} allowed by server.";

    internal static ApiFaultException UnknownRequest(string method, string path) =>
        new($"Invalid request method and/or path: {method} {path}.");

    internal static ApiFaultException GetWithBody() => new("GET request cannot have a body.");

    internal static ApiFaultException EmptyBody(string method) => new($"Empty {method} request.");

    internal static ApiFaultException Json(string reason) =>
        new($"An error occurred when deserializing the json body of a request: {reason}.");

    internal static ApiFaultException EmptyId() => new("The ID cannot be empty.");

    internal static ApiFaultException InvalidId() => new("API Resource IDs can only contain alphanumeric characters and underscores.");

    internal static ApiFaultException OtherId(string path, string body) =>
        new($"The id from the path [{path}] does not match the id from the body [{body}]!");

    internal static ApiFaultException NoSnapshotOperation() => new("Missing snapshot operation type.");

    internal static ApiFaultException NotSupported(string what) => new($"The requested operation is not supported: {what}");

    // Of the configuration.

    internal static ApiFaultException MachineConfig(string reason) => new($"Machine config error: {reason}");

    internal static ApiFaultException BootSource(string reason) => new($"Boot source error: {reason}");

    internal static ApiFaultException DriveFile(string path, string reason) => new(
        $"Drive config error: Unable to create the virtio block device: Virtio backend error: Error manipulating the backing file: {reason} {path}");

    internal static ApiFaultException DriveWithoutFile() => new("Drive config error: Invalid block device configuration.");

    internal static ApiFaultException SecondRootDrive() => new("Drive config error: A root block device already exists!");

    internal static ApiFaultException DriveUpdate(string reason) =>
        new($"Drive config error: Unable to patch the block device: {reason} Please verify the request arguments.");

    internal static ApiFaultException Tap(string device, string reason) => new(
        "Network config error: Could not create the network device: Open tap device failed: "
        + $"Error while creating ifreq structure: {reason}. Invalid TUN/TAP Backend provided by {device}. "
        + "Check our documentation on setting up the network devices.");

    internal static ApiFaultException MacInUse(string mac) => new($"Network config error: The MAC address is already in use: {mac}");

    internal static ApiFaultException NetworkUpdate(string reason) =>
        new($"Network config error: Unable to update the network device: {reason}");

    internal static ApiFaultException VsockSocket(string reason) => new(
        $"Vsock config error: Cannot create backend for vsock device: Error binding to the host-side Unix socket: {reason}");

    internal static ApiFaultException InvalidCid(uint cid) =>
        new($"Vsock config error: Cannot create vsock device: guest_cid is {cid}, and must be 3 or more.");

    internal static ApiFaultException NoBalloon() => new("Balloon config error: No balloon device found.");

    internal static ApiFaultException BalloonTooLarge() =>
        new("Balloon config error: Amount of pages requested cannot be greater than the memory size.");

    internal static ApiFaultException BalloonUpdate(string reason) => new($"Balloon update error: {reason}");

    internal static ApiFaultException Logger(string reason) => new($"Logger error: Failed to open target file: {reason}");

    internal static ApiFaultException MetricsFile(string reason) =>
        new($"Metrics error: Cannot initialize the metrics system due to bad user input: {reason}");

    internal static ApiFaultException SecondMetrics() => new("Metrics error: Reinitialization of metrics not allowed.");

    internal static ApiFaultException MmdsConfig(string reason) => new($"MMDS config error: {reason}");

    internal static ApiFaultException MmdsNotInitialized() => new("MMDS error: The MMDS data store is not initialized.");

    internal static ApiFaultException MmdsTooLarge() =>
        new("MMDS limit exceeded error: The MMDS patch request doesn't fit.", status: 413);

    // Of the machine.

    internal static ApiFaultException Start(string reason) => new($"Start microvm error: {reason}");

    internal static ApiFaultException NoKernel() => Start("Cannot start microvm without kernel configuration.");

    internal static ApiFaultException NotAKernel() =>
        Start("Cannot load kernel due to invalid memory configuration or invalid kernel image: Kernel Loader: Invalid Elf magic number");

    internal static ApiFaultException Machine(string reason) => new($"Internal VMM error: {reason}");

    internal static ApiFaultException AlreadyPaused() => Machine("Operation not allowed: the microVM is paused already");

    internal static ApiFaultException CreateSnapshot(string reason) => new($"Create snapshot error: {reason}");

    internal static ApiFaultException SnapshotWhileRunning() =>
        CreateSnapshot("Cannot save the microVM state: Operation not allowed: save/restore unavailable while running");

    internal static ApiFaultException LoadAfterConfiguration() =>
        new("Load snapshot error: Loading a microVM snapshot not allowed after configuring boot-specific resources.");

    internal static ApiFaultException LoadSnapshot(string reason) =>
        new($"Load snapshot error: Failed to restore from snapshot: {reason}") { IsFatal = true };
}
