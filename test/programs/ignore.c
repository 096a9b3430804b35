/* Becomes another program, with a signal ignored: ignore SIGNAL PROGRAM [ARGUMENT...]. */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc < 3 || signal(atoi(argv[1]), SIG_IGN) == SIG_ERR)
        return 2;
    execv(argv[2], argv + 2);
    return 127;
}
