// Says who the machine is that it runs on, one "name value" a line.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

static void show_file(const char *name, const char *path)
{
    char text[128] = "";
    int file = open(path, O_RDONLY);
    ssize_t count = file < 0 ? -1 : read(file, text, sizeof text - 1);
    if (count < 0)
        printf("%s error %d\n", name, errno);
    else
        printf("%s %.*s\n", name, (int)strcspn(text, "\n"), text);
}

int main(void)
{
    unsigned char random[16];
    char host[65] = "";
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    printf("time %lld\n", (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000);
    if (getrandom(random, sizeof random, 0) != sizeof random)
        return 1;
    printf("random ");
    for (size_t index = 0; index < sizeof random; index++)
        printf("%02x", random[index]);
    gethostname(host, sizeof host - 1);
    printf("\nhost %s\n", host);
    show_file("machine", "/etc/machine-id");
    show_file("boot", "/proc/sys/kernel/random/boot_id");
    show_file("uuid", "/proc/sys/kernel/random/uuid");
    printf("user %u\n", (unsigned)getuid());
    show_file("port", "/dev/vport0p1");
    return 0;
}
