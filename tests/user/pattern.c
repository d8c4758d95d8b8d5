// SPDX-License-Identifier: MIT
/*
 * pattern: every register of this process holds a value that no other
 * process and no other round has, while something happens that lets others
 * run; then every register is compared. A register that is not saved, saved
 * twice, restored from the wrong thread or left over from it is named.
 *
 *   pattern spin    nothing but a loop: preemption by the timer
 *   pattern yield   sched_yield
 *   pattern sleep   nanosleep
 *   pattern read    read from a pipe that another process feeds
 *
 * A run counts only if there was at least one switch of the kind that the
 * mode is about, by the kernel's own count. --self-test breaks each register
 * in turn and wants each to be found.
 */
#define _GNU_SOURCE
#include "pattern.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/tap.h"

#define USAGE \
	"usage: pattern spin|yield|sleep|read [SECONDS]\n" \
	"       pattern --self-test\n" \
	"       pattern --corrupt REGISTER\n" \
	"Check that every register survives being switched away from. It\n" \
	"ends after 100 switches or 20 seconds, or after SECONDS, or 20\n" \
	"more for the one switch that must have been. REGISTER is x0-x30,\n" \
	"v0-v31, nzcv, fpcr, fpsr or tpidr.\n"

/* Switches after which a run without SECONDS has seen enough. */
#define ENOUGH 100
/* How many seconds they may take longer, where much else runs. */
#define LATE 20
#define SPIN_ROUNDS 2000000

enum switches {
	SWITCH_ANY,
	SWITCH_VOLUNTARY,
	SWITCH_INVOLUNTARY,
};

struct mode {
	const char *name;
	enum switches needs;
	bool competitors;	/* it takes others that want the CPU */
	const char *text;
};

static const struct mode modes[] = {
	{ "spin", SWITCH_INVOLUNTARY, true, "preemption" },
	/* Linux counts a yield as involuntary. */
	{ "yield", SWITCH_ANY, true, "sched_yield" },
	{ "sleep", SWITCH_VOLUNTARY, false, "nanosleep" },
	{ "read", SWITCH_VOLUNTARY, false, "a blocked read" },
	/* Its way is short; what switches is what runs beside it. */
	{ "short", SWITCH_ANY, true, "a call that only tells something" },
};

/* What the system calls in the window are given. */
static int feed_fd = -1;
static char feed_byte;
static struct timespec nap = { 0, 1000000 };

static const char *register_name(int op)
{
	static char name[PATTERN_NAME];

	pattern_name(op, name);
	return name;
}

struct comparison {
	uint64_t generation;
	int differences;
	char found[64];		/* their names, while there is room */
	bool quiet;
};

static void add_difference(struct comparison *c, int reg,
			   const struct pattern_regs *want,
			   const struct pattern_regs *got)
{
	size_t used = strlen(c->found);
	struct pattern_origin of;
	char from[64] = "";
	uint64_t value[2];

	c->differences++;
	snprintf(c->found + used, sizeof(c->found) - used, "%s ",
		 register_name(reg));
	if (c->quiet)
		return;
	pattern_values(want, got, reg, value);
	if (pattern_origin(value[1], &of))
		snprintf(from, sizeof(from), " (%s of pid %d)",
			 register_name(of.reg), (int)of.identity);
	tap_note("%s: pid %d, generation %" PRIu64 ": expected %016" PRIx64
		 ", got %016" PRIx64 "%s", register_name(reg), (int)getpid(),
		 c->generation, value[0], value[1], from);
}

static void compare(struct comparison *c, const struct pattern_regs *want,
		    const struct pattern_regs *got)
{
	int reg = pattern_differs(want, got, PATTERN_FIRST);

	for (; reg < PATTERN_END; reg = pattern_differs(want, got, reg + 1))
		add_difference(c, reg, want, got);
}

/* Put the call of @mode into @regs; the result must be @result. */
static void set_call(const struct mode *mode, struct pattern_regs *regs,
		     long *result)
{
	*result = 0;
	if (strcmp(mode->name, "yield") == 0) {
		regs->x[8] = SYS_sched_yield;
	} else if (strcmp(mode->name, "short") == 0) {
		regs->x[8] = SYS_getppid;
		*result = getppid();
	} else if (strcmp(mode->name, "sleep") == 0) {
		regs->x[8] = SYS_nanosleep;
		regs->x[0] = (uint64_t)(uintptr_t)&nap;
		regs->x[1] = 0;
	} else {
		regs->x[8] = SYS_read;
		regs->x[0] = (uint64_t)feed_fd;
		regs->x[1] = (uint64_t)(uintptr_t)&feed_byte;
		regs->x[2] = 1;
		*result = 1;
	}
}

/* One window in @mode; returns whether everything was as expected. */
static bool run_window(const struct mode *mode, uint64_t generation)
{
	struct comparison c = { .generation = generation };
	struct pattern_regs want, got;
	unsigned int op = OP_SVC;
	long result = 0;

	pattern_fill(&want, (uint64_t)getpid(), generation);
	if (mode->needs == SWITCH_INVOLUNTARY) {
		/* The counter is not a pattern: take turns. */
		op = generation % 2 ? OP_SPIN_X30 : OP_SPIN_X0;
		want.x[generation % 2 ? 30 : 0] = SPIN_ROUNDS;
	} else {
		set_call(mode, &want, &result);
	}
	pattern_window(&want, &got, op);
	want.x[op == OP_SPIN_X30 ? 30 : 0] = (uint64_t)result;
	compare(&c, &want, &got);
	return c.differences == 0;
}

static long switches(enum switches which)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage) != 0)
		tap_bail("getrusage");
	return (which != SWITCH_INVOLUNTARY ? usage.ru_nvcsw : 0) +
	       (which != SWITCH_VOLUNTARY ? usage.ru_nivcsw : 0);
}

static time_t seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/*
 * The other end of the pipe for pattern read: a byte every millisecond. Never
 * two: a reader that is slow among many others still has to wait for the next.
 */
static int feed(void)
{
	int unread;

	signal(SIGPIPE, SIG_IGN);
	do {
		do
			child_sleep(1);
		while (ioctl(STDOUT_FILENO, FIONREAD, &unread) == 0 && unread);
	} while (write(STDOUT_FILENO, "!", 1) == 1);
	return 0;
}

static pid_t start_feeder(void)
{
	int end[2];
	pid_t pid;

	if (pipe2(end, O_CLOEXEC) != 0)
		tap_bail("pipe");
	pid = child_again("--feed", NULL, NULL, -1, end[1]);
	close(end[1]);
	feed_fd = end[0];
	return pid;
}

static pid_t start_irritator(void)
{
	char *argv[] = { NULL, NULL };

	return child_start(child_beside("irritator"), argv, -1, -1);
}

enum { HELPERS_MAX = 17 };

static int cpu_count(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) ? 1 : CPU_COUNT(&set);
}

static void run_mode(const struct mode *mode, long seconds)
{
	pid_t helper[HELPERS_MAX];
	int helpers = 0;
	long switched, before;
	uint64_t generation = 0;
	time_t end;
	bool kept = true;

	/* So many that wherever we run there is one beside us. */
	if (mode->competitors)
		while (helpers < HELPERS_MAX && helpers < cpu_count() + 1)
			helper[helpers++] = start_irritator();
	else if (strcmp(mode->name, "read") == 0)
		helper[helpers++] = start_feeder();
	/* What the start of the helpers cost does not count. */
	before = switches(mode->needs);
	end = seconds_now() + seconds;
	do {
		kept = run_window(mode, generation++);
		switched = switches(mode->needs) - before;
	} while (kept && (seconds_now() < end ||
			  (switched < (seconds ? 1 : ENOUGH) &&
			   seconds_now() < end + LATE)));
	while (helpers-- > 0) {
		kill(helper[helpers], SIGKILL);
		child_wait(helper[helpers]);
	}
	tap_ok(switched > 0, "%s: there were switches", mode->name);
	tap_ok(kept, "%s: every register is kept over %s", mode->name,
	       mode->text);
}

/* Break one register on purpose; whether it, and nothing else, was found. */
static bool corrupt(int op, bool quiet)
{
	struct comparison c = { .quiet = quiet };
	struct pattern_regs want, got;
	char expected[16];

	pattern_fill(&want, (uint64_t)getpid(), (uint64_t)op);
	pattern_window(&want, &got, (unsigned int)op);
	compare(&c, &want, &got);
	if (op == OP_NOTHING)
		return c.differences == 0;
	snprintf(expected, sizeof(expected), "%s ", register_name(op));
	return c.differences == 1 && strcmp(c.found, expected) == 0;
}

static int self_test(void)
{
	tap_ok(corrupt(OP_NOTHING, false), "an untouched pattern is intact");
	for (int op = OP_CORRUPT_X; op <= OP_CORRUPT_TPIDR; op++)
		tap_ok(corrupt(op, true), "a change of %s is found",
		       register_name(op));
	return tap_done();
}

static int corrupt_named(const char *name)
{
	for (int op = OP_CORRUPT_X; op <= OP_CORRUPT_TPIDR; op++)
		if (strcmp(register_name(op), name) == 0) {
			tap_ok(!corrupt(op, false), "every register is kept");
			return tap_done();
		}
	fprintf(stderr, "pattern: %s: no such register\n", name);
	return 2;
}

int main(int argc, char **argv)
{
	long seconds = argc == 3 ? strtol(argv[2], NULL, 10) : 0;

	if (argc == 2 && strcmp(argv[1], "--self-test") == 0)
		return self_test();
	if (argc == 3 && strcmp(argv[1], "--corrupt") == 0)
		return corrupt_named(argv[2]);
	if (argc == 2 && strcmp(argv[1], "--feed") == 0)
		return feed();
	child_init(argv[0]);
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		if (argc >= 2 && argc <= 3 && seconds >= 0 &&
		    strcmp(argv[1], modes[i].name) == 0) {
			run_mode(&modes[i], seconds);
			return tap_done();
		}
	fputs(USAGE, argc == 2 && strcmp(argv[1], "--help") == 0 ? stdout
								  : stderr);
	return argc == 2 && strcmp(argv[1], "--help") == 0 ? 0 : 2;
}
