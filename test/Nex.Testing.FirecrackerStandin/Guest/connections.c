/* The connections between sockets of this guest and the host, and the listeners for those that the guest opens. */
#define _GNU_SOURCE
#include "standin.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/vm_sockets.h>

/* What may be on its way in one direction of one connection. */
#define WINDOW 65536

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

/* Those that were added last to what is waited for. */
static struct connection *awaited[MAX_CONNECTIONS];
static int awaited_connections, awaited_listeners;

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

uint32_t number_at(const uint8_t *bytes)
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
    return connection->state == CONNECTED && !connection->local_ended && connection->credit > 0 && !is_output_full();
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
    need_init();
}

void begin_epoch(uint16_t number, const uint8_t *ports, size_t length)
{
    begin_output(number);
    take_ports(ports, length);
    for (struct connection *connection = connections; connection != NULL; connection = connection->next)
        connection->broken = 1;
    send_frame(EPOCH, 0, NULL, 0);
}

void take_frame(enum frame type, uint32_t id, const uint8_t *payload, size_t length)
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

/* --- what is waited for ----------------------------------------------------------------------------------------------- */

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

int add_entries(struct pollfd *entries)
{
    int count = 0;
    for (int index = 0; index < listener_count; index++)
        entries[count++] = (struct pollfd){ .fd = connection_count < MAX_CONNECTIONS ? listeners[index].fd : -1, .events = POLLIN };
    awaited_listeners = listener_count;
    awaited_connections = 0;
    for (struct connection *connection = connections; connection != NULL; connection = connection->next) {
        short events = events_of(connection);
        awaited[awaited_connections++] = connection;
        /* A connection of which nothing is wanted would still tell that it has ended, again and again. */
        entries[count++] = (struct pollfd){ .fd = events == 0 ? -1 : connection->fd, .events = events };
    }
    return count;
}

void accept_new(const struct pollfd *entries)
{
    for (int index = 0; index < awaited_listeners; index++)
        if (entries[index].revents != 0)
            accept_from(listeners[index].fd, listeners[index].number);
}

void serve_all(const struct pollfd *entries)
{
    for (int index = 0; index < awaited_connections; index++)
        serve(awaited[index], entries[awaited_listeners + index].revents);
    sweep();
}
