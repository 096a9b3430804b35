/*
 * The first program of a guest in tests. It dials port 5000 of the host, says what process it is, and then does what it is told there, a
 * line at a time. When the connection ends it dials again, as in a copy of its machine, and ends the machine if it cannot.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>
#include <sys/mount.h>
#include <unistd.h>
#include <linux/vm_sockets.h>

#define MODULES "/lib/nex/modules/"

static int dial(unsigned int number)
{
    struct sockaddr_vm address = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_HOST, .svm_port = number };
    int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static int write_all(int fd, const char *bytes, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t count = write(fd, bytes + done, length - done);
        if (count <= 0)
            return -1;
        done += (size_t)count;
    }
    return 0;
}

static void say(int fd, const char *text)
{
    if (write_all(fd, text, strlen(text)) == 0)
        write_all(fd, "\n", 1);
}

/* Sends everything back until the other end has no more, and then ends too. */
static void echo(int fd)
{
    static char bytes[65536];
    ssize_t count;
    while ((count = read(fd, bytes, sizeof(bytes))) > 0)
        if (write_all(fd, bytes, (size_t)count) != 0)
            break;
    close(fd);
}

/* Echoes on connections to a port, each in a process of its own. */
static int serve(unsigned int number)
{
    struct sockaddr_vm address = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = number };
    int listener = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(listener, SOMAXCONN) != 0)
        return -1;
    if (fork() == 0) {
        int fd;
        while ((fd = accept(listener, NULL, NULL)) >= 0) {
            if (fork() == 0) {
                echo(fd);
                _exit(0);
            }
            close(fd);
        }
        _exit(1);
    }
    close(listener);
    return 0;
}

/* Dials a port and sends without end, to who may not read; tells what it could send at once. */
static void flood(int link, unsigned int number)
{
    static char bytes[4096];
    int fd = dial(number);
    if (fork() == 0) {
        while (write(fd, bytes, sizeof(bytes)) > 0)
            ;
        _exit(0);
    }
    close(fd);
    say(link, fd < 0 ? "refused" : "flooding");
}

static void load_module(const char *name)
{
    char path[sizeof(MODULES) + 256 + 4];
    snprintf(path, sizeof(path), MODULES "%s.ko", name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        syscall(SYS_finit_module, fd, "", 0);
        close(fd);
    }
}

/* As the agent of Nex does: what is not listed is not loaded. */
static void load_modules(void)
{
    char line[256];
    FILE *order = fopen(MODULES "load-order", "re");
    while (order != NULL && fgets(line, sizeof(line), order) != NULL) {
        line[strcspn(line, " \n")] = '\0';
        load_module(line);
    }
    if (order != NULL)
        fclose(order);
}

/* Answers with the first bytes of the first drive, or the reason why there are none. */
static void read_drive(int link)
{
    char text[64] = "";
    mkdir("/devices", 0700);
    mount("devtmpfs", "/devices", "devtmpfs", 0, NULL);
    int fd = open("/devices/vda", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, text, 16) <= 0)
        snprintf(text, sizeof(text), "%s", strerror(errno));
    text[strcspn(text, "\n")] = '\0';
    say(link, text);
    if (fd >= 0)
        close(fd);
    umount("/devices");
}

static void obey(int link, const char *line)
{
    unsigned int number = 0;
    if (sscanf(line, "serve %u", &number) == 1) {
        say(link, serve(number) == 0 ? "serving" : strerror(errno));
    } else if (sscanf(line, "flood %u", &number) == 1) {
        flood(link, number);
    } else if (strcmp(line, "drive") == 0) {
        read_drive(link);
    } else if (strcmp(line, "kill") == 0) {
        kill(-1, SIGKILL);
        say(link, "killed");
    } else if (strcmp(line, "reboot") == 0) {
        reboot(RB_AUTOBOOT);
    } else if (strcmp(line, "poweroff") == 0) {
        reboot(RB_POWER_OFF);
    } else if (strcmp(line, "exit") == 0) {
        _exit(3);
    } else {
        say(link, line);
    }
}

int main(void)
{
    int link;
    signal(SIGCHLD, SIG_IGN);
    load_modules();
    puts("console: up");
    fflush(stdout);
    while ((link = dial(5000)) >= 0) {
        char line[4096];
        FILE *lines = fdopen(link, "r");
        snprintf(line, sizeof(line), "hello %d", getpid());
        say(link, line);
        while (fgets(line, sizeof(line), lines) != NULL) {
            line[strcspn(line, "\n")] = '\0';
            obey(link, line);
        }
        fclose(lines);
    }
    reboot(RB_AUTOBOOT);
    return 1;
}
