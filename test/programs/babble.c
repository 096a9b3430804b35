/* The first process of a machine that opens the link to its node, and writes to it for ever what is no message. */
#include "guest-link.h"

int main(void)
{
    const struct timespec moment = {.tv_nsec = 1000000};
    static char block[4096];
    int link = open_link();

    memset(block, 'b', sizeof block);
    for (;;)
        if (write(link, block, sizeof block) <= 0)
            nanosleep(&moment, NULL);
}
