/*
 * A workload that tries to get at what is not its own: hostile WHAT [ARGUMENT...]. Each attempt is a line, "got NAME" or "denied NAME: REASON",
 * and is made by a process of its own, so that what one gains is not what the next begins with.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/netlink.h>
#include <linux/perf_event.h>
#include <linux/reboot.h>
#include <linux/sched.h>
#include <linux/vm_sockets.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MEGABYTE (1024 * 1024)
#define PATH_SIZE 4096

/* What an attempt is about; each takes of it what it needs. */
struct target {
    const char *text;
    int number;
};

typedef long (*attempt)(const struct target *);

static void try(const char *name, attempt act, struct target target)
{
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        errno = 0;
        long result = act(&target);
        _exit(result >= 0 ? 0 : errno == 0 ? EINVAL : errno);
    }
    waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        printf("got %s %s\n", name, target.text);
    else
        printf("denied %s %s: %s\n", name, target.text, WIFEXITED(status) ? strerror(WEXITSTATUS(status)) : strsignal(WTERMSIG(status)));
}

static struct target at(const char *text, int number)
{
    return (struct target){text, number};
}

/* ---- files ---- */

static long read_file(const struct target *file)
{
    char byte;
    int descriptor = open(file->text, O_RDONLY | O_NONBLOCK);
    /* Of some files the first byte cannot be read, though others can; a directory is no file. */
    return descriptor < 0 || (read(descriptor, &byte, 1) < 0 && errno == EISDIR) ? -1 : 0;
}

static long write_file(const struct target *file)
{
    return open(file->text, O_WRONLY | O_NONBLOCK | O_NOCTTY);
}

static long list_directory(const struct target *directory)
{
    return opendir(directory->text) == NULL ? -1 : 0;
}

static long open_by_handle(const struct target *file)
{
    struct {
        struct file_handle head;
        unsigned char rest[MAX_HANDLE_SZ];
    } handle = {.head = {.handle_bytes = MAX_HANDLE_SZ}};
    int mount, here = open("/", O_RDONLY);
    (void)file;
    if (name_to_handle_at(AT_FDCWD, "/tmp", &handle.head, &mount, 0) != 0)
        return -1;
    return open_by_handle_at(here, &handle.head, O_RDONLY);
}

/* Every file that is named, by all the ways around the root that there are. */
static int reach_files(char **paths)
{
    static const char *const roots[] = {"", "/proc/self/root", "/proc/1/root", "/proc/1/cwd/../..", "/proc/self/cwd/../../../..", "/proc/self/fd/0/../.."};
    char path[PATH_SIZE];
    for (; *paths != NULL; paths++)
        for (size_t index = 0; index < sizeof roots / sizeof *roots; index++) {
            snprintf(path, sizeof path, "%s%s", roots[index], *paths);
            try("read", read_file, at(path, 0));
            try("write", write_file, at(path, 0));
            try("list", list_directory, at(path, 0));
        }
    try("open by handle", open_by_handle, at("/", 0));
    return 0;
}

/* ---- processes ---- */

static long read_memory(const struct target *process)
{
    char byte;
    struct iovec mine = {&byte, 1}, theirs = {(void *)0x400000, 1};
    /* There may be nothing at this address, but it has been looked at. */
    return process_vm_readv(process->number, &mine, 1, &theirs, 1, 0) < 0 && errno != EFAULT ? -1 : 0;
}

static long trace(const struct target *process)
{
    return ptrace(PTRACE_SEIZE, process->number, 0, 0);
}

static long take_descriptor(const struct target *process)
{
    long handle = syscall(SYS_pidfd_open, process->number, 0);
    for (int number = 0; handle >= 0 && number < 64; number++)
        if (syscall(SYS_pidfd_getfd, handle, number, 0) >= 0)
            return 0;
    return -1;
}

static long send_signal(const struct target *process)
{
    return kill(process->number, 0);
}

static long change_limits(const struct target *process)
{
    struct rlimit limit = {0, 0};
    return prlimit(process->number, RLIMIT_NOFILE, &limit, NULL);
}

static void attack(const char *name, int process)
{
    static const char *const files[] = {"environ", "mem", "maps", "auxv", "root/", "cwd/", "fd/", "exe", "ns/mnt", "syscall", "stack"};
    char path[PATH_SIZE];
    struct target target = at(name, process);
    try("read the memory of", read_memory, target);
    try("trace", trace, target);
    try("take a descriptor of", take_descriptor, target);
    /* Its own agent it may cripple: it has nobody else's workload, and what is left of it ends. */
    if (process != 1)
        try("limit", change_limits, target);
    for (size_t index = 0; index < sizeof files / sizeof *files; index++) {
        snprintf(path, sizeof path, "/proc/%d/%s", process, files[index]);
        try(files[index][strlen(files[index]) - 1] == '/' ? "list" : "read", files[index][strlen(files[index]) - 1] == '/' ? list_directory : read_file, at(path, 0));
    }
}

/* Whether a number is that of a thread of its agent. */
static int is_of_agent(int number)
{
    char path[PATH_SIZE], line[256];
    int group = 0;
    snprintf(path, sizeof path, "/proc/%d/status", number);
    FILE *status = fopen(path, "r");
    while (status != NULL && group == 0 && fgets(line, sizeof line, status) != NULL)
        (void)!sscanf(line, "Tgid: %d", &group);
    if (status != NULL)
        fclose(status);
    return group == 1;
}

/* Its agent, which it sees, the processes that are named, which it must not see, and whatever else it finds. */
static int reach_processes(char **numbers)
{
    static const int deadly[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGSEGV, SIGUSR1, SIGSTOP, SIGTSTP, SIGKILL};
    char name[32];
    struct dirent *entry;
    attack("the agent", 1);
    for (size_t index = 0; index < sizeof deadly / sizeof *deadly; index++)
        (void)!kill(1, deadly[index]);
    for (; *numbers != NULL; numbers++) {
        attack(*numbers, atoi(*numbers));
        try("signal", send_signal, at(*numbers, atoi(*numbers)));
    }
    for (DIR *processes = opendir("/proc"); processes != NULL && (entry = readdir(processes)) != NULL;)
        if (atoi(entry->d_name) > 1 && atoi(entry->d_name) != getpid())
            printf("got sight of %s\n", entry->d_name);
    for (int number = 2; number < 100000; number++)
        if (number != getpid() && kill(number, 0) == 0 && !is_of_agent(number)) {
            snprintf(name, sizeof name, "%d", number);
            printf("got a signal to %s\n", name);
        }
    return 0;
}

/* ---- network ---- */

static long connect_internet(const struct target *listener, int type)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)listener->number)};
    inet_pton(AF_INET, listener->text, &address.sin_addr);
    int client = socket(AF_INET, type, 0);
    if (connect(client, (struct sockaddr *)&address, sizeof address) != 0)
        return -1;
    return send(client, "x", 1, 0);
}

static long connect_stream(const struct target *listener)
{
    return connect_internet(listener, SOCK_STREAM);
}

static long connect_named(const struct target *listener)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(listener->text);
    strncpy(address.sun_path, listener->text, sizeof address.sun_path - 1);
    /* A name that begins with @ is abstract: no file, but a name in the network namespace. */
    if (address.sun_path[0] == '@')
        address.sun_path[0] = 0;
    int client = socket(AF_UNIX, SOCK_STREAM, 0);
    return connect(client, (struct sockaddr *)&address, offsetof(struct sockaddr_un, sun_path) + (socklen_t)length);
}

static long connect_virtual(const struct target *listener)
{
    struct sockaddr_vm address = {.svm_family = AF_VSOCK, .svm_cid = (unsigned)atoi(listener->text), .svm_port = (unsigned)listener->number};
    return connect(socket(AF_VSOCK, SOCK_STREAM, 0), (struct sockaddr *)&address, sizeof address);
}

static long open_raw(const struct target *family)
{
    return socket(family->number, SOCK_RAW, family->number == AF_INET ? IPPROTO_ICMP : 0);
}

/* hostile network PORT VIRTUAL-PORT PLACE...: a place is an address, or the name of a socket that begins with / or @. */
static int reach_network(char **arguments)
{
    int port = atoi(arguments[0]), virtual_port = atoi(arguments[1]);
    for (char **place = arguments + 2; *place != NULL; place++)
        try("connect to", **place == '/' || **place == '@' ? connect_named : connect_stream, at(*place, port));
    try("connect to machine", connect_virtual, at("1", virtual_port));
    try("connect to machine", connect_virtual, at("2", virtual_port));
    try("open raw", open_raw, at("internet", AF_INET));
    try("open raw", open_raw, at("packets", AF_PACKET));
    return 0;
}

/* ---- keys ---- */

static long find_key(const struct target *key)
{
    char secret[64];
    long found = syscall(SYS_keyctl, KEYCTL_SEARCH, key->number, "user", key->text, 0);
    return found < 0 ? -1 : syscall(SYS_keyctl, KEYCTL_READ, found, secret, sizeof secret);
}

/* hostile session NAME PROGRAM [ARGUMENT...]: becomes a program in a new session of keys, which has one. */
static int begin_session(char **arguments)
{
    if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0)
        return 1;
    if (syscall(SYS_add_key, "user", arguments[0], "x", 1, KEY_SPEC_SESSION_KEYRING) < 0)
        return 1;
    return execv(arguments[1], arguments + 1);
}

/* hostile keys WORD...: add:NAME adds a key to the session, find:NAME looks for one wherever a process has keys, hold waits. */
static int reach_keys(char **words)
{
    static const int rings[] = {KEY_SPEC_THREAD_KEYRING, KEY_SPEC_PROCESS_KEYRING, KEY_SPEC_SESSION_KEYRING, KEY_SPEC_USER_KEYRING, KEY_SPEC_USER_SESSION_KEYRING};
    for (; *words != NULL; words++) {
        if (strncmp(*words, "add:", 4) == 0)
            for (size_t index = 2; index < sizeof rings / sizeof *rings; index++)
                (void)!syscall(SYS_add_key, "user", *words + 4, "x", 1, rings[index]);
        for (size_t index = 0; strncmp(*words, "find:", 5) == 0 && index < sizeof rings / sizeof *rings; index++)
            try("find key", find_key, at(*words + 5, rings[index]));
        if (strcmp(*words, "hold") == 0) {
            puts("ready");
            fflush(stdout);
            pause();
        }
    }
    return 0;
}

/* ---- privileges ---- */

static long become_user(const struct target *user) { return setresuid((uid_t)user->number, (uid_t)user->number, (uid_t)user->number); }
static long become_group(const struct target *group) { return setresgid((gid_t)group->number, (gid_t)group->number, (gid_t)group->number); }
static long join_groups(const struct target *group) { gid_t id = (gid_t)group->number; return setgroups(1, &id); }
static long unshare_one(const struct target *what) { return unshare(what->number); }
static long join_namespace(const struct target *path) { return setns(open(path->text, O_RDONLY), 0); }
static long mount_memory(const struct target *path) { return mount("none", path->text, "tmpfs", 0, NULL); }
static long mount_again(const struct target *path) { return mount("none", path->text, NULL, MS_REMOUNT | MS_BIND, NULL); }
static long mount_bound(const struct target *path) { return mount("/", path->text, NULL, MS_BIND | MS_REC, NULL); }
static long unmount(const struct target *path) { return umount2(path->text, MNT_DETACH); }
static long change_root(const struct target *path) { return chroot(path->text); }
static long pivot_root(const struct target *path) { return syscall(SYS_pivot_root, path->text, path->text); }
static long make_block_device(const struct target *path) { return mknod(path->text, S_IFBLK | 0666, makedev(254, 0)); }
static long make_memory_device(const struct target *path) { return mknod(path->text, S_IFCHR | 0666, makedev(1, 1)); }
static long load_module(const struct target *none) { (void)none; return syscall(SYS_init_module, "x", 1UL, ""); }
static long remove_module(const struct target *name) { return syscall(SYS_delete_module, name->text, O_NONBLOCK); }
static long load_kernel(const struct target *none) { (void)none; return syscall(SYS_kexec_load, 0UL, 0UL, NULL, 0UL); }
static long keep_from_rebooting(const struct target *none) { (void)none; return syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_CAD_OFF, NULL); }
static long rename_host(const struct target *name) { return sethostname(name->text, strlen(name->text)); }
static long clear_log(const struct target *none) { (void)none; return klogctl(5, NULL, 0); }
static long swap_on(const struct target *path) { return swapon(path->text, 0); }
static long account(const struct target *path) { return syscall(SYS_acct, path->text); }
static long raise_priority(const struct target *none) { (void)none; return setpriority(PRIO_PROCESS, 0, -5); }
static long allow_privileges(const struct target *none) { (void)none; return prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0); }

static long set_clock(const struct target *none)
{
    struct timespec now;
    (void)none;
    clock_gettime(CLOCK_REALTIME, &now);
    return clock_settime(CLOCK_REALTIME, &now);
}

static long run_in_real_time(const struct target *none)
{
    struct sched_param parameter = {.sched_priority = 1};
    (void)none;
    return sched_setscheduler(0, SCHED_FIFO, &parameter);
}

static long raise_process_limit(const struct target *none)
{
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    (void)none;
    return setrlimit(RLIMIT_NPROC, &limit);
}

static long gain_capabilities(const struct target *none)
{
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct all[2] = {{~0U, ~0U, ~0U}, {~0U, ~0U, ~0U}};
    (void)none;
    return syscall(SYS_capset, &head, all);
}

static long watch_processors(const struct target *none)
{
    struct perf_event_attr attributes = {.type = PERF_TYPE_SOFTWARE, .size = sizeof attributes, .config = PERF_COUNT_SW_CPU_CLOCK};
    (void)none;
    return syscall(SYS_perf_event_open, &attributes, -1, 0, -1, 0);
}

/* hostile privileges [namespaces]: with that word, also to make namespaces, which a kernel of one's own may allow. */
static int gain_privileges(char **words)
{
    static const char *const devices[] = {"/dev/mem", "/dev/kmem", "/dev/port", "/dev/kmsg", "/dev/kvm", "/dev/sda", "/dev/vda", "/dev/vport0p1", "/dev/vsock",
        "/dev/ttyS0", "/dev/hvc0", "/dev/rtc0", "/dev/loop-control", "/dev/fuse", "/dev/net/tun", "/dev/cpu_dma_latency", "/dev/snapshot", "/dev/console"};
    static const char *const switches[] = {"/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/kernel/hostname",
        "/proc/sys/vm/overcommit_memory", "/proc/self/oom_score_adj_of_others", "/proc/1/oom_score_adj", "/proc/1/mem", "/sys/kernel/uevent_helper",
        "/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/cgroup.subtree_control", "/sys/power/state", "/etc/passwd", "/etc/ld.so.preload", "/nex-agent", "/init", "/lib/nex/modules"};
    static const struct target namespaces[] = {{"mounts", CLONE_NEWNS}, {"processes", CLONE_NEWPID}, {"network", CLONE_NEWNET}, {"names", CLONE_NEWUTS},
        {"messages", CLONE_NEWIPC}, {"cgroups", CLONE_NEWCGROUP}, {"time", 0x00000080}};
    const struct target none = at("", 0);
    for (int user = 0; user <= 1; user++) {
        try("become user", become_user, at(user == 0 ? "root" : "daemon", user));
        try("become group", become_group, at(user == 0 ? "root" : "daemon", user));
        try("join group", join_groups, at(user == 0 ? "root" : "daemon", user));
    }
    try("gain capabilities", gain_capabilities, none);
    for (size_t index = 0; index < sizeof namespaces / sizeof *namespaces; index++)
        try("leave the namespace of", unshare_one, namespaces[index]);
    if (*words != NULL)
        try("leave the namespace of", unshare_one, at("users", CLONE_NEWUSER));
    try("join", join_namespace, at("/proc/1/ns/mnt", 0));
    try("join", join_namespace, at("/proc/1/ns/user", 0));
    try("mount", mount_memory, at("/tmp", 0));
    try("mount the root at", mount_bound, at("/tmp", 0));
    try("remount", mount_again, at("/", 0));
    try("unmount", unmount, at("/proc", 0));
    try("unmount", unmount, at("/", 0));
    try("change root to", change_root, at("/tmp", 0));
    try("pivot root to", pivot_root, at("/tmp", 0));
    try("make block device", make_block_device, at("/tmp/disk", 0));
    try("make device", make_memory_device, at("/tmp/mem", 0));
    try("load a module", load_module, none);
    try("remove module", remove_module, at("virtio_console", 0));
    try("load a kernel", load_kernel, none);
    try("change what reboots", keep_from_rebooting, none);
    try("rename host to", rename_host, at("mine", 0));
    try("set the clock", set_clock, none);
    try("clear the kernel's log", clear_log, none);
    try("swap to", swap_on, at("/tmp", 0));
    try("account to", account, at("/tmp/file", 0));
    try("raise priority", raise_priority, none);
    try("run in real time", run_in_real_time, none);
    try("raise the limit of processes", raise_process_limit, none);
    try("allow new privileges", allow_privileges, none);
    try("watch all processors", watch_processors, none);
    for (size_t index = 0; index < sizeof devices / sizeof *devices; index++)
        try("write", write_file, at(devices[index], 0));
    for (size_t index = 0; index < sizeof switches / sizeof *switches; index++)
        try("write", write_file, at(switches[index], 0));
    return 0;
}

/* ---- system calls ---- */

/* Bits that the kernel does not look at where it takes 32 of an argument, and that a filter must not mind either. */
#define ABOVE (1UL << 32)

static long open_socket(const struct target *family)
{
    int type = family->number == AF_ALG ? SOCK_SEQPACKET : family->number == AF_PACKET ? SOCK_RAW : SOCK_STREAM;
    return syscall(SYS_socket, ABOVE | (unsigned)family->number, type, 0);
}

static long open_internet(const struct target *protocol) { return socket(AF_INET, SOCK_STREAM, protocol->number); }
static long open_packets(const struct target *type) { return socket(AF_INET, type->number, 0); }
static long open_netlink(const struct target *protocol) { return socket(AF_NETLINK, SOCK_RAW, protocol->number); }
static long open_pair(const struct target *family) { int ends[2]; return socketpair(family->number, SOCK_STREAM, 0, ends); }
static long clone_with(const struct target *flag) { return syscall(SYS_clone, ABOVE | (unsigned)flag->number | SIGCHLD, 0, 0, 0, 0); }
static long unshare_above(const struct target *none) { (void)none; return syscall(SYS_unshare, ABOVE); }

static long clone3_with(const struct target *flag)
{
    struct clone_args arguments = {.flags = (unsigned)flag->number, .exit_signal = SIGCHLD};
    return syscall(SYS_clone3, &arguments, sizeof arguments);
}

/* With arguments that are good, or with none, which a call that is not refused finds fault with by another error. */
static long call(const struct target *number)
{
    char zeros[512] = {0};
    return syscall(number->number, zeros, sizeof zeros, zeros, zeros, 0, 0);
}

static long call_nothing(const struct target *number) { return syscall(number->number, 0, 0, 0, 0, 0, 0); }
static long change_personality(const struct target *persona) { return syscall(SYS_personality, ABOVE | (unsigned)persona->number); }
static long read_log(const struct target *none) { static char text[4096]; (void)none; return klogctl(3, text, sizeof text); }

/* The terminal is its own, so that nothing but a filter is in its way. */
static long control_terminal(const struct target *request)
{
    int argument = 'x', master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
    setsid();
    if (grantpt(master) != 0 || unlockpt(master) != 0)
        return -1;
    int slave = open(ptsname(master), O_RDWR);
    return syscall(SYS_ioctl, slave, ABOVE | (unsigned)request->number, &argument);
}

#ifdef __x86_64__
static long call_x32(const struct target *number) { return syscall(0x40000000 | number->number, 0, 0, 0); }

static long call_by_interrupt(const struct target *number)
{
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(number->number) : "memory");
    return result;
}
#endif

/* Calls that the filter of namespaces refuses. A kernel of one's own may allow some of them. */
static int make_calls(void)
{
    static const struct target families[] = {{"machines", AF_VSOCK}, {"packets", AF_PACKET}, {"algorithms", AF_ALG}, {"bluetooth", AF_BLUETOOTH},
        {"infiniband", AF_RDS}, {"tipc", AF_TIPC}, {"can", AF_CAN}, {"express data", AF_XDP}};
    static const struct target namespaces[] = {{"users", CLONE_NEWUSER}, {"mounts", CLONE_NEWNS}, {"network", CLONE_NEWNET}};
    static const struct target absent[] = {{"io_uring_setup", SYS_io_uring_setup}, {"io_uring_enter", SYS_io_uring_enter},
        {"io_uring_register", SYS_io_uring_register}, {"mbind", SYS_mbind}, {"the next new one", 470}};
    static const struct target refused[] = {{"bpf", SYS_bpf}, {"perf_event_open", SYS_perf_event_open}, {"userfaultfd", SYS_userfaultfd},
        {"keyctl", SYS_keyctl}, {"add_key", SYS_add_key}, {"request_key", SYS_request_key}, {"fsopen", SYS_fsopen}, {"open_tree", SYS_open_tree},
        {"setns", SYS_setns}, {"kcmp", SYS_kcmp}, {"pidfd_getfd", SYS_pidfd_getfd}, {"fanotify_init", SYS_fanotify_init}};
    for (size_t index = 0; index < sizeof families / sizeof *families; index++)
        try("open socket of", open_socket, families[index]);
    try("open pair of", open_pair, at("machines", AF_VSOCK));
    try("open internet protocol", open_internet, at("sctp", IPPROTO_SCTP));
    try("open internet protocol", open_internet, at("mptcp", 262));
    try("open internet type", open_packets, at("packets", SOCK_PACKET));
    try("open internet type", open_packets, at("sequenced", SOCK_SEQPACKET));
    try("open netlink", open_netlink, at("netfilter", NETLINK_NETFILTER));
    try("open netlink", open_netlink, at("devices", NETLINK_KOBJECT_UEVENT));
    for (size_t index = 0; index < sizeof namespaces / sizeof *namespaces; index++) {
        try("unshare", unshare_one, namespaces[index]);
        try("clone with", clone_with, namespaces[index]);
        try("clone3 with", clone3_with, namespaces[index]);
    }
    try("unshare", unshare_above, at("what is to come", 0));
    for (size_t index = 0; index < sizeof absent / sizeof *absent; index++)
        try("call", call_nothing, absent[index]);
    for (size_t index = 0; index < sizeof refused / sizeof *refused; index++)
        try("call", call, refused[index]);
    try("change personality to", change_personality, at("fixed addresses", ADDR_NO_RANDOMIZE));
    try("read the log of", read_log, at("the kernel", 0));
    try("control terminal by", control_terminal, at("TIOCSTI", TIOCSTI));
    try("control terminal by", control_terminal, at("TIOCLINUX", TIOCLINUX));
    try("control terminal by", control_terminal, at("TIOCSETD", TIOCSETD));
#ifdef __x86_64__
    try("call x32", call_x32, at("getpid", SYS_getpid));
    try("call by interrupt", call_by_interrupt, at("getpid", 20));
#endif
    return 0;
}

/* ---- space ---- */

static char block[64 * 1024];

/* How much fits, or -1 for more than the most. */
static long long fill(const char *directory, long long most)
{
    char path[PATH_SIZE + 16];
    long long written = 0;
    snprintf(path, sizeof path, "%s/filled", directory);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    for (ssize_t count; written <= most && (count = write(file, block, sizeof block)) > 0;)
        written += count;
    close(file);
    unlink(path);
    return written <= most ? written : -1;
}

static int can_write_into(const char *directory)
{
    char path[PATH_SIZE + 16];
    snprintf(path, sizeof path, "%s/trial", directory);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (file < 0)
        return 0;
    close(file);
    unlink(path);
    return 1;
}

/* Every directory that can be written to, and how much fits into it. */
static void fill_below(const char *directory, int depth, long long most)
{
    char path[PATH_SIZE];
    struct dirent *entry;
    struct stat status;
    DIR *entries = opendir(*directory == 0 ? "/" : directory);
    if (can_write_into(directory))
        printf("writable %s %lld\n", *directory == 0 ? "/" : directory, fill(directory, most));
    while (entries != NULL && depth > 0 && (entry = readdir(entries)) != NULL) {
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && strcmp(path, "/proc") != 0 && lstat(path, &status) == 0 && S_ISDIR(status.st_mode))
            fill_below(path, depth - 1, most);
    }
    if (entries != NULL)
        closedir(entries);
}

/* ---- staying ---- */

/* A process that nothing ties to who started it: no parent, no session, no descriptor, and no signal that it minds. */
static int linger(void)
{
    int ready[2];
    char byte;
    if (pipe(ready) != 0)
        return 1;
    if (fork() == 0) {
        setsid();
        if (fork() != 0)
            _exit(0);
        setsid();
        for (int signal = 1; signal < 65; signal++)
            (void)!sigaction(signal, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
        prctl(PR_SET_PDEATHSIG, 0);
        (void)!chdir("/");
        if (write(ready[1], "", 1) != 1)
            _exit(1);
        for (int descriptor = 0; descriptor < 1024; descriptor++)
            close(descriptor);
        for (;;)
            pause();
    }
    if (read(ready[0], &byte, 1) != 1)
        return 1;
    puts("ready");
    fflush(stdout);
    for (;;)
        pause();
}

/* ---- crowding ---- */

/* Processes that do nothing but make more of them, until no more are to be had; all stay. */
static _Noreturn void crowd(void)
{
    pid_t first = getpid();
    volatile int *made = mmap(NULL, 2 * sizeof *made, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), *failed = made + 1;
    *made = 1;
    do
        __sync_fetch_and_add(made, 1);
    while (fork() >= 0);
    __sync_fetch_and_sub(made, 1);
    __sync_fetch_and_add(failed, 1);
    /* When all have failed, none is being made. */
    while (getpid() == first && *failed != *made)
        sched_yield();
    if (getpid() == first) {
        printf("processes %d\n", *made);
        fflush(stdout);
    }
    for (;;)
        pause();
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "files") == 0)
        return reach_files(argv + 2);
    if (strcmp(what, "processes") == 0)
        return reach_processes(argv + 2);
    if (strcmp(what, "network") == 0 && argc > 3)
        return reach_network(argv + 2);
    if (strcmp(what, "keys") == 0)
        return reach_keys(argv + 2);
    if (strcmp(what, "session") == 0 && argc > 3)
        return begin_session(argv + 2);
    if (strcmp(what, "privileges") == 0)
        return gain_privileges(argv + 2);
    if (strcmp(what, "calls") == 0)
        return make_calls();
    if (strcmp(what, "space") == 0 && argc > 2)
        return fill_below("", 3, atoll(argv[2]) * MEGABYTE), 0;
    if (strcmp(what, "cripple") == 0) {
        (void)!change_limits(&(struct target){"the agent", 1});
        puts("done");
        fflush(stdout);
        pause();
    }
    if (strcmp(what, "linger") == 0)
        return linger();
    if (strcmp(what, "crowd") == 0)
        crowd();
    return 2;
}
