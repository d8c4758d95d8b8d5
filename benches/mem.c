// SPDX-License-Identifier: MIT
/*
 * What the compiler calls for structures, in programs without a C library.
 */
#include <stddef.h>

void *memset(void *to, int value, size_t size);
void *memcpy(void *to, const void *from, size_t size);

void *memset(void *to, int value, size_t size)
{
	char *at = to;

	while (size-- > 0)
		*at++ = (char)value;
	return to;
}

void *memcpy(void *to, const void *from, size_t size)
{
	const char *source = from;
	char *at = to;

	while (size-- > 0)
		*at++ = *source++;
	return to;
}
