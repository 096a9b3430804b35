/*
 * tied PARENT PROGRAM [ARGUMENT...]: becomes a program that is killed when PARENT, which started it, ends in whatever way. PROGRAM is
 * looked for in PATH.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc < 3) {
        fputs("usage: tied PARENT PROGRAM [ARGUMENT...]\n", stderr);
        return 2;
    }
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) {
        perror("tied: prctl");
        return 1;
    }
    /* It may have ended before that. */
    if (getppid() != atoi(argv[1]))
        return 1;
    execvp(argv[2], argv + 2);
    fprintf(stderr, "tied: execute %s: %s\n", argv[2], strerror(errno));
    return 127;
}
