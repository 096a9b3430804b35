/* The link of a machine to its node, for programs that are the first process of one. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <linux/vm_sockets.h>

/* One that is there already, or built into the kernel, is as good. */
static void load(const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "/lib/nex/modules/%s.ko", name);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        syscall(SYS_finit_module, file, "", 0);
        close(file);
    }
}

/* The port of the host that the kernel's command line names; 0 where the link is a serial port. */
static unsigned host_port(void)
{
    static char line[4096];
    unsigned port = 0;
    int file = open("/proc/cmdline", O_RDONLY);
    if (file >= 0 && read(file, line, sizeof line - 1) > 0) {
        const char *word = strstr(line, "nex.link=vsock:");
        if (word != NULL)
            sscanf(word, "nex.link=vsock:%u", &port);
    }
    return port;
}

static int try_connect(unsigned port)
{
    const struct sockaddr_vm host = {.svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_HOST, .svm_port = port};
    int link = socket(AF_VSOCK, SOCK_STREAM, 0);
    if (link >= 0 && connect(link, (const struct sockaddr *)&host, sizeof host) == 0)
        return link;
    if (link >= 0)
        close(link);
    return -1;
}

/* Waits until the host has made it. */
static int open_link(void)
{
    const char *modules[] = {"virtio_ring", "virtio", "virtio_mmio", "virtio_console", "vsock",
        "vmw_vsock_virtio_transport_common", "vmw_vsock_virtio_transport"};
    const struct timespec moment = {.tv_nsec = 1000000};

    mount("dev", "/dev", "devtmpfs", 0, NULL);
    mount("proc", "/proc", "proc", 0, NULL);
    for (size_t index = 0; index < sizeof modules / sizeof modules[0]; index++)
        load(modules[index]);

    unsigned port = host_port();
    int link;
    while ((link = port != 0 ? try_connect(port) : open("/dev/vport0p1", O_RDWR)) < 0)
        nanosleep(&moment, NULL);
    return link;
}
