/*
 * Behaves as a process or a tree of them: tree WHAT [ARGUMENT...]. It prints the ids that a test needs, each on a line, once they
 * stand for what the test waits for, and then runs until it is ended.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void say(const char *what, int number)
{
    printf("%s %d\n", what, number);
    fflush(stdout);
}

static int wait_forever(void)
{
    while (pause() != 0)
        ;
    return 0;
}

static void on_terminate(int signal)
{
    (void)signal;
    if (write(STDOUT_FILENO, "terminated\n", 11) < 0)
        _exit(1);
    _exit(7);
}

/* Ends by itself, and well, when it is asked to. */
static int be_polite(void)
{
    signal(SIGTERM, on_terminate);
    say("ready", getpid());
    return wait_forever();
}

/* Ends by SIGKILL only. */
static int be_stubborn(void)
{
    signal(SIGTERM, SIG_IGN);
    say("ready", getpid());
    return wait_forever();
}

/* Stops itself, as a debugger or job control does. */
static int be_stopped(void)
{
    signal(SIGTERM, on_terminate);
    say("ready", getpid());
    raise(SIGSTOP);
    return wait_forever();
}

/* A child in a session of its own, which ignores SIGTERM and has a child likewise. This process then waits, or ends if told to. */
static int have_children(int stay)
{
    int ready[2];
    char byte;
    if (pipe(ready) != 0)
        return 1;
    if (fork() == 0) {
        setsid();
        signal(SIGTERM, SIG_IGN);
        say("child", getpid());
        if (fork() == 0) {
            setsid();
            say("grandchild", getpid());
            if (write(ready[1], "", 1) != 1)
                _exit(1);
        }
        return wait_forever();
    }
    if (read(ready[0], &byte, 1) != 1)
        return 1;
    say("ready", getpid());
    return stay ? wait_forever() : 3;
}

/* A child in a session of its own, which ignores SIGTERM and never stops talking. This process waits, or ends if told to. */
static int have_chatter(int stay)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    int ready[2];
    char byte;
    if (pipe(ready) != 0)
        return 1;
    if (fork() == 0) {
        setsid();
        signal(SIGTERM, SIG_IGN);
        for (int count = 0;; count++) {
            say("alive", count);
            if (count == 0 && write(ready[1], "", 1) != 1)
                return 1;
            nanosleep(&pause, NULL);
        }
    }
    if (read(ready[0], &byte, 1) != 1)
        return 1;
    say("ready", getpid());
    return stay ? wait_forever() : 3;
}

/* An orphan that ends at once, while this process goes on. */
static int have_orphan(void)
{
    int child = fork();
    if (child == 0) {
        int orphan = fork();
        if (orphan == 0)
            _exit(0);
        say("orphan", orphan);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    say("ready", getpid());
    return wait_forever();
}

/* Starts the program that the other arguments name, tells its id, and waits. */
static int run(char **argv)
{
    int child = fork();
    if (child == 0) {
        execv(argv[0], argv);
        _exit(127);
    }
    dprintf(STDOUT_FILENO, "child %d\n", child);
    waitpid(child, NULL, 0);
    return wait_forever();
}

/* Renames itself, to be told from others by nobody who does not count parentheses. */
static int rename_itself(const char *name)
{
    prctl(PR_SET_NAME, name);
    say("ready", getpid());
    return wait_forever();
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "polite") == 0)
        return be_polite();
    if (strcmp(what, "stubborn") == 0)
        return be_stubborn();
    if (strcmp(what, "stopped") == 0)
        return be_stopped();
    if (strcmp(what, "children") == 0)
        return have_children(1);
    if (strcmp(what, "abandon") == 0)
        return have_children(0);
    if (strcmp(what, "chatter") == 0)
        return have_chatter(argc > 2 && strcmp(argv[2], "stay") == 0);
    if (strcmp(what, "orphan") == 0)
        return have_orphan();
    if (strcmp(what, "name") == 0 && argc > 2)
        return rename_itself(argv[2]);
    if (strcmp(what, "signal") == 0 && argc > 2)
        return raise(atoi(argv[2]));
    if (strcmp(what, "run") == 0 && argc > 2)
        return run(argv + 2);
    return 2;
}
