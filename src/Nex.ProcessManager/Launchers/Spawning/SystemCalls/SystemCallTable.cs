namespace Nex.ProcessManager.Launchers.Spawning.SystemCalls;

/// <summary>The system calls that the policy speaks of. A test compares their numbers with the headers of the kernel.</summary>
internal static class SystemCallTable
{
    /// <summary>The newest call of Linux 6.18 (file_setattr); new calls have the same number on every architecture.</summary>
    internal const uint Newest = 469;

    internal static readonly SystemCall Mount = new("mount", 165, 40);
    internal static readonly SystemCall Unmount = new("umount2", 166, 39);
    internal static readonly SystemCall PivotRoot = new("pivot_root", 155, 41);
    internal static readonly SystemCall ChangeRoot = new("chroot", 161, 51);
    internal static readonly SystemCall OpenTree = new("open_tree", 428, 428);
    internal static readonly SystemCall MoveMount = new("move_mount", 429, 429);
    internal static readonly SystemCall OpenFileSystem = new("fsopen", 430, 430);
    internal static readonly SystemCall ConfigureFileSystem = new("fsconfig", 431, 431);
    internal static readonly SystemCall MountFileSystem = new("fsmount", 432, 432);
    internal static readonly SystemCall PickFileSystem = new("fspick", 433, 433);
    internal static readonly SystemCall SetMountAttributes = new("mount_setattr", 442, 442);
    internal static readonly SystemCall OpenTreeWithAttributes = new("open_tree_attr", 467, 467);
    internal static readonly SystemCall OpenByHandle = new("open_by_handle_at", 304, 265);
    internal static readonly SystemCall WatchFileSystem = new("fanotify_init", 300, 262);
    internal static readonly SystemCall SwapOn = new("swapon", 167, 224);
    internal static readonly SystemCall SwapOff = new("swapoff", 168, 225);
    internal static readonly SystemCall Quota = new("quotactl", 179, 60);
    internal static readonly SystemCall QuotaOfFile = new("quotactl_fd", 443, 443);

    internal static readonly SystemCall Clone = new("clone", 56, 220);
    internal static readonly SystemCall Clone3 = new("clone3", 435, 435);
    internal static readonly SystemCall Unshare = new("unshare", 272, 97);
    internal static readonly SystemCall SetNamespace = new("setns", 308, 268);
    internal static readonly SystemCall Personality = new("personality", 135, 92);
    internal static readonly SystemCall CompareProcesses = new("kcmp", 312, 272);
    internal static readonly SystemCall TakeDescriptor = new("pidfd_getfd", 438, 438);

    internal static readonly SystemCall AddKey = new("add_key", 248, 217);
    internal static readonly SystemCall RequestKey = new("request_key", 249, 218);
    internal static readonly SystemCall KeyControl = new("keyctl", 250, 219);

    internal static readonly SystemCall Bpf = new("bpf", 321, 280);
    internal static readonly SystemCall OpenPerformanceEvent = new("perf_event_open", 298, 241);
    internal static readonly SystemCall UserFault = new("userfaultfd", 323, 282);
    internal static readonly SystemCall RingSetup = new("io_uring_setup", 425, 425);
    internal static readonly SystemCall RingEnter = new("io_uring_enter", 426, 426);
    internal static readonly SystemCall RingRegister = new("io_uring_register", 427, 427);

    internal static readonly SystemCall LoadKernel = new("kexec_load", 246, 104);
    internal static readonly SystemCall LoadKernelFile = new("kexec_file_load", 320, 294);
    internal static readonly SystemCall InitializeModule = new("init_module", 175, 105);
    internal static readonly SystemCall InitializeModuleFile = new("finit_module", 313, 273);
    internal static readonly SystemCall DeleteModule = new("delete_module", 176, 106);
    internal static readonly SystemCall Reboot = new("reboot", 169, 142);
    internal static readonly SystemCall Account = new("acct", 163, 89);
    internal static readonly SystemCall KernelLog = new("syslog", 103, 116);
    internal static readonly SystemCall SetTimeOfDay = new("settimeofday", 164, 170);
    internal static readonly SystemCall SetClock = new("clock_settime", 227, 112);
    internal static readonly SystemCall PortPrivilege = new("iopl", 172, null);
    internal static readonly SystemCall PortPermission = new("ioperm", 173, null);
    internal static readonly SystemCall ModifySegments = new("modify_ldt", 154, null);

    internal static readonly SystemCall BindMemory = new("mbind", 237, 235);
    internal static readonly SystemCall GetMemoryPolicy = new("get_mempolicy", 239, 236);
    internal static readonly SystemCall SetMemoryPolicy = new("set_mempolicy", 238, 237);
    internal static readonly SystemCall SetHomeNode = new("set_mempolicy_home_node", 450, 450);
    internal static readonly SystemCall MigratePages = new("migrate_pages", 256, 238);
    internal static readonly SystemCall MovePages = new("move_pages", 279, 239);

    internal static readonly SystemCall Socket = new("socket", 41, 198);
    internal static readonly SystemCall SocketPair = new("socketpair", 53, 199);
    internal static readonly SystemCall Control = new("ioctl", 16, 29);
}
