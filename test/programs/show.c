/* Shows what it was given: show WHAT [ANYTHING...]. Arguments and variables end with a NUL byte each. */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

extern char **environ;

static void show_strings(char **strings)
{
    for (; *strings != NULL; strings++)
        fwrite(*strings, 1, strlen(*strings) + 1, stdout);
}

/* The open descriptors, but for the one that lists them. */
static void show_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    struct dirent *entry;
    while (directory != NULL && (entry = readdir(directory)) != NULL)
        if (entry->d_name[0] != '.' && atoi(entry->d_name) != dirfd(directory))
            printf("%s\n", entry->d_name);
}

/* The lines of /proc/self/status that begin with a name. */
static void show_status(const char *name)
{
    char line[4096];
    FILE *status = fopen("/proc/self/status", "r");
    while (status != NULL && fgets(line, sizeof line, status) != NULL)
        if (strncmp(line, name, strlen(name)) == 0)
            fputs(line, stdout);
}

/* The limits of the number of processes. */
static void show_limits(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NPROC, &limit) == 0)
        printf("%lu %lu\n", (unsigned long)limit.rlim_cur, (unsigned long)limit.rlim_max);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    char directory[4096];

    if (strcmp(what, "arguments") == 0)
        show_strings(argv);
    else if (strcmp(what, "environment") == 0)
        show_strings(environ);
    else if (strcmp(what, "directory") == 0)
        puts(getcwd(directory, sizeof directory));
    else if (strcmp(what, "descriptors") == 0)
        show_descriptors();
    else if (strcmp(what, "group") == 0)
        printf("%d %d %d\n", getpid(), getpgrp(), getsid(0));
    else if (strcmp(what, "limits") == 0)
        show_limits();
    else if (strcmp(what, "status") == 0 && argc > 2)
        show_status(argv[2]);
    else if (strcmp(what, "input") == 0)
        for (int character; (character = getchar()) != EOF;)
            putchar(character);
    else
        return 2;
    return 0;
}
