/*
 * Process 1 of a guest of firecracker-standin. It gives the guest what Firecracker's vsock device would: whoever dials the host reaches
 * what listens there, and the host reaches listeners in the guest. QEMU has no such device without the host's help, so this program listens
 * in the guest itself (vsock loopback) on the ports on which somebody listens on the host, and carries the connections over one virtio
 * serial port; ../Vsock has the other end and the format.
 *
 * The guest's own init runs as process 1 of a pid namespace of its own: it can kill everything that it sees, and this program goes on.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/vm_sockets.h>

#define HOME "/.standin"
#define DEVICES HOME "/dev"
/* As the kernel names it: how many devices come before it depends on the machine. */
#define PORT_PREFIX "vport"

/* Where the guests of Nex keep their modules. */
#define GUEST_MODULES "/lib/nex/modules/"
/* The driver of a real vsock device: once it is loaded, the host is no more to be found on the loopback. */
#define GUEST_TRANSPORT "vmw_vsock_virtio_transport"

#define MAX_LISTENERS 64
#define MAX_LINE 256
#define FRAME_END 0x7e
#define FRAME_ESCAPE 0x7d
#define FRAME_FLIP 0x20
#define FRAME_HEAD 9
#define MAX_PAYLOAD 8192
/* What may be on its way in one direction of one connection. */
#define WINDOW 65536
/* Above this the connections are not read. Credits and ends are still queued: there are few of them for each connection. */
#define OUT_FULL 65536
/* What descriptors there are at most: listeners, connections, and our own. */
#define MAX_CONNECTIONS 1024

enum frame { OPEN = 1, OPENED, DATA, CREDIT, END, RESET, EPOCH, PORTS };

enum state { ASKED, CONNECTING, CONNECTED };

struct connection {
    struct connection *next;
    uint32_t id;
    int fd;
    enum state state;
    /* Bytes for the local socket that it has not taken yet. */
    uint8_t *in;
    size_t in_start, in_length;
    /* What it has taken since the host was last told. */
    size_t taken;
    /* How much the host can still take. */
    size_t credit;
    int local_ended, host_ended, write_closed, broken;
};

static struct {
    int fd;
    uint32_t number;
} listeners[MAX_LISTENERS];
static int listener_count;

static struct connection *connections;
static int connection_count;
static uint32_t last_id;
static uint16_t epoch;

static int port = -1, port_is_coming;
static int devices = -1, device_watch = -1;
static uint8_t *out;
static size_t out_start, out_length, out_size;
static uint8_t frame[FRAME_HEAD + MAX_PAYLOAD];
static size_t frame_length;
static int frame_escaped, frame_too_long;

static char init_path[MAX_LINE] = "/init";
static char **init_arguments;
static pid_t init;

static void complain(const char *what, const char *which)
{
    fprintf(stderr, "standin-init: %s %s: %s\n", what, which, strerror(errno));
}

static void *allocate(void *old, size_t size)
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

/* The guest's init must not find anything of ours: the devices are seen through a mount that is gone when it starts. */
static void open_devices(void)
{
    mkdir(DEVICES, 0700);
    device_watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (mount("devtmpfs", DEVICES, "devtmpfs", MS_NOSUID | MS_NOEXEC, NULL) != 0 ||
        inotify_add_watch(device_watch, DEVICES, IN_CREATE) < 0 ||
        (devices = open(DEVICES, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        complain("open", DEVICES);
    umount2(DEVICES, MNT_DETACH);
    rmdir(DEVICES);
}

/*
 * The kernel makes the port's device a moment after the modules are loaded, and it can be opened another moment later, of which nothing
 * tells.
 */
static void try_open_port(void)
{
    uint8_t events[4096];
    while (read(device_watch, events, sizeof(events)) > 0)
        ;
    DIR *directory = fdopendir(openat(devices, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    struct dirent *entry;
    port_is_coming = 0;
    while (directory != NULL && port < 0 && (entry = readdir(directory)) != NULL)
        if (strncmp(entry->d_name, PORT_PREFIX, strlen(PORT_PREFIX)) == 0 &&
            (port = openat(devices, entry->d_name, O_RDWR | O_NONBLOCK | O_CLOEXEC)) < 0) {
            port_is_coming = errno == ENXIO;
            if (!port_is_coming)
                complain("open", entry->d_name);
        }
    if (directory != NULL)
        closedir(directory);
}

/* --- the guest's init ------------------------------------------------------------------------------------------------- */

static void start_init(void)
{
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

/* --- frames to the host ----------------------------------------------------------------------------------------------- */

static void put(uint8_t byte)
{
    if (byte == FRAME_END || byte == FRAME_ESCAPE) {
        out[out_start + out_length++] = FRAME_ESCAPE;
        byte ^= FRAME_FLIP;
    }
    out[out_start + out_length++] = byte;
}

static void make_room(size_t payload)
{
    size_t most = 2 * (FRAME_HEAD + payload) + 2;
    if (out_start > 0 && (out_length == 0 || out_start + out_length + most > out_size)) {
        memmove(out, out + out_start, out_length);
        out_start = 0;
    }
    if (out_length + most > out_size) {
        out_size = 2 * (out_length + most);
        out = allocate(out, out_size);
    }
}

static void send_frame(enum frame type, uint32_t id, const void *payload, size_t length)
{
    const uint8_t head[FRAME_HEAD] = {
        type, epoch & 0xff, epoch >> 8, id & 0xff, id >> 8 & 0xff, id >> 16 & 0xff, id >> 24, length & 0xff, length >> 8,
    };
    make_room(length);
    out[out_start + out_length++] = FRAME_END;
    for (size_t index = 0; index < FRAME_HEAD; index++)
        put(head[index]);
    for (size_t index = 0; index < length; index++)
        put(((const uint8_t *)payload)[index]);
    out[out_start + out_length++] = FRAME_END;
}

static void send_number(enum frame type, uint32_t id, uint32_t number)
{
    const uint8_t payload[4] = { number & 0xff, number >> 8 & 0xff, number >> 16 & 0xff, number >> 24 };
    send_frame(type, id, payload, sizeof(payload));
}

static void write_port(void)
{
    while (out_length > 0) {
        ssize_t count = write(port, out + out_start, out_length);
        if (count <= 0)
            return;
        out_start += (size_t)count;
        out_length -= (size_t)count;
    }
}

/* --- connections ------------------------------------------------------------------------------------------------------ */

static struct connection *add_connection(int fd, uint32_t id, enum state state)
{
    struct connection *connection = allocate(NULL, sizeof(*connection));
    *connection = (struct connection){ .next = connections, .id = id, .fd = fd, .state = state, .credit = WINDOW };
    connections = connection;
    connection_count++;
    return connection;
}

static struct connection *find_connection(uint32_t id)
{
    struct connection *connection = connections;
    while (connection != NULL && (connection->id != id || connection->broken))
        connection = connection->next;
    return connection;
}

/* It is freed by sweep(), so that no loop loses its place. */
static void reset(struct connection *connection)
{
    connection->broken = 1;
    send_frame(RESET, connection->id, NULL, 0);
}

static void sweep(void)
{
    struct connection **place = &connections;
    while (*place != NULL) {
        struct connection *connection = *place;
        int done = connection->local_ended && connection->write_closed;
        if (!connection->broken && !done) {
            place = &connection->next;
            continue;
        }
        *place = connection->next;
        connection_count--;
        close(connection->fd);
        free(connection->in);
        free(connection);
    }
}

static uint32_t number_at(const uint8_t *bytes)
{
    return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static int contains(const uint8_t *numbers, size_t length, uint32_t number)
{
    for (size_t place = 0; place + 4 <= length; place += 4)
        if (number_at(numbers + place) == number)
            return 1;
    return 0;
}

static int has_listener(uint32_t number)
{
    for (int index = 0; index < listener_count; index++)
        if (listeners[index].number == number)
            return 1;
    return 0;
}

static void listen_on(uint32_t number)
{
    struct sockaddr_vm address = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = number };
    int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || listener_count == MAX_LISTENERS || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(fd, SOMAXCONN) != 0) {
        complain("listen on", "a vsock port");
        close(fd);
        return;
    }
    listeners[listener_count].fd = fd;
    listeners[listener_count++].number = number;
}

/* Who dials another port is refused by the kernel, as by a host on which nobody listens. */
static void listen_on_all(const uint8_t *numbers, size_t length)
{
    for (int index = listener_count - 1; index >= 0; index--)
        if (!contains(numbers, length, listeners[index].number)) {
            close(listeners[index].fd);
            listeners[index] = listeners[--listener_count];
        }
    for (size_t place = 0; place + 4 <= length; place += 4)
        if (!has_listener(number_at(numbers + place)))
            listen_on(number_at(numbers + place));
}

static void accept_from(int fd, uint32_t number)
{
    int accepted;
    while (connection_count < MAX_CONNECTIONS && (accepted = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        last_id = (last_id + 1) & 0x7fffffff;
        add_connection(accepted, last_id | 0x80000000, ASKED);
        send_number(OPEN, last_id | 0x80000000, number);
    }
}

static void connect_to(uint32_t id, uint32_t number)
{
    struct sockaddr_vm address = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_LOCAL, .svm_port = number };
    int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    /* Our own listeners are none of the guest's. */
    if (fd < 0 || connection_count == MAX_CONNECTIONS || has_listener(number) ||
        (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0 && errno != EINPROGRESS)) {
        if (fd >= 0)
            close(fd);
        send_frame(RESET, id, NULL, 0);
        return;
    }
    add_connection(fd, id, CONNECTING);
}

static void finish_connect(struct connection *connection)
{
    struct sockaddr_vm address;
    socklen_t length = sizeof(address);
    int error = 0;
    socklen_t error_length = sizeof(error);
    if (getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error, &error_length) != 0 || error != 0 ||
        getsockname(connection->fd, (struct sockaddr *)&address, &length) != 0) {
        reset(connection);
        return;
    }
    connection->state = CONNECTED;
    send_number(OPENED, connection->id, address.svm_port);
}

static int can_read(const struct connection *connection)
{
    return connection->state == CONNECTED && !connection->local_ended && connection->credit > 0 && out_length < OUT_FULL;
}

static void read_local(struct connection *connection)
{
    uint8_t bytes[MAX_PAYLOAD];
    while (can_read(connection)) {
        size_t most = connection->credit < sizeof(bytes) ? connection->credit : sizeof(bytes);
        ssize_t count = read(connection->fd, bytes, most);
        if (count > 0) {
            connection->credit -= (size_t)count;
            send_frame(DATA, connection->id, bytes, (size_t)count);
        } else if (count == 0) {
            connection->local_ended = 1;
            send_frame(END, connection->id, NULL, 0);
        } else {
            if (errno != EAGAIN)
                reset(connection);
            return;
        }
    }
}

static void write_local(struct connection *connection)
{
    while (connection->in_length > 0) {
        ssize_t count = send(connection->fd, connection->in + connection->in_start, connection->in_length, MSG_NOSIGNAL);
        if (count <= 0) {
            if (errno != EAGAIN)
                reset(connection);
            return;
        }
        connection->in_start += (size_t)count;
        connection->in_length -= (size_t)count;
        connection->taken += (size_t)count;
    }
    if (connection->host_ended && !connection->write_closed) {
        shutdown(connection->fd, SHUT_WR);
        connection->write_closed = 1;
    }
}

static void give_credit(struct connection *connection)
{
    if (!connection->broken && connection->taken >= WINDOW / 4) {
        send_number(CREDIT, connection->id, (uint32_t)connection->taken);
        connection->taken = 0;
    }
}

/* --- frames from the host --------------------------------------------------------------------------------------------- */

static void keep(struct connection *connection, const uint8_t *bytes, size_t length)
{
    if (connection->in_length + length > WINDOW) {
        reset(connection);
        return;
    }
    if (connection->in == NULL)
        connection->in = allocate(NULL, WINDOW);
    if (connection->in_start + connection->in_length + length > WINDOW) {
        memmove(connection->in, connection->in + connection->in_start, connection->in_length);
        connection->in_start = 0;
    }
    memcpy(connection->in + connection->in_start + connection->in_length, bytes, length);
    connection->in_length += length;
}

/* Init is not started before: what it dials at once must be there. */
static void take_ports(const uint8_t *numbers, size_t length)
{
    listen_on_all(numbers, length);
    if (init == 0)
        start_init();
}

/* This machine is a copy of another now, and none of its connections is to anybody. */
static void begin_epoch(uint16_t number, const uint8_t *ports, size_t length)
{
    epoch = number;
    take_ports(ports, length);
    out_length = 0;
    for (struct connection *connection = connections; connection != NULL; connection = connection->next)
        connection->broken = 1;
    send_frame(EPOCH, 0, NULL, 0);
}

static void take_frame(enum frame type, uint32_t id, const uint8_t *payload, size_t length)
{
    uint32_t number = length >= 4 ? number_at(payload) : 0;
    struct connection *connection = find_connection(id);
    if (type == PORTS) {
        take_ports(payload, length);
        return;
    }
    if (type == OPEN && connection == NULL) {
        connect_to(id, number);
        return;
    }
    if (connection == NULL)
        return;
    switch (type) {
    case OPENED:
        connection->state = CONNECTED;
        break;
    case DATA:
        keep(connection, payload, length);
        break;
    case CREDIT:
        connection->credit += number;
        break;
    case END:
        connection->host_ended = 1;
        break;
    case RESET:
        connection->broken = 1;
        break;
    default:
        break;
    }
}

/* What is cut off, as by a snapshot in the middle of it, has another length than it says. */
static void end_frame(void)
{
    uint16_t frame_epoch = (uint16_t)(frame[1] | frame[2] << 8);
    uint32_t id = frame[3] | frame[4] << 8 | frame[5] << 16 | (uint32_t)frame[6] << 24;
    size_t length = frame[7] | (size_t)frame[8] << 8;
    if (frame_length >= FRAME_HEAD && !frame_too_long && frame_length == FRAME_HEAD + length) {
        if (frame[0] == EPOCH)
            begin_epoch(frame_epoch, frame + FRAME_HEAD, length);
        else if (frame_epoch == epoch)
            take_frame(frame[0], id, frame + FRAME_HEAD, length);
    }
    frame_length = 0;
    frame_escaped = frame_too_long = 0;
}

static void take_byte(uint8_t byte)
{
    if (byte == FRAME_END) {
        end_frame();
    } else if (byte == FRAME_ESCAPE) {
        frame_escaped = 1;
    } else if (frame_length == sizeof(frame)) {
        frame_too_long = 1;
    } else {
        frame[frame_length++] = frame_escaped ? byte ^ FRAME_FLIP : byte;
        frame_escaped = 0;
    }
}

static void read_port(void)
{
    uint8_t bytes[16384];
    ssize_t count;
    while ((count = read(port, bytes, sizeof(bytes))) > 0)
        for (ssize_t index = 0; index < count; index++)
            take_byte(bytes[index]);
}

/* --- the loop --------------------------------------------------------------------------------------------------------- */

static short events_of(const struct connection *connection)
{
    if (connection->state == CONNECTING)
        return POLLOUT;
    return (short)((can_read(connection) ? POLLIN : 0) | (connection->in_length > 0 ? POLLOUT : 0));
}

static void serve(struct connection *connection, short events)
{
    if (connection->broken)
        return;
    if (connection->state == CONNECTING && events != 0)
        finish_connect(connection);
    else if ((events & POLLIN) != 0 || ((events & POLLHUP) != 0 && can_read(connection)))
        read_local(connection);
    if (!connection->broken && connection->state == CONNECTED)
        write_local(connection);
    give_credit(connection);
}

static void run(int signals)
{
    static struct pollfd entries[2 + MAX_LISTENERS + MAX_CONNECTIONS];
    static struct connection *served[MAX_CONNECTIONS];
    int port_is_deaf = 0;
    for (;;) {
        int count = 2, first_connection, ready;
        entries[0] = (struct pollfd){ .fd = signals, .events = POLLIN };
        /* Until QEMU has said that its end is connected, the port is readable all the time, and there is nothing. */
        entries[1] = (struct pollfd){ .fd = port < 0 ? device_watch : port_is_deaf ? -1 : port,
                                      .events = (short)(POLLIN | (port >= 0 && out_length > 0 ? POLLOUT : 0)) };
        for (int index = 0; index < listener_count; index++)
            entries[count++] = (struct pollfd){ .fd = connection_count < MAX_CONNECTIONS ? listeners[index].fd : -1, .events = POLLIN };
        first_connection = count;
        for (struct connection *connection = connections; connection != NULL; connection = connection->next) {
            served[count - first_connection] = connection;
            short events = events_of(connection);
            /* A connection of which nothing is wanted would still tell that it has ended, again and again. */
            entries[count++] = (struct pollfd){ .fd = events == 0 ? -1 : connection->fd, .events = events };
        }
        ready = poll(entries, (nfds_t)count, port_is_deaf || port_is_coming ? 10 : -1);
        if (ready < 0 && errno != EINTR)
            complain("wait for", "connections");
        if (ready < 0)
            continue;

        reap(signals);
        if (port < 0)
            try_open_port();
        port_is_deaf = port >= 0 && (entries[1].revents & (POLLHUP | POLLIN)) == POLLHUP;
        for (int index = 0; index < listener_count; index++)
            if (entries[2 + index].revents != 0)
                accept_from(listeners[index].fd, listeners[index].number);
        /* This may change the listeners. */
        if (port >= 0)
            read_port();
        for (int index = first_connection; index < count; index++)
            serve(served[index - first_connection], entries[index].revents);
        sweep();
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
