// SPDX-License-Identifier: MIT
/*
 * System calls and output without a C library.
 */
#include "sys.h"

#include <sys/syscall.h>

enum { SIGNAL_CHILD = 17 };

static char line[2048];
static size_t used;

long sys(long number, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc #0" : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4),
			   "r"(x5)
			 : "memory");
	return x0;
}

static void flush(void)
{
	sys3(SYS_write, 1, line, used);
	used = 0;
}

void put(const char *text)
{
	for (; *text != '\0'; text++) {
		line[used++] = *text;
		if (*text == '\n' || used == sizeof(line))
			flush();
	}
}

void put_number(uint64_t value)
{
	char text[24], *at = text + sizeof(text);

	*--at = '\0';
	do {
		*--at = (char)('0' + value % 10);
	} while ((value /= 10) != 0);
	put(at);
}

void die(const char *what, long error)
{
	put("failed ");
	put(what);
	put(": ");
	put_number((uint64_t)(error < 0 ? -error : error));
	put("\n");
	sys1(SYS_exit_group, 1);
	__builtin_unreachable();
}

long must(const char *what, long result)
{
	if (result < 0)
		die(what, result);
	return result;
}

int same(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

long to_number(const char *text)
{
	long value = 0;

	for (; *text >= '0' && *text <= '9'; text++)
		value = value * 10 + (*text - '0');
	return value;
}

long fork_child(void)
{
	return must("clone", sys1(SYS_clone, SIGNAL_CHILD));
}

int wait_child(long pid)
{
	int status = 0;

	must("wait4", sys(SYS_wait4, pid, (long)&status, 0, 0, 0, 0));
	return status;
}
