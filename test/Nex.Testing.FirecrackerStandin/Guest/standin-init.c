/*
 * Process 1 of a guest of firecracker-standin. It gives the guest what Firecracker's vsock device would: whoever dials the host reaches
 * what listens there, and the host reaches listeners in the guest. QEMU has no such device without the host's help, so this program listens
 * in the guest itself (vsock loopback) on the ports on which somebody listens on the host, and carries the connections over one virtio
 * serial port; ../Vsock has the other end and the format.
 *
 * The guest's own init runs as process 1 of a pid namespace of its own: it can kill everything that it sees, and this program goes on.
 */
#define _GNU_SOURCE
#include "standin.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where the guests of Nex keep their modules. */
#define GUEST_MODULES "/lib/nex/modules/"
/* The driver of a real vsock device: once it is loaded, the host is no more to be found on the loopback. */
#define GUEST_TRANSPORT "vmw_vsock_virtio_transport"

#define MAX_LINE 256
/* How long to wait for what nothing tells of, in milliseconds. */
#define PAUSE 10

static char init_path[MAX_LINE] = "/init";
static char **init_arguments;
static pid_t init;

void complain(const char *what, const char *which)
{
    fprintf(stderr, "standin-init: %s %s: %s\n", what, which, strerror(errno));
}

void *allocate(void *old, size_t size)
{
    void *memory = realloc(old, size);
    if (memory == NULL) {
        complain("allocate", "memory");
        _exit(1);
    }
    return memory;
}

/* --- what the host sent along ----------------------------------------------------------------------------------------- */

static void load_module(const char *name)
{
    char path[sizeof(HOME) + MAX_LINE];
    snprintf(path, sizeof(path), HOME "/%s", name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    /* The guest's kernel may have it built in, and its init may have it loaded: both are fine. */
    if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) != 0 && errno != EEXIST))
        complain("load", name);
    if (fd >= 0)
        close(fd);
    unlink(path);
}

/* A line is `module FILE` or `init PATH`. */
static void read_configuration(void)
{
    char line[MAX_LINE];
    FILE *file = fopen(HOME "/config", "re");
    if (file == NULL) {
        complain("open", HOME "/config");
        return;
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "module ", 7) == 0)
            load_module(line + 7);
        else if (strncmp(line, "init ", 5) == 0)
            snprintf(init_path, sizeof(init_path), "%s", line + 5);
    }
    fclose(file);
    unlink(HOME "/config");
}

/* A line of the file names a module, and behind it those that it needs. */
static void hide_transport(void)
{
    static char kept[65536];
    char line[4096];
    size_t length = 0, name = strlen(GUEST_TRANSPORT);
    FILE *order = fopen(GUEST_MODULES "load-order", "r+e");
    unlink(GUEST_MODULES GUEST_TRANSPORT ".ko");
    if (order == NULL)
        return;
    while (fgets(line, sizeof(line), order) != NULL && length + sizeof(line) <= sizeof(kept))
        if (strncmp(line, GUEST_TRANSPORT, name) != 0 || (line[name] != ' ' && line[name] != '\n'))
            length += (size_t)snprintf(kept + length, sizeof(line), "%s", line);
    rewind(order);
    if (fwrite(kept, 1, length, order) != length || fflush(order) != 0 || ftruncate(fileno(order), (off_t)length) != 0)
        complain("write", GUEST_MODULES "load-order");
    fclose(order);
}

/* --- the guest's init ------------------------------------------------------------------------------------------------- */

void need_init(void)
{
    if (init != 0)
        return;
    if (unshare(CLONE_NEWPID) != 0)
        complain("make", "a pid namespace");
    init = fork();
    if (init == 0) {
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        init_arguments[0] = init_path;
        execv(init_path, init_arguments);
        complain("execute", init_path);
        _exit(127);
    }
    if (init < 0) {
        complain("start", init_path);
        _exit(1);
    }
}

/* In its namespace, reboot(2) ends init by a signal that says which; what else ends it would be a panic of the kernel. */
static void end_as_init_did(int status)
{
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGHUP)
        reboot(RB_AUTOBOOT);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGINT)
        reboot(RB_POWER_OFF);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static void reap(int signals)
{
    struct signalfd_siginfo info;
    int status;
    pid_t pid;
    while (read(signals, &info, sizeof(info)) > 0)
        ;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        if (pid == init)
            end_as_init_did(status);
}

/* --- the loop --------------------------------------------------------------------------------------------------------- */

static void run(int signals)
{
    static struct pollfd entries[2 + MAX_LISTENERS + MAX_CONNECTIONS];
    int port_is_deaf = 0;
    for (;;) {
        entries[0] = (struct pollfd){ .fd = signals, .events = POLLIN };
        /* Until QEMU has said that its end is connected, the port is readable all the time, and there is nothing. */
        entries[1] = (struct pollfd){ .fd = port < 0 ? device_watch : port_is_deaf ? -1 : port,
                                      .events = (short)(POLLIN | (port >= 0 && has_output() ? POLLOUT : 0)) };
        int count = 2 + add_entries(entries + 2), ready = poll(entries, (nfds_t)count, port_is_deaf || port_is_coming ? PAUSE : -1);
        if (ready < 0 && errno != EINTR)
            complain("wait for", "connections");
        if (ready < 0)
            continue;

        reap(signals);
        if (port < 0)
            try_open_port();
        port_is_deaf = port >= 0 && (entries[1].revents & (POLLHUP | POLLIN)) == POLLHUP;
        accept_new(entries + 2);
        /* This may change the listeners. */
        if (port >= 0)
            read_port();
        serve_all(entries + 2);
        if (port >= 0)
            write_port();
    }
}

int main(int argc, char **argv)
{
    (void)argc;
    init_arguments = argv;
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    int signals = signalfd(-1, &child, SFD_NONBLOCK | SFD_CLOEXEC);
    read_configuration();
    hide_transport();
    open_devices();
    unlink("/standin-init");
    rmdir(HOME);
    try_open_port();
    run(signals);
}
