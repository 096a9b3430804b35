/* The serial port to the host, and the frames on it. */
#define _GNU_SOURCE
#include "standin.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEVICES HOME "/dev"
/* As the kernel names it: how many devices come before it depends on the machine. */
#define PORT_PREFIX "vport"

#define FRAME_END 0x7e
#define FRAME_ESCAPE 0x7d
#define FRAME_FLIP 0x20
#define FRAME_HEAD 9
/* Above this the connections are not read. Credits and ends are still queued: there are few of them for each connection. */
#define OUT_FULL 65536

int port = -1, device_watch = -1, port_is_coming;

static int devices = -1;
static uint16_t epoch;
static uint8_t *out;
static size_t out_start, out_length, out_size;
static uint8_t frame[FRAME_HEAD + MAX_PAYLOAD];
static size_t frame_length;
static int frame_escaped, frame_too_long;

/* The guest's init must not find anything of ours: the devices are seen through a mount that is gone when it starts. */
void open_devices(void)
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
void try_open_port(void)
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

void send_frame(enum frame type, uint32_t id, const void *payload, size_t length)
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

void send_number(enum frame type, uint32_t id, uint32_t number)
{
    const uint8_t payload[4] = { number & 0xff, number >> 8 & 0xff, number >> 16 & 0xff, number >> 24 };
    send_frame(type, id, payload, sizeof(payload));
}

void write_port(void)
{
    while (out_length > 0) {
        ssize_t count = write(port, out + out_start, out_length);
        if (count <= 0)
            return;
        out_start += (size_t)count;
        out_length -= (size_t)count;
    }
}

void begin_output(uint16_t number)
{
    epoch = number;
    out_length = 0;
}

int has_output(void)
{
    return out_length > 0;
}

int is_output_full(void)
{
    return out_length >= OUT_FULL;
}

/* --- frames from the host --------------------------------------------------------------------------------------------- */

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

void read_port(void)
{
    uint8_t bytes[16384];
    ssize_t count;
    while ((count = read(port, bytes, sizeof(bytes))) > 0)
        for (ssize_t index = 0; index < count; index++)
            take_byte(bytes[index]);
}
