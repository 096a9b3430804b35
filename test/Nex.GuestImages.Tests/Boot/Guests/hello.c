/* A workload that is linked dynamically, with the library of mathematics too. */
#include <math.h>
#include <stdio.h>

int main(int count, char **arguments)
{
    (void)arguments;
    printf("hello: the square root of %d is %.3f\n", count + 1, sqrt(count + 1));
    return 0;
}
