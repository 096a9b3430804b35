/* A tree of as many processes as its argument says, this one included. Says so when they are there, and all wait to be ended. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    int processes = argc > 1 ? atoi(argv[1]) : 1;
    for (int child = 1; child < processes; child++) {
        pid_t pid = fork();
        if (pid < 0)
            return 1;
        if (pid == 0)
            for (;;)
                pause();
    }
    puts("ready");
    fflush(stdout);
    for (;;)
        pause();
}
