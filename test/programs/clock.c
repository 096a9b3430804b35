/* Says what time it is, in milliseconds, each time at once: as often as it is told, every ten milliseconds. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv)
{
    const struct timespec pause = {.tv_nsec = 10000000};
    for (int count = argc > 1 ? atoi(argv[1]) : 1; count > 0; count--) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        printf("%lld\n", (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000);
        fflush(stdout);
        nanosleep(&pause, NULL);
    }
    return 0;
}
