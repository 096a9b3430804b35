/* Writes COUNT lines of LENGTH characters each, as fast as it can: bulk COUNT LENGTH. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    long count = argc > 2 ? atol(argv[1]) : 0;
    size_t length = argc > 2 ? (size_t)atol(argv[2]) : 0;
    char *line = malloc(length + 1);
    if (line == NULL)
        return 1;
    memset(line, 'b', length);
    line[length] = '\n';
    while (count-- > 0)
        if (fwrite(line, 1, length + 1, stdout) != length + 1)
            return 1;
    return 0;
}
