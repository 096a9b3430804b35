/* The C counterpart of Nex.Bench.Baseline: connects to the Unix socket in its argument, says hello, and waits until it is closed. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char text[64];
    int socket_fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (argc < 2 || socket_fd < 0 || strlen(argv[1]) >= sizeof address.sun_path)
        return 2;
    strcpy(address.sun_path, argv[1]);
    if (connect(socket_fd, (struct sockaddr *)&address, sizeof address) != 0)
        return 1;
    int length = snprintf(text, sizeof text, "{\"Pid\":%d,\"Version\":\"1.0\"}", getpid());
    if (write(socket_fd, text, length) != length)
        return 1;
    return read(socket_fd, text, 1) == 0 ? 0 : 1;
}
