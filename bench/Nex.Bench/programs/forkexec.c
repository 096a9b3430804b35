/*
 * The least that it takes to start a program: for each byte on standard input it forks and executes the program in its arguments, and
 * writes to standard output how many nanoseconds passed from the fork until the program had been executed. A pipe that is closed by the
 * execution tells when that is. The program is killed before the next.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int argc, char **argv)
{
    char byte;
    if (argc < 2)
        return 2;
    while (read(STDIN_FILENO, &byte, 1) == 1) {
        int executed[2];
        if (pipe2(executed, O_CLOEXEC) != 0)
            return 1;
        int64_t begun = now();
        pid_t child = fork();
        if (child == 0) {
            execv(argv[1], argv + 1);
            if (write(executed[1], "", 1) != 1)
                _exit(126);
            _exit(127);
        }
        close(executed[1]);
        ssize_t failed = read(executed[0], &byte, 1);
        int64_t taken = now() - begun;
        close(executed[0]);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        if (child < 0 || failed != 0 || write(STDOUT_FILENO, &taken, sizeof taken) != sizeof taken)
            return 1;
    }
    return 0;
}
