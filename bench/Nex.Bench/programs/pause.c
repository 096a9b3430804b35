/* Prints its argument, where it has one, and waits to be ended. PADDING makes it as much larger, in bytes. */
#include <stdio.h>
#include <unistd.h>

#ifdef PADDING
__attribute__((used)) static const char padding[PADDING] = {1};
#endif

int main(int argc, char **argv)
{
    if (argc > 1) {
        puts(argv[1]);
        fflush(stdout);
    }
    for (;;)
        pause();
}
