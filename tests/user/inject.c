// SPDX-License-Identifier: MIT
/*
 * inject [SCENARIO...]: kernel allocations that fail, one after the other.
 *
 * Each scenario is a short program of system calls. It is run with its first
 * allocation failing, then with its second, and so on until it is done before
 * the failure is due; then the same with all allocations failing from the
 * first, second, ... on. Each time, a call says ENOMEM or the like, or the
 * program is killed, or the kernel gets along without; and nothing is lost.
 * No other program is killed for it, this one neither.
 *
 * "inject sites" prints, behind "# site ", where the kernel asked for the
 * memory that it did not get. "inject play SCENARIO NUMBER" is one run.
 * Needs a debug build, or loom.fail on the kernel's command line.
 */
#define _GNU_SOURCE
#include "inject.h"

#include <errno.h>
#include <ftw.h>
#include <loom/abi.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/counts.h"
#include "lib/tap.h"

#define SCRATCH "/tmp/inject.dir"

enum {
	PATIENCE = 20000,	/* ms; it only detects a hang */
	MOST = 3000,		/* allocations of a scenario */
	SITES = 1024,
};

static char sites[SITES][sizeof(((struct loom_fail *)0)->site)];
static char site[sizeof(sites[0])];		/* of the last run */
static unsigned site_count;

int inject_failed(void)
{
	switch (errno) {
	case ENOMEM:
	case EAGAIN:
	case ENOSPC:
	case ENFILE:
	case ENOBUFS:
		return INJECT_REFUSED;
	case ENOSYS:
		return INJECT_ABSENT;
	default:
		return INJECT_WRONG;
	}
}

int inject_child(int status)
{
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	/* Memory that it touched was not to be had. */
	return INJECT_REFUSED;
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	return ftw->level > 0 ? remove(path) : 0;
}

static void clean(void)
{
	nftw(SCRATCH, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static const struct inject_scenario *find(const char *name)
{
	const struct inject_scenario *lists[] = {
		inject_files, inject_memory, inject_tasks, inject_ipc,
	};

	for (size_t i = 0; i < 4; i++)
		for (const struct inject_scenario *s = lists[i]; s->name; s++)
			if (strcmp(s->name, name) == 0)
				return s;
	return NULL;
}

/* In the process that allocations fail for. */
static _Noreturn void play(const struct inject_scenario *s, uint64_t first,
			   uint64_t count)
{
	int result;

	if (chdir(SCRATCH) != 0)
		_exit(INJECT_WRONG);
	if (s->prepare != NULL)
		s->prepare();
	if (prctl(LOOM_PR_FAIL_SET, first, count, 0, 0) != 0)
		_exit(INJECT_WRONG);
	errno = 0;
	result = s->run();
	if (result == INJECT_WRONG)
		dprintf(STDOUT_FILENO, "# %s: errno %d\n", s->name, errno);
	_exit(result);
}

static void note_site(void)
{
	for (unsigned i = 0; i < site_count; i++)
		if (strcmp(sites[i], site) == 0)
			return;
	if (site_count < SITES)
		strcpy(sites[site_count++], site);
}

static bool may_end_so(int result, const struct loom_fail *fail)
{
	if (result == INJECT_DONE)
		return true;
	if (fail->refused == 0)
		return false;
	return result == INJECT_REFUSED || result == -SIGKILL ||
	       result == -SIGSEGV || result == -SIGBUS || result == 127;
}

/* One run: true if allocation @first was asked for and it ended well. */
static bool run_once(const struct inject_scenario *s, unsigned first,
		     bool all, bool *good, bool *absent)
{
	struct loom_fail fail = { 0 };
	int result;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		play(s, first, all ? UINT64_MAX : 1);
	if (pid < 0)
		tap_bail("fork");
	result = child_wait_ms(pid, PATIENCE);
	if (prctl(LOOM_PR_FAIL_GET, &fail, 0, 0, 0) != 0)
		tap_bail("prctl");
	strcpy(site, fail.site);
	if (fail.refused > 0)
		note_site();
	*absent = result == INJECT_ABSENT;
	*good = *absent || may_end_so(result, &fail);
	if (!*good)
		tap_note("%s, allocation %u%s, at %s: %d", s->name, first,
			 all ? " and all others" : "",
			 fail.refused ? site : "none", result);
	return fail.refused > 0;
}

/*
 * One series: how many allocations were made to fail. Where one site follows
 * upon itself, as in a program that touches its pages, the steps grow.
 */
static unsigned run_all(const struct inject_scenario *s, bool all, bool *good,
			bool *absent)
{
	char last[sizeof(site)] = "";
	unsigned first = 1, same = 0, runs = 0;

	while (run_once(s, first, all, good, absent) && *good && !*absent &&
	       first < MOST) {
		clean();
		same = strcmp(last, site) == 0 ? same + 1 : 0;
		strcpy(last, site);
		first += 1 + same / 4;
		runs++;
	}
	clean();
	if (first >= MOST)
		*good = false;
	return runs;
}

/*
 * Both series of a scenario, in a process of their own: what it takes for
 * itself is not counted.
 */
static int play_round(const char *name, bool show)
{
	const struct inject_scenario *s = find(name);
	bool good = true, absent = false;
	unsigned one, all = 0;

	if (s == NULL)
		return INJECT_WRONG;
	one = run_all(s, false, &good, &absent);
	if (good && !absent)
		all = run_all(s, true, &good, &absent);
	if (absent)
		return INJECT_ABSENT;
	tap_note("%u allocations, %u when all others fail, %u sites", one, all,
		 site_count);
	for (unsigned i = 0; show && i < site_count; i++)
		tap_note("site %s", sites[i]);
	return good ? INJECT_DONE : INJECT_WRONG;
}

static void check(const struct inject_scenario *s, bool show)
{
	static struct counts before;
	int result;

	/* What the first time leaves behind stays: a table, a cached page. */
	child_wait(child_again("warm", s->name, NULL, -1, -1));
	counts_take(&before);
	counts_take(&before);
	result = child_wait(child_again(show ? "round-sites" : "round",
					s->name, NULL, -1, -1));
	if (result == INJECT_ABSENT) {
		tap_skip("no such call", "%s", s->name);
		return;
	}
	tap_equal(result, INJECT_DONE, "%s", s->name);
	counts_check(&before);
}

static bool wanted(const char *name, char **names)
{
	for (char **each = names; *each != NULL; each++)
		if (strcmp(*each, name) == 0)
			return true;
	return *names == NULL;
}

static void check_list(const struct inject_scenario *list, char **names,
		       bool show)
{
	for (; list->name != NULL; list++)
		if (wanted(list->name, names))
			check(list, show);
}

/* One of the other roles that this program has, or -1. */
static int play_role(int argc, char **argv)
{
	const struct inject_scenario *s;
	bool good, absent;

	if (argc == 4 && strcmp(argv[1], "play") == 0 && find(argv[2])) {
		run_once(find(argv[2]), (unsigned)atoi(argv[3]), false, &good,
			 &absent);
		tap_note("%s at %s", good ? "good" : "bad", site);
		return 0;
	}
	if (argc >= 2 && strcmp(argv[1], "nothing") == 0)
		return 0;
	if (argc != 3)
		return -1;
	s = find(argv[2]);
	if (strcmp(argv[1], "warm") == 0 && s != NULL) {
		clean();
		run_once(s, MOST, false, &good, &absent);
		clean();
		return 0;
	}
	if (strcmp(argv[1], "round") == 0)
		return play_round(argv[2], false);
	if (strcmp(argv[1], "round-sites") == 0)
		return play_round(argv[2], true);
	return -1;
}

int main(int argc, char **argv)
{
	bool show = argc == 2 && strcmp(argv[1], "sites") == 0;
	struct loom_fail fail;
	int role;

	child_init(argv[0]);
	role = play_role(argc, argv);
	if (role >= 0)
		return role;
	if (prctl(LOOM_PR_FAIL_GET, &fail, 0, 0, 0) != 0) {
		fputs("inject: this kernel makes no allocations fail\n",
		      stderr);
		return 77;
	}
	if (mkdir(SCRATCH, 0755) != 0 && errno != EEXIST)
		tap_bail("%s", SCRATCH);
	if (show)
		argv[1] = NULL;
	/* Its buffer is there from here on. */
	tap_note("memory that is not to be had");
	check_list(inject_files, argv + 1, show);
	check_list(inject_memory, argv + 1, show);
	check_list(inject_tasks, argv + 1, show);
	check_list(inject_ipc, argv + 1, show);
	rmdir(SCRATCH);
	return tap_done();
}
