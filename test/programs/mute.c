/* The first process of a machine that says that it waits, as an agent does, and never anything else. */
#include "guest-link.h"

int main(void)
{
    static const char text[] = "{\"jsonrpc\":\"2.0\",\"method\":\"waiting\",\"params\":{\"protocol\":1,\"version\":\"0.1.0\"}}";
    const unsigned char length[] = {0, 0, 0, sizeof text - 1};
    char frame[sizeof length + sizeof text - 1];
    int link = open_link();

    memcpy(frame, length, sizeof length);
    memcpy(frame + sizeof length, text, sizeof text - 1);
    if (write(link, frame, sizeof frame) != (ssize_t)sizeof frame)
        return 1;
    for (;;)
        pause();
}
