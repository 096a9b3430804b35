/* Says hello. Linked dynamically, so that it needs an interpreter. */
#include <stdio.h>

int main(void)
{
    puts("hello");
    return 0;
}
