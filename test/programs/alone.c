/* Exits with the code in its first argument, or with 66 where it has run in this directory before: each agent gives its workload one of its own. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    if (open("alone", O_CREAT | O_EXCL | O_WRONLY, 0600) < 0 && errno == EEXIST)
        return 66;
    return argc > 1 ? atoi(argv[1]) : 0;
}
