/* What the parts of standin-init share. */
#ifndef STANDIN_H
#define STANDIN_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#define HOME "/.standin"

/* Of one frame. */
#define MAX_PAYLOAD 8192
#define MAX_LISTENERS 64
/* What descriptors there are at most: listeners, connections, and our own. */
#define MAX_CONNECTIONS 1024

enum frame { OPEN = 1, OPENED, DATA, CREDIT, END, RESET, EPOCH, PORTS };

/* --- standin-init.c --------------------------------------------------------------------------------------------------- */

/* Says what failed, with the error of the last call. */
void complain(const char *what, const char *which);
void *allocate(void *old, size_t size);
/* Starts the guest's own init, unless it has been started. */
void need_init(void);

/* --- port.c ----------------------------------------------------------------------------------------------------------- */

/* The port to the host, or -1 while it is not there; what tells of it; and whether it will be, and nothing tells. */
extern int port, device_watch, port_is_coming;

void open_devices(void);
void try_open_port(void);
void send_frame(enum frame type, uint32_t id, const void *payload, size_t length);
void send_number(enum frame type, uint32_t id, uint32_t number);
/* Drops what has not been written, and is deaf to what is not of this epoch. */
void begin_output(uint16_t number);
/* Whether there is something to write, or even so much that nothing should be added. */
int has_output(void);
int is_output_full(void);
void write_port(void);
/* Hands the frames that have come to connections.c. */
void read_port(void);

/* --- connections.c ---------------------------------------------------------------------------------------------------- */

uint32_t number_at(const uint8_t *bytes);
/* This machine is a copy of another now, and none of its connections is to anybody. */
void begin_epoch(uint16_t number, const uint8_t *ports, size_t length);
void take_frame(enum frame type, uint32_t id, const uint8_t *payload, size_t length);
/* Adds what is waited for, and returns how many that is. */
int add_entries(struct pollfd *entries);
/* Both take the entries as they were added. */
void accept_new(const struct pollfd *entries);
void serve_all(const struct pollfd *entries);

#endif
