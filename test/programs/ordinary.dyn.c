/* What ordinary programs do, each thing a line: "can NAME", or "cannot NAME: REASON". */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <pthread.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/personality.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 8, ROUNDS = 200 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int rounds;

static void *work(void *none)
{
    for (int round = 0; round < ROUNDS; round++) {
        char *memory = calloc(1, 4096 + 1024 * (size_t)round);
        pthread_mutex_lock(&mutex);
        rounds += memory != NULL;
        pthread_mutex_unlock(&mutex);
        free(memory);
    }
    return none;
}

static int run_threads(void)
{
    pthread_t threads[THREADS];
    for (int index = 0; index < THREADS; index++)
        if ((errno = pthread_create(&threads[index], NULL, work, NULL)) != 0)
            return 0;
    for (int index = 0; index < THREADS; index++)
        pthread_join(threads[index], NULL);
    return rounds == THREADS * ROUNDS;
}

static int fork_and_wait(void)
{
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(7);
    return waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 7;
}

static int spawn_program(void)
{
    int status;
    pid_t child;
    char *const arguments[] = {"true", NULL};
    errno = posix_spawn(&child, "/usr/bin/true", NULL, NULL, arguments, NULL);
    return errno == 0 && waitpid(child, &status, 0) == child && status == 0 && system("exit 0") == 0;
}

/* To itself, over the loopback interface. */
static int connect_to_itself(int family, const char *address)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr *place = family == AF_INET ? (struct sockaddr *)&four : (struct sockaddr *)&six;
    socklen_t length = family == AF_INET ? sizeof four : sizeof six;
    char byte = 0;
    inet_pton(family, address, family == AF_INET ? (void *)&four.sin_addr : (void *)&six.sin6_addr);
    int listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), client = socket(family, SOCK_STREAM, IPPROTO_TCP);
    if (bind(listener, place, length) != 0 || listen(listener, 1) != 0 || getsockname(listener, place, &length) != 0 || connect(client, place, length) != 0)
        return 0;
    int server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    return write(client, "x", 1) == 1 && read(server, &byte, 1) == 1 && byte == 'x';
}

static int use_internet(void) { return connect_to_itself(AF_INET, "127.0.0.1"); }
static int use_internet6(void) { return access("/proc/net/if_inet6", R_OK) != 0 || connect_to_itself(AF_INET6, "::1"); }
static int use_datagrams(void) { return socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, IPPROTO_UDP) >= 0 && socket(AF_INET, SOCK_DGRAM, 0) >= 0; }

static int use_local_sockets(void)
{
    int ends[2];
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0 && write(ends[0], "x", 1) == 1 && socket(AF_UNIX, SOCK_DGRAM, 0) >= 0;
}

static int look_up_names(void)
{
    struct addrinfo *found = NULL, hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    return getaddrinfo("127.0.0.1", "80", NULL, &found) == 0 && getaddrinfo("localhost", NULL, &hints, &found) != EAI_SYSTEM;
}

static int list_interfaces(void)
{
    struct ifaddrs *first, *next;
    if (getifaddrs(&first) != 0)
        return 0;
    for (next = first; next != NULL && strcmp(next->ifa_name, "lo") != 0;)
        next = next->ifa_next;
    return next != NULL;
}

static int wait_for_events(void)
{
    sigset_t none;
    struct epoll_event event = {.events = EPOLLIN};
    struct itimerspec soon = {.it_value = {.tv_nsec = 1000}};
    sigemptyset(&none);
    int poller = epoll_create1(EPOLL_CLOEXEC), timer = timerfd_create(CLOCK_MONOTONIC, 0);
    return epoll_ctl(poller, EPOLL_CTL_ADD, timer, &event) == 0 && timerfd_settime(timer, 0, &soon, NULL) == 0 && epoll_wait(poller, &event, 1, -1) == 1
        && eventfd(0, EFD_CLOEXEC) >= 0 && signalfd(-1, &none, 0) >= 0 && inotify_init1(IN_CLOEXEC) >= 0;
}

static int map_memory(void)
{
    char random[16];
    int file = memfd_create("memory", MFD_CLOEXEC);
    void *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return ftruncate(file, 4096) == 0 && mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) != MAP_FAILED
        && mprotect(code, 4096, PROT_READ | PROT_EXEC) == 0 && getrandom(random, sizeof random, 0) == sizeof random
        && shm_open("/ordinary", O_RDWR | O_CREAT, 0600) >= 0;
}

static int open_terminal(void)
{
    int master, slave;
    struct termios settings;
    return openpty(&master, &slave, NULL, NULL, NULL) == 0 && tcgetattr(slave, &settings) == 0 && tcsetattr(slave, TCSANOW, &settings) == 0 && write(master, "x", 1) == 1;
}

static int trace_a_child(void)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        _exit(0);
    }
    return waitpid(child, &status, 0) == child && WIFSTOPPED(status) && ptrace(PTRACE_CONT, child, 0, 0) == 0 && waitpid(child, &status, 0) == child && status == 0;
}

static int keep_tables_apart(void) { return unshare(CLONE_FILES | CLONE_FS) == 0; }
static int ask_for_personality(void) { return personality(0xffffffff) == 0; }

int main(void)
{
    static const struct {
        const char *name;
        int (*act)(void);
    } things[] = {{"run threads", run_threads}, {"fork and wait", fork_and_wait}, {"spawn a program", spawn_program}, {"use the internet protocol", use_internet},
        {"use the internet protocol 6", use_internet6}, {"use datagrams", use_datagrams}, {"use local sockets", use_local_sockets},
        {"look up names", look_up_names}, {"list interfaces", list_interfaces}, {"wait for events", wait_for_events}, {"map memory", map_memory},
        {"open a terminal", open_terminal}, {"trace a child", trace_a_child}, {"keep tables apart", keep_tables_apart}, {"ask for its personality", ask_for_personality}};
    for (size_t index = 0; index < sizeof things / sizeof *things; index++) {
        errno = 0;
        if (things[index].act())
            printf("can %s\n", things[index].name);
        else
            printf("cannot %s: %s\n", things[index].name, strerror(errno));
        fflush(stdout);
    }
    return 0;
}
