/*
 * lines COUNT FIFO: makes the FIFO and says "ready"; once somebody has opened the FIFO for writing, it writes COUNT lines as fast as they
 * are taken, and ends. So nothing is written before there is a reader for it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int main(int argc, char **argv)
{
    if (argc < 3 || mkfifo(argv[2], 0600) != 0)
        return 2;
    puts("ready");
    fflush(stdout);
    if (open(argv[2], O_RDONLY) < 0)
        return 1;
    long count = atol(argv[1]);
    for (long line = 1; line <= count; line++)
        printf("line %06ld of a program that writes as fast as it can\n", line);
    return 0;
}
