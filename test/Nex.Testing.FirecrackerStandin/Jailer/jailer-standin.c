/*
 * A jailer of Firecracker for firecracker-standin: its command line, its checks and its steps, in its order, with the messages that it has.
 * It becomes the program that it locks up: the process stays the same.
 *
 * That program is no static binary, as Firecracker is: it is a .NET program that starts QEMU. So this jail has, besides, what such programs
 * need of the host: /proc, /dev/null, the system's libraries, and the directories that JAILER_STANDIN_PATHS names (absolute, with a colon in
 * between). They are mounted read-only, in the mount namespace of the jail alone; all that stays of them on the host are empty directories.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define MAX_OPTIONS 32
#define MAX_ID 64
#define DEFAULT_OPEN_FILES 2048
#define PATHS_VARIABLE "JAILER_STANDIN_PATHS"
#define SYSTEM_PATHS "/usr:/bin:/lib:/lib64"

static const char *id, *exec_file, *uid_text, *gid_text, *base = "/srv/jailer", *parent_cgroup, *network;
static const char *cgroup_version = "1";
static char *cgroups[MAX_OPTIONS], *limits[MAX_OPTIONS];
static int cgroup_count, limit_count;

static char exec_path[PATH_MAX], root[PATH_MAX];
static const char *exec_name;
static uid_t uid;
static gid_t gid;

static _Noreturn void __attribute__((format(printf, 1, 2))) fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

/* The same, with what the last call said, as Firecracker writes it. */
#define fail_call(format, ...) fail(format ": %s (os error %d)", ##__VA_ARGS__, strerror(errno), errno)

static char *__attribute__((format(printf, 1, 2))) format(const char *format, ...)
{
    char *text;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        fail("There is no memory.");
    va_end(arguments);
    return text;
}

static void make_directory(const char *path, mode_t mode)
{
    if (mkdir(path, mode) != 0 && errno != EEXIST)
        fail_call("Failed to create directory %s", path);
}

/* Makes a directory and all above it. */
static void make_directories(const char *path)
{
    for (const char *end = path; end != NULL;) {
        end = strchr(end + 1, '/');
        make_directory(end == NULL ? path : format("%.*s", (int)(end - path), path), 0755);
    }
}

static void write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        fail_call("Failed to write to %s", path);
    close(fd);
}

/* --- arguments -------------------------------------------------------------------------------------------------------- */

static void add(char **list, int *count, char *value)
{
    if (*count == MAX_OPTIONS)
        fail("jailer-standin takes an argument at most %d times.", MAX_OPTIONS);
    list[(*count)++] = value;
}

/* What may be given once. */
static const char **place_of(const char *name)
{
    static const struct {
        const char *name, **place;
    } places[] = {
        { "--id", &id }, { "--exec-file", &exec_file }, { "--uid", &uid_text }, { "--gid", &gid_text }, { "--chroot-base-dir", &base },
        { "--parent-cgroup", &parent_cgroup }, { "--cgroup-version", &cgroup_version }, { "--netns", &network },
    };
    static unsigned given;
    for (unsigned index = 0; index < sizeof(places) / sizeof(places[0]); index++)
        if (strcmp(name, places[index].name) == 0) {
            if ((given & 1U << index) != 0)
                fail("Failed to parse arguments: The argument '%s' was provided more than once.", name + 2);
            given |= 1U << index;
            return places[index].place;
        }
    return NULL;
}

/* Returns where the arguments of Firecracker begin. */
static char **read_arguments(char **argument)
{
    for (; *argument != NULL && strcmp(*argument, "--") != 0; argument += 2) {
        const char **place = place_of(*argument);
        if (strcmp(*argument, "--version") == 0) {
            puts("Jailer v1.17.0-dev");
            exit(0);
        }
        if (strcmp(*argument, "--daemonize") == 0 || strcmp(*argument, "--new-pid-ns") == 0)
            fail("jailer-standin does not support the argument '%s'.", *argument);
        if (place == NULL && strcmp(*argument, "--cgroup") != 0 && strcmp(*argument, "--resource-limit") != 0)
            fail("Failed to parse arguments: Found argument '%s' which wasn't expected, or isn't valid in this context.", *argument);
        if (argument[1] == NULL || strncmp(argument[1], "--", 2) == 0)
            fail("Failed to parse arguments: The argument '%s' requires a value, but none was supplied.", *argument + 2);
        if (place != NULL)
            *place = argument[1];
        else if (strcmp(*argument, "--cgroup") == 0)
            add(cgroups, &cgroup_count, argument[1]);
        else
            add(limits, &limit_count, argument[1]);
    }
    return *argument == NULL ? argument : argument + 1;
}

static void require(const char *value, const char *name)
{
    if (value == NULL)
        fail("Failed to parse arguments: Argument '%s' required, but not found.", name);
}

static unsigned number(const char *text, const char *what)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (!isdigit((unsigned char)*text) || *end != '\0' || value > UINT_MAX)
        fail("Invalid %s: %s", what, text);
    return (unsigned)value;
}

static void check_id(void)
{
    size_t length = strlen(id);
    if (length < 1 || length > MAX_ID)
        fail("Invalid instance ID: Invalid len (%zu);  the length must be between 1 and %d", length, MAX_ID);
    for (size_t index = 0; index < length; index++)
        if (!isalnum((unsigned char)id[index]) && id[index] != '-')
            fail("Invalid instance ID: Invalid char (%c) at position %zu", id[index], index);
}

static void check_arguments(void)
{
    char base_path[PATH_MAX];
    struct stat status;
    require(id, "id");
    require(exec_file, "exec-file");
    require(uid_text, "uid");
    require(gid_text, "gid");
    check_id();
    if (realpath(exec_file, exec_path) == NULL)
        fail_call("Failed to canonicalize path %s", exec_file);
    if (stat(exec_path, &status) != 0 || !S_ISREG(status.st_mode))
        fail("%s is not a file", exec_path);
    exec_name = strrchr(exec_path, '/') + 1;
    if (strstr(exec_name, "firecracker") == NULL)
        fail("Invalid filename. The filename of `--exec-file` option must contain \"firecracker\": %s", exec_name);
    if (realpath(base, base_path) == NULL)
        fail_call("Failed to canonicalize path %s", base);
    if (stat(base_path, &status) != 0 || !S_ISDIR(status.st_mode))
        fail("%s is not a directory", base_path);
    uid = number(uid_text, "uid");
    gid = number(gid_text, "gid");
    if (strcmp(cgroup_version, "1") != 0 && strcmp(cgroup_version, "2") != 0)
        fail("%s is an invalid cgroup version specifier", cgroup_version);
    if (strcmp(cgroup_version, "2") != 0 && cgroup_count > 0)
        fail("jailer-standin makes cgroups of version 2 only.");
    if (parent_cgroup == NULL)
        parent_cgroup = exec_name;
    if (parent_cgroup[0] == '/' || strstr(parent_cgroup, "..") != NULL)
        fail("The relative path for the parent cgroup is invalid: %s", parent_cgroup);
    if (snprintf(root, sizeof(root), "%s/%s/%s/root", base_path, exec_name, id) >= (int)sizeof(root))
        fail("The path of the jail is too long.");
}

/* --- steps ------------------------------------------------------------------------------------------------------------ */

static void copy_program(void)
{
    char *target = format("%s/%s", root, exec_name);
    int from = open(exec_path, O_RDONLY | O_CLOEXEC), into = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
    ssize_t count = -1;
    if (from >= 0 && into >= 0)
        while ((count = sendfile(into, from, NULL, 1 << 20)) > 0)
            ;
    if (count < 0 || fchmod(into, 0755) != 0 || fchown(into, uid, gid) != 0)
        fail_call("Failed to copy %s to %s", exec_path, target);
    close(from);
    close(into);
}

static void set_limits(void)
{
    struct rlimit files = { .rlim_cur = DEFAULT_OPEN_FILES, .rlim_max = DEFAULT_OPEN_FILES };
    for (int index = 0; index < limit_count; index++) {
        char *value = strchr(limits[index], '='), *end;
        if (value == NULL)
            fail("Invalid format for resources limits: %s", limits[index]);
        *value++ = '\0';
        unsigned long long most = strtoull(value, &end, 10);
        if (!isdigit((unsigned char)*value) || *end != '\0')
            fail("Invalid limit value for resource: %s: %s", limits[index], value);
        struct rlimit limit = { .rlim_cur = most, .rlim_max = most };
        if (strcmp(limits[index], "no-file") == 0)
            files = limit;
        else if (strcmp(limits[index], "fsize") != 0)
            fail("Invalid resource argument: %s", limits[index]);
        else if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
            fail("Failed to set limit for resource: fsize");
    }
    if (setrlimit(RLIMIT_NOFILE, &files) != 0)
        fail("Failed to set limit for resource: no-file");
}

/* Where the hierarchy of version 2 is mounted. */
static const char *find_cgroups(void)
{
    static char line[4096], place[4096], type[64];
    FILE *mounts = fopen("/proc/mounts", "re");
    while (mounts != NULL && fgets(line, sizeof(line), mounts) != NULL)
        if (sscanf(line, "%*s %4095s %63s", place, type) == 2 && strcmp(type, "cgroup2") == 0) {
            fclose(mounts);
            return place;
        }
    fail("Cgroup version 2 is not mounted.");
}

/* A controller works in a cgroup when all above it pass it on. */
static void pass_controller_on(const char *hierarchy, const char *file)
{
    char *place = format("%s", hierarchy), *step = format("%s", parent_cgroup), *rest = step, *part = "";
    char *controller = format("+%.*s", (int)strcspn(file, "."), file);
    do {
        place = format("%s%s%s", place, *part == '\0' ? "" : "/", part);
        write_file(format("%s/cgroup.subtree_control", place), controller);
    } while ((part = strsep(&rest, "/")) != NULL);
}

static void join_cgroup(void)
{
    if (strcmp(cgroup_version, "2") != 0)
        return;
    const char *hierarchy = find_cgroups();
    char *cgroup = cgroup_count == 0 ? format("%s/%s", hierarchy, parent_cgroup) : format("%s/%s/%s", hierarchy, parent_cgroup, id);
    /* Without anything to set it gets no cgroup of its own, and is moved into the parent where there is one. */
    if (cgroup_count == 0 && access(cgroup, F_OK) != 0)
        return;
    make_directories(cgroup);
    for (int index = 0; index < cgroup_count; index++) {
        char *value = strchr(cgroups[index], '=');
        if (value == NULL || strchr(value + 1, '=') != NULL || value == cgroups[index] || value[1] == '\0')
            fail("Invalid format for cgroups: %s", cgroups[index]);
        *value++ = '\0';
        pass_controller_on(hierarchy, cgroups[index]);
        write_file(format("%s/%s", cgroup, cgroups[index]), value);
    }
    write_file(format("%s/cgroup.procs", cgroup), format("%d", getpid()));
}

static void mount_here(const char *path, int is_read_only)
{
    char *place = format("%s%s", root, path);
    make_directories(place);
    if (mount(path, place, NULL, MS_BIND | MS_REC, NULL) != 0 ||
        (is_read_only && mount(NULL, place, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID, NULL) != 0))
        fail_call("jailer-standin: mount %s", path);
}

static void enter_jail(const char *paths)
{
    if (unshare(CLONE_NEWNS) != 0)
        fail_call("Failed to unshare into new mount namespace");
    /* Nothing that is mounted from here on is seen on the host. */
    if (mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL) != 0)
        fail_call("Failed to change the propagation type to private");
    if (mount(root, root, NULL, MS_BIND | MS_REC, NULL) != 0)
        fail_call("Failed to bind mount the jail root directory");
    mount_here("/proc", 0);
    for (char *rest = format("%s:%s", SYSTEM_PATHS, paths == NULL ? "" : paths), *path; (path = strsep(&rest, ":")) != NULL;)
        if (path[0] == '/' && access(path, F_OK) == 0)
            mount_here(path, 1);
    if (chdir(root) != 0)
        fail_call("Failed to chdir into chroot directory");
    /* The old root lies upon the new one for a moment. */
    if (syscall(SYS_pivot_root, ".", ".") != 0)
        fail_call("Failed to pivot root");
    if (umount2(".", MNT_DETACH) != 0)
        fail_call("Failed to unmount the old jail root");
    if (chroot(".") != 0 || chdir("/") != 0)
        fail_call("Failed to chdir into chroot directory");
}

static void make_folder(const char *path)
{
    make_directory(path, 0700);
    if (chmod(path, 0700) != 0)
        fail_call("Failed to change permissions on %s", path);
    if (chown(path, uid, gid) != 0)
        fail_call("Failed to change owner for %s", path);
}

/* That it must not exist is what keeps a jail from being used twice. */
static void make_device(const char *path, unsigned major_number, unsigned minor_number)
{
    if (mknod(path, S_IFCHR | 0600, makedev(major_number, minor_number)) != 0)
        fail_call("Failed to create %s via mknod inside the jail", path);
    if (chown(path, uid, gid) != 0)
        fail_call("Failed to change owner for %s", path);
}

static void join_network(void)
{
    int fd = open(network, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        fail_call("Failed to open %s", network);
    if (setns(fd, CLONE_NEWNET) != 0)
        fail_call("Failed to join network namespace: netns");
    close(fd);
}

static long long microseconds(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * 1000000LL + time.tv_nsec / 1000;
}

static _Noreturn void become_program(char **arguments, int count, long long begun)
{
    char *const no_environment[] = { NULL };
    char **all = calloc((size_t)count + 10, sizeof(*all)), **next = all;
    char *program = format("/%s", exec_name);
    char *own[] = {
        program, "--id", (char *)id, "--start-time-us", format("%lld", begun), "--start-time-cpu-us", "0",
        "--parent-cpu-time-us", format("%lld", microseconds(CLOCK_PROCESS_CPUTIME_ID)),
    };
    for (size_t index = 0; index < sizeof(own) / sizeof(own[0]); index++)
        *next++ = own[index];
    memcpy(next, arguments, (size_t)count * sizeof(*next));
    if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
        fail_call("Failed to drop privileges to %u:%u", uid, gid);
    execve(program, all, no_environment);
    fail_call("Failed to exec into Firecracker");
}

int main(int argc, char **argv)
{
    long long begun = microseconds(CLOCK_MONOTONIC);
    char **rest = read_arguments(argv + 1);
    umask(0022);
    check_arguments();
    if (close_range(3, ~0U, 0) != 0)
        fail_call("Failed to call close range syscall");
    make_directories(root);
    copy_program();
    set_limits();
    join_cgroup();
    if (network != NULL)
        join_network();
    enter_jail(getenv(PATHS_VARIABLE));
    const char *folders[] = { "/", "/dev", "/dev/net", "/run" };
    for (size_t index = 0; index < sizeof(folders) / sizeof(folders[0]); index++)
        make_folder(folders[index]);
    make_device("/dev/net/tun", 10, 200);
    make_device("/dev/kvm", 10, 232);
    make_device("/dev/urandom", 1, 9);
    make_device("/dev/null", 1, 3);
    become_program(rest, (int)(argv + argc - rest), begun);
}
