// hungry memory N: touches N MiB and says so.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    size_t mebibytes = argc > 2 && strcmp(argv[1], "memory") == 0 ? strtoul(argv[2], NULL, 10) : 0;
    for (size_t count = 0; count < mebibytes; count++) {
        char *block = malloc(1 << 20);
        if (block == NULL)
            return 2;
        memset(block, (int)count + 1, 1 << 20);
    }

    printf("touched %zu MiB\n", mebibytes);
    return 0;
}
