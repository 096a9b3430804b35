/* The first process of a guest. It runs a dynamically linked program where there is one, or goes on from a disk where the kernel's command line
 * says so, tells the console, and restarts the machine, which ends it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void stop(const char *why)
{
    printf("guest: %s: %s\n", why, strerror(errno));
    fflush(stdout);
    reboot(RB_AUTOBOOT);
    _exit(1);
}

static void insert(const char *name)
{
    char path[256];
    int file;

    snprintf(path, sizeof path, "/lib/nex/modules/%s.ko", name);
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || (syscall(SYS_finit_module, file, "", 0) != 0 && errno != EEXIST))
        stop(path);
    close(file);
}

/* Loads a module and what stands behind its name in the order of loading. What is not listed is built in. */
static void load(const char *wanted)
{
    char line[4096];
    FILE *order = fopen("/lib/nex/modules/load-order", "re");

    if (!order)
        stop("load-order");
    while (fgets(line, sizeof line, order)) {
        char *rest, *name = strtok_r(line, " \n", &rest), *dependency;

        if (!name || strcmp(name, wanted))
            continue;
        while ((dependency = strtok_r(NULL, " \n", &rest)))
            insert(dependency);
        insert(name);
    }
    fclose(order);
}

static void go_on_from_disk(const char *type)
{
    load("virtio_mmio");
    load("virtio_blk");
    load(type);
    if (mount("devtmpfs", "/dev", "devtmpfs", 0, NULL) != 0 && errno != EBUSY)
        stop("devtmpfs");
    if (mount("/dev/vda", "/work", type, MS_RDONLY, NULL) != 0)
        stop("/dev/vda");
    if (chroot("/work") != 0 || chdir("/") != 0)
        stop("chroot");
    execl("/init", "/init", "on-disk", (char *)NULL);
    stop("/init of the disk");
}

static void run(const char *program)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        execl(program, program, (char *)NULL);
        stop(program);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        stop("the program failed");
}

int main(int count, char **arguments)
{
    char *type = getenv("nexroot");
    struct stat about;
    int on_disk = count > 1 && !strcmp(arguments[1], "on-disk");

    if (type && !on_disk)
        go_on_from_disk(type);
    if (stat("/init", &about) != 0 || about.st_uid != 0)
        stop("/init is not root's");
    if (access("/bin/hello", X_OK) == 0)
        run("/bin/hello");
    printf("guest: up %s\n", on_disk ? "from the disk" : "from memory");
    fflush(stdout);
    reboot(RB_AUTOBOOT);
    return 1;
}
