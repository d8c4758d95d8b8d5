// SPDX-License-Identifier: MIT
/*
 * stacktest: the main stack grows when it is used, to its limit and no
 * further, and keeps away from other mappings. And the limit of what execve
 * puts there.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/tap.h"

#define PAGE 4096ul
#define MIB 0x100000ul

/* Volatile: neither unrolled nor turned into a loop. */
static int (*volatile again)(int frames);

static int dig(int frames)
{
	volatile char here[1000];

	here[0] = here[999] = (char)frames;
	if (frames > 0 && again(frames - 1))
		return 1;
	return here[0] != (char)frames || here[999] != (char)frames;
}

/* Below this frame, without touching what is between. */
static void reach_down(size_t distance)
{
	volatile char *sp = __builtin_frame_address(0);

	*(sp - distance) = 1;
}

static char alternate[32768];
static char *volatile overflow_at;

static void on_overflow(int sig, siginfo_t *info, void *context)
{
	(void)context;
	overflow_at = info->si_addr;
	_exit(sig == SIGSEGV && info->si_code == SEGV_MAPERR ? 0 : 1);
}

/* Use all of the stack, and live in the handler on another. */
static int overflow(void)
{
	struct sigaction action = { .sa_sigaction = on_overflow,
		.sa_flags = SA_SIGINFO | SA_ONSTACK };
	stack_t stack = { .ss_sp = alternate, .ss_size = sizeof(alternate) };

	if (sigaltstack(&stack, NULL) || sigaction(SIGSEGV, &action, NULL))
		return 2;
	return dig(1 << 20) + 3;
}

/* Something is mapped 2 MiB below: the stack stops a gap before it. */
static int stop_before_mapping(void)
{
	char *sp = __builtin_frame_address(0);
	char *at = (char *)(((uintptr_t)sp & -PAGE) - 2 * MIB);
	char *p = mmap(at, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		       MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	if (p != at)
		return 1;
	*p = 7;
	reach_down(MIB / 2);
	return overflow();
}

static const struct {
	const char *name;
	int (*run)(void);
	int result;
} parts[] = {
	{ "overflow", overflow, 0 },
	{ "near", stop_before_mapping, 0 },
};

static int reach_part(const char *how_far)
{
	reach_down(strtoul(how_far, NULL, 0));
	return 0;
}

static void check_reach(size_t distance, int result, const char *what)
{
	char text[32];

	snprintf(text, sizeof(text), "%zu", distance);
	tap_equal(child_wait(child_again("reach", text, NULL, -1, -1)), result,
		  "%s", what);
}

enum { ARGUMENT_SIZE = 15 * 1024 };

static void check_arguments(void)
{
	enum { N = 8, SIZE = ARGUMENT_SIZE };
	char *argv[N + 2], *text = malloc(SIZE + 1);
	char count[32];
	pid_t pid;

	if (!text)
		tap_bail("malloc");
	memset(text, 'x', SIZE);
	text[SIZE] = '\0';
	snprintf(count, sizeof(count), "%d", N);
	argv[0] = NULL;
	argv[1] = (char *)"count";
	for (int i = 2; i <= N; i++)
		argv[i] = text;
	argv[N + 1] = NULL;
	pid = child_start(child_self(), argv, -1, -1);
	tap_equal(child_wait(pid), N, "arguments of 100 kilobytes arrive");
	free(text);
}

static int count_arguments(int argc, char **argv)
{
	for (int i = 2; i < argc; i++)
		if (strlen(argv[i]) != ARGUMENT_SIZE)
			return 100;
	/* There is still room to work. */
	return dig(3000) ? 101 : argc - 1;
}

int main(int argc, char **argv)
{
	again = dig;
	child_init(argv[0]);
	if (argc > 1 && strcmp(argv[1], "count") == 0)
		return count_arguments(argc, argv);
	if (argc == 3 && strcmp(argv[1], "reach") == 0)
		return reach_part(argv[2]);
	for (size_t i = 0; argc == 2 && i < sizeof(parts) / sizeof(*parts); i++)
		if (strcmp(argv[1], parts[i].name) == 0)
			return parts[i].run();
	tap_equal(dig(7000), 0, "seven megabytes of frames");
	check_reach(7 * MIB, 0, "seven megabytes in one step");
	check_reach(9 * MIB, -SIGSEGV, "nine megabytes down is SIGSEGV");
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		tap_equal(child_wait(child_again(parts[i].name, NULL, NULL, -1,
						 -1)), parts[i].result,
			  "an overflow is SIGSEGV, MAPERR, on the other stack: "
			  "%s", parts[i].name);
	check_arguments();
	return tap_done();
}
