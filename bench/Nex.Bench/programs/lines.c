/*
 * lines COUNT FIFO [RATE]: makes the FIFO and says "ready"; once somebody has opened the FIFO for writing, it writes COUNT lines as fast as
 * they are taken, or RATE a second, and ends. So nothing is written before there is a reader for it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

enum { MILLISECOND = 1000000, SECOND = 1000000000 };

/* Waits for the next millisecond; where one was missed, there is no wait. */
static void wait_for(struct timespec *next)
{
    fflush(stdout);
    next->tv_nsec += MILLISECOND;
    if (next->tv_nsec >= SECOND) {
        next->tv_nsec -= SECOND;
        next->tv_sec++;
    }
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, next, NULL);
}

int main(int argc, char **argv)
{
    struct timespec next;
    if (argc < 3 || mkfifo(argv[2], 0600) != 0)
        return 2;
    puts("ready");
    fflush(stdout);
    if (open(argv[2], O_RDONLY) < 0)
        return 1;
    long count = atol(argv[1]);
    long each = argc > 3 ? atol(argv[3]) / 1000 : count + 1;
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (long line = 1; line <= count; line++) {
        printf("line %06ld of a program that writes as fast as it can\n", line);
        if (line % each == 0)
            wait_for(&next);
    }
    return 0;
}
