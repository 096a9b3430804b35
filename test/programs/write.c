/* Writes: write lines COUNT [both] | long COUNT | tail COUNT LENGTH | hex BYTES... | flood. All but flood end by themselves. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Numbered lines, the even ones to standard output and the odd ones to standard error where "both" follows. */
static void write_lines(long count, int both)
{
    for (long line = 0; line < count; line++)
        fprintf(both && line % 2 == 1 ? stderr : stdout, "line %ld\n", line);
}

/* One line without its newline. */
static void write_long(long count)
{
    for (long written = 0; written < count; written++)
        putchar('a' + (int)(written % 26));
}

/* Numbered lines, and then a last one of bytes that JSON escapes, without its newline. Standard error is closed before. */
static void write_tail(long count, long length)
{
    fclose(stderr);
    write_lines(count, 0);
    while (length-- > 0)
        putchar(1);
}

/* Exactly the bytes given as hexadecimal digits. */
static void write_hex(const char *digits)
{
    char pair[3] = {0};
    for (; digits[0] != 0 && digits[1] != 0; digits += 2) {
        memcpy(pair, digits, 2);
        putchar((int)strtol(pair, NULL, 16));
    }
}

/* One line to standard error, after standard output has been filled, and then standard output for ever. */
static void flood(void)
{
    static char block[65536];
    for (size_t index = 0; index < sizeof block; index++)
        block[index] = index % 64 == 63 ? '\n' : 'f';
    for (int round = 0;; round++) {
        for (size_t done = 0; done < sizeof block;) {
            ssize_t written = write(STDOUT_FILENO, block + done, sizeof block - done);
            if (written < 0)
                exit(1);
            done += (size_t)written;
        }
        if (round == 16)
            dprintf(STDERR_FILENO, "not held back\n");
    }
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    if (strcmp(argv[1], "lines") == 0 && argc > 2)
        write_lines(atol(argv[2]), argc > 3 && strcmp(argv[3], "both") == 0);
    else if (strcmp(argv[1], "long") == 0 && argc > 2)
        write_long(atol(argv[2]));
    else if (strcmp(argv[1], "tail") == 0 && argc > 3)
        write_tail(atol(argv[2]), atol(argv[3]));
    else if (strcmp(argv[1], "hex") == 0)
        for (int index = 2; index < argc; index++)
            write_hex(argv[index]);
    else if (strcmp(argv[1], "flood") == 0)
        flood();
    else
        return 2;
    return 0;
}
