// SPDX-License-Identifier: MIT
/*
 * svetest: the scalable vector registers of processes. Every bit of z0-z31,
 * p0-p15 and FFR holds what no other process and no other round has, at
 * different vector lengths side by side, beside programs that fill the same
 * registers, while the timer preempts and calls block. And the rules of prctl
 * for the vector length. Skipped on a CPU without SVE.
 */
#define _GNU_SOURCE
#include "scalable.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/rng.h"
#include "lib/tap.h"

#ifndef HWCAP_SVE
#define HWCAP_SVE (1 << 22)
#endif
#ifndef PR_SVE_SET_VL
#define PR_SVE_SET_VL 50
#define PR_SVE_GET_VL 51
#endif
#define INHERIT (1 << 17)
#define ONEXEC (1 << 18)

#define SKIPPED 77
#define ENOUGH 40	/* switches */
#define SECONDS 20	/* at most */
#define SPINS 1000000

static unsigned char want[SVE_IMAGE_MAX], got[SVE_IMAGE_MAX];
static const struct timespec nap = { 0, 1000000 };

static size_t image_size(unsigned int vl)
{
	return 32 * vl + 17 * (vl / 8);
}

/* FFR is ones, then zeros; anything else it need not hold. */
static void fill(struct rng *rng, unsigned int vl)
{
	unsigned char *ffr = want + image_size(vl) - vl / 8;
	unsigned int ones = (unsigned int)(rng_next(rng) % (vl + 1));

	for (unsigned char *p = want; p < ffr; p++)
		*p = (unsigned char)(rng_next(rng) >> 32);
	memset(ffr, 0, vl / 8);
	for (unsigned int i = 0; i < ones; i++)
		ffr[i / 8] |= (unsigned char)(1 << i % 8);
}

/* Which register a byte of the image belongs to. */
static void note_difference(size_t at, unsigned int vl)
{
	size_t behind = 32 * vl;

	if (at < behind)
		tap_note("z%d, byte %d: %02x instead of %02x", (int)(at / vl),
			 (int)(at % vl), got[at], want[at]);
	else
		tap_note("p%d (16 is FFR), byte %d: %02x instead of %02x",
			 (int)((at - behind) / (vl / 8)),
			 (int)((at - behind) % (vl / 8)), got[at], want[at]);
}

static bool kept(unsigned int vl)
{
	for (size_t i = 0; i < image_size(vl); i++)
		if (want[i] != got[i]) {
			note_difference(i, vl);
			return false;
		}
	return true;
}

/* Over a system call, what is not in v0-v31 may become zero. */
static bool kept_over_call(unsigned int vl)
{
	for (size_t i = 0; i < image_size(vl); i++) {
		bool in_v = i < 32 * vl && i % vl < 16;

		if (want[i] != got[i] && (in_v || got[i] != 0)) {
			note_difference(i, vl);
			return false;
		}
	}
	return true;
}

static bool all_zero(const unsigned char *p, size_t n)
{
	while (n > 0 && p[n - 1] == 0)
		n--;
	return n == 0;
}

/* What a new length must show: v0-v31 of before, the rest zero. */
static bool only_v_kept(unsigned int old, unsigned int vl)
{
	for (unsigned int i = 0; i < 32; i++)
		if (memcmp(want + i * old, got + i * vl, 16) != 0 ||
		    !all_zero(got + i * vl + 16, vl - 16)) {
			tap_note("z%u after a change from %u to %u", i, old,
				 vl);
			return false;
		}
	return all_zero(got + 32 * vl, 17 * (vl / 8));
}

static long switches(bool voluntary)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage) != 0)
		tap_bail("getrusage");
	return voluntary ? usage.ru_nvcsw : usage.ru_nivcsw;
}

static time_t seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* One player: exit status 0 if it was switched and lost nothing. */
static int play(bool sleeps, unsigned int vl)
{
	time_t end = seconds_now() + SECONDS;
	long before = switches(sleeps), switched = 0;
	struct rng rng;

	if (prctl(PR_SVE_SET_VL, vl) < 0 || sve_vl() != vl)
		return 2;
	rng_seed(&rng, (uint64_t)getpid(), vl);
	while (switched < ENOUGH && seconds_now() < end) {
		fill(&rng, vl);
		if (sleeps) {
			sve_window(want, got, 0, SYS_nanosleep, &nap);
			if (!kept_over_call(vl))
				return 1;
		} else {
			sve_window(want, got, SPINS, -1, NULL);
			if (!kept(vl))
				return 1;
		}
		switched = switches(sleeps) - before;
	}
	return switched > 0 ? 0 : 3;
}

/* All lengths of this machine, the longest first. */
static int lengths(unsigned int *vl)
{
	int n = 0;
	long next = SVE_MAX_VL;

	for (; next >= 16; next = vl[n - 1] - 16) {
		next = prctl(PR_SVE_SET_VL, next);
		if (next < 0 || (n > 0 && next >= vl[n - 1]))
			break;
		vl[n++] = (unsigned int)next;
	}
	return n;
}

static void test_rules(unsigned int longest)
{
	static const long bad[] = { 0, 8, 15, 24, 8208, 1 << 16 | 16,
				    1 << 19 | 16 };
	long now = prctl(PR_SVE_GET_VL);

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		tap_ok(prctl(PR_SVE_SET_VL, bad[i]) == -1 && errno == EINVAL,
		       "a length of %ld is refused", bad[i]);
	tap_equal(prctl(PR_SVE_GET_VL), now, "and nothing has changed");
	tap_equal(prctl(PR_SVE_SET_VL, 8192), longest,
		  "a wish that is too long gets the longest");
	tap_equal(sve_vl(), longest, "and it is in force");
	tap_equal(prctl(PR_SVE_SET_VL, 16 | ONEXEC), 16, "one for execve");
	tap_equal(sve_vl(), longest, "is not in force yet");
	tap_equal(child_wait(child_again("--has", "16", NULL, -1, -1)), 0,
		  "but in a program started then");
	tap_equal(prctl(PR_SVE_SET_VL, 16 | INHERIT), 16 | INHERIT,
		  "one that is inherited");
	tap_equal(prctl(PR_SVE_GET_VL), 16 | INHERIT, "is told so");
	tap_equal(child_wait(child_again("--inherits", "16", NULL, -1, -1)),
		  0, "is in force in the next program and its next");
	prctl(PR_SVE_SET_VL, longest);
	tap_equal(prctl(PR_SVE_GET_VL), longest, "inheritance ends");
	tap_equal(child_wait(child_again("--default", NULL, NULL, -1, -1)), 0,
		  "and a program has the default again");
}

static void test_lengths(const unsigned int *vl, int n)
{
	bool right = true;
	struct rng rng;

	rng_seed(&rng, 1, 0);
	for (int i = 0; i < 4 * n && right; i++) {
		prctl(PR_SVE_SET_VL, vl[i % n]);
		fill(&rng, vl[i % n]);
		sve_window(want, got, 0, -1, NULL);
		right = kept(vl[i % n]);
		sve_window(want, got, 0, SYS_getpid, NULL);
		right = right && kept_over_call(vl[i % n]);
	}
	tap_ok(right, "a pattern is kept at every length");
}

static void test_new_length(const unsigned int *vl, int n)
{
	bool right = true;
	struct rng rng;

	rng_seed(&rng, 2, 0);
	for (int i = 0; i < 4 * n && right; i++) {
		unsigned int old = vl[i % n], new = vl[(i * 5 + 2) % n];

		if (old == new)
			continue;
		prctl(PR_SVE_SET_VL, old);
		fill(&rng, old);
		memset(got, 0xaa, sizeof(got));
		sve_change(want, got, new);
		right = only_v_kept(old, new);
	}
	tap_ok(right, "a new length shows v0-v31 and zeros");
}

static void test_players(const char *mode, const unsigned int *vl, int n)
{
	pid_t player[4], irritator[2];
	char *argv[] = { NULL, NULL };
	char text[16];

	for (int i = 0; i < 2; i++)
		irritator[i] = child_start(child_beside("irritator"), argv,
					   -1, -1);
	for (int i = 0; i < 4; i++) {
		snprintf(text, sizeof(text), "%u", vl[i * (n - 1) / 3]);
		player[i] = child_again(mode, text, NULL, -1, -1);
	}
	for (int i = 0; i < 4; i++)
		tap_equal(child_wait(player[i]), 0, "player %d %s", i, mode);
	for (int i = 0; i < 2; i++) {
		kill(irritator[i], SIGKILL);
		child_wait(irritator[i]);
	}
}

/* Parts that this program plays for itself */
static int part(const char *name, unsigned int vl)
{
	long told = prctl(PR_SVE_GET_VL);

	if (strcmp(name, "--spin") == 0)
		return play(false, vl);
	if (strcmp(name, "--sleep") == 0)
		return play(true, vl);
	if (strcmp(name, "--has") == 0)
		return sve_vl() == vl && told == (long)vl ? 0 : 1;
	if (strcmp(name, "--inherits") == 0)
		return sve_vl() == vl &&
		       told == (long)(vl | INHERIT) ?
		       child_wait(child_again("--again", "16", NULL, -1, -1)) :
		       1;
	if (strcmp(name, "--again") == 0)
		return sve_vl() == vl ? 0 : 1;
	if (strcmp(name, "--default") == 0)
		return sve_vl() <= 64 ? 0 : 1;
	return 2;
}

int main(int argc, char **argv)
{
	unsigned int vl[SVE_MAX_VL / 16];
	int n;

	if (!(getauxval(AT_HWCAP) & HWCAP_SVE))
		return SKIPPED;
	child_init(argv[0]);
	if (argc > 1)
		return part(argv[1], argc > 2 ? (unsigned int)atoi(argv[2]) :
			    0);
	n = lengths(vl);
	tap_ok(n > 0 && vl[n - 1] == 16, "there are vector lengths");
	if (n == 0)
		return tap_done();
	test_rules(vl[0]);
	test_lengths(vl, n);
	test_new_length(vl, n);
	test_players("--spin", vl, n);
	test_players("--sleep", vl, n);
	return tap_done();
}
