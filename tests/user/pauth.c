// SPDX-License-Identifier: MIT
/*
 * pauth: the keys of pointer authentication are a process's own. Workers sign
 * pointers under all five keys, are preempted, yield and block beside each
 * other, and must find the signatures as they were; no two of them, and not
 * their parent, may sign alike. Exit status 77 without such a CPU.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/tap.h"
#include "pauth-ops.h"

#define HWCAP_BOTH	(UINT64_C(3) << 30)	/* PACA, PACG */
#define RESET_KEYS	54			/* PR_PAC_RESET_KEYS */
#define KEY_DA		4
#define KEY_GA		16
#define CANNOT_SHOW	77

#define KEYS		5
#define SAMPLES		8
#define WORKERS		6
#define ROUNDS		200
#define PREEMPTIONS	5
#define SECONDS		5

typedef uint64_t operation(uint64_t value, uint64_t modifier);

static operation *const sign_ops[KEYS] = {
	op_pacia, op_pacib, op_pacda, op_pacdb, op_pacga,
};
/* PACGA has no inverse: it is computed again. */
static operation *const check_ops[KEYS - 1] = {
	op_autia, op_autib, op_autda, op_autdb,
};
static const char *const key_names[KEYS] = { "IA", "IB", "DA", "DB", "GA" };

struct signatures {
	uint64_t value[KEYS][SAMPLES];
};

/* The same numbers in every process; addresses of a program's. */
static uint64_t pointer(unsigned i)
{
	return UINT64_C(0x400000) + i * UINT64_C(0x12345678);
}

static uint64_t modifier(unsigned i)
{
	return i * UINT64_C(0x9e3779b97f4a7c15);
}

static void sign(struct signatures *s)
{
	for (unsigned k = 0; k < KEYS; k++)
		for (unsigned i = 0; i < SAMPLES; i++)
			s->value[k][i] = sign_ops[k](pointer(i), modifier(i));
}

/* Do all authenticate, and would they be signed so again? */
static bool valid(const struct signatures *s)
{
	struct signatures now;

	for (unsigned k = 0; k < KEYS - 1; k++)
		for (unsigned i = 0; i < SAMPLES; i++)
			if (check_ops[k](s->value[k][i], modifier(i)) !=
			    pointer(i))
				return false;
	sign(&now);
	return memcmp(&now, s, sizeof(now)) == 0;
}

/* Workers: status 0, 1 a signature is not valid, 2 nothing happened */

static long preemptions(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_nivcsw;
}

static int spin(const struct signatures *s)
{
	time_t end = time(NULL) + SECONDS;

	while (preemptions() < PREEMPTIONS) {
		for (int i = 0; i < ROUNDS; i++)
			if (!valid(s))
				return 1;
		if (time(NULL) > end)
			return 2;
	}
	return 0;
}

static int yield(const struct signatures *s)
{
	for (int i = 0; i < ROUNDS; i++) {
		sched_yield();
		if (!valid(s))
			return 1;
	}
	return 0;
}

static int block(const struct signatures *s)
{
	for (int i = 0; i < ROUNDS / 4; i++) {
		child_sleep(1);
		if (!valid(s))
			return 1;
	}
	return 0;
}

static int work(const char *how)
{
	struct signatures s;

	sign(&s);
	if (write(1, &s, sizeof(s)) != sizeof(s))
		return 3;
	if (!strcmp(how, "spin"))
		return spin(&s);
	return !strcmp(how, "yield") ? yield(&s) : block(&s);
}

/*
 * Authenticate what is wrong in one bit of its signature, and read through the
 * result: the first is fatal with FEAT_FPAC, the second always.
 */
static int forge(unsigned k)
{
	uint64_t at = (uint64_t)(uintptr_t)&sign_ops[0];
	uint64_t forged = sign_ops[k](at, 1) ^ UINT64_C(1) << 53;
	uint64_t result = check_ops[k](forged, 1);

	return *(volatile uint8_t *)(uintptr_t)result ? 1 : 2;
}

/* The parent */

static bool read_signatures(int fd, struct signatures *s)
{
	size_t used = 0;
	ssize_t n;

	while (used < sizeof(*s)) {
		n = read(fd, (char *)s + used, sizeof(*s) - used);
		if (n <= 0)
			return false;
		used += (size_t)n;
	}
	return true;
}

static void check_apart(const struct signatures *s, int n)
{
	for (unsigned k = 0; k < KEYS; k++) {
		int same = 0;

		for (int a = 0; a < n; a++)
			for (int b = a + 1; b < n; b++)
				same += !memcmp(s[a].value[k], s[b].value[k],
						sizeof(s[a].value[k]));
		tap_equal(same, 0, "no two processes have the same %s",
			  key_names[k]);
	}
}

static void check_workers(const struct signatures *own)
{
	static char *const how[WORKERS] = {
		"spin", "yield", "block", "spin", "yield", "block",
	};
	struct signatures all[WORKERS + 1] = { *own };
	int ends[WORKERS];
	pid_t pids[WORKERS];

	child_share_cpu();
	for (int i = 0; i < WORKERS; i++) {
		int end[2];

		if (pipe2(end, O_CLOEXEC) != 0)
			tap_bail("pipe");
		pids[i] = child_again("work", how[i], NULL, -1, end[1]);
		close(end[1]);
		ends[i] = end[0];
	}
	for (int i = 0; i < WORKERS; i++) {
		tap_ok(read_signatures(ends[i], &all[i + 1]),
		       "worker %d signed", i);
		close(ends[i]);
	}
	for (int i = 0; i < WORKERS; i++)
		tap_equal(child_wait(pids[i]), 0,
			  "worker %d: all stays valid (%s)", i, how[i]);
	check_apart(all, WORKERS + 1);
	tap_ok(valid(own), "the parent's are valid still");
}

static void check_samples(const struct signatures *s)
{
	for (unsigned k = 0; k < KEYS; k++) {
		int bare = 0, wrong = 0;

		for (unsigned i = 0; i < SAMPLES; i++) {
			bare += s->value[k][i] == pointer(i);
			wrong += k < KEYS - 1 &&
				 check_ops[k](s->value[k][i], modifier(i)) !=
				 pointer(i);
		}
		tap_ok(bare < SAMPLES / 2, "%s signs", key_names[k]);
		tap_equal(wrong, 0, "%s authenticates", key_names[k]);
	}
}

static void check_forged(void)
{
	for (unsigned k = 0; k < KEYS - 1; k++) {
		char number[4];
		int status;

		snprintf(number, sizeof(number), "%u", k);
		status = child_wait(child_again("forge", number, NULL, -1,
						-1));
		if (!tap_ok(status == -SIGSEGV || status == -SIGILL,
			    "%s: a forged pointer is of no use", key_names[k]))
			tap_note("status %d", status);
	}
}

/* A vfork child has its parent's keys: it runs the same program. */
static void check_vfork(const struct signatures *own)
{
	pid_t pid = vfork();

	if (pid == 0)
		_exit(valid(own) ? 0 : 1);
	tap_equal(child_wait(pid), 0, "a vfork child signs as its parent");
	tap_ok(valid(own), "and leaves the parent its keys");
}

static long reset(unsigned long which, unsigned long unused)
{
	return prctl(RESET_KEYS, which, unused, 0, 0) ? errno : 0;
}

static void check_reset(struct signatures *own)
{
	struct signatures now;

	tap_equal(reset(32, 0), EINVAL, "there is no sixth key to reset");
	tap_equal(reset(KEY_DA, 1), EINVAL, "the other arguments are zero");
	tap_ok(valid(own), "a refusal changes nothing");
	tap_equal(reset(KEY_DA | KEY_GA, 0), 0, "two keys are reset");
	sign(&now);
	for (unsigned k = 0; k < KEYS; k++) {
		bool same = !memcmp(now.value[k], own->value[k],
				    sizeof(now.value[k]));
		bool changed = k == 2 || k == 4;

		tap_ok(same != changed, "%s is %s", key_names[k],
		       changed ? "another" : "the same");
	}
	sched_yield();
	child_sleep(5);
	tap_ok(valid(&now), "and stay as they are");
}

int main(int argc, char **argv)
{
	struct signatures own;

	child_init(argv[0]);
	if ((getauxval(AT_HWCAP) & HWCAP_BOTH) != HWCAP_BOTH)
		return CANNOT_SHOW;
	if (argc == 3 && !strcmp(argv[1], "work"))
		return work(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "forge"))
		return forge((unsigned)atoi(argv[2]));
	sign(&own);
	check_samples(&own);
	check_workers(&own);
	check_forged();
	check_vfork(&own);
	check_reset(&own);
	return tap_done();
}
