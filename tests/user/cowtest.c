// SPDX-License-Identifier: MIT
/*
 * cowtest: memory over fork. Each process has what was there and what it
 * stored itself, in any order of stores, generations and ends, from system
 * calls, and with threads that race for the same page.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/counts.h"
#include "lib/tap.h"

#define PAGE 4096ul

enum { PAGES = 64 };

static unsigned data_word = 0x1234;	/* in the program's data segment */
static unsigned bss_word;

static char *map(size_t pages, int flags)
{
	char *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
		       flags | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		tap_bail("mmap of %zu pages", pages);
	return p;
}

static uint32_t *word(char *p, size_t page)
{
	return (uint32_t *)(p + page * PAGE);
}

static pid_t start(int (*fn)(void *arg), void *arg)
{
	pid_t pid = fork();

	if (pid < 0)
		tap_bail("fork: errno %d", errno);
	if (pid == 0)
		_exit(fn(arg));
	return pid;
}

static int run(int (*fn)(void *arg), void *arg)
{
	return child_wait(start(fn, arg));
}

static int change_all(void *arg)
{
	uint32_t *heap = arg;
	unsigned here = 3;

	if (data_word != 0x1234 || bss_word != 1 || heap[0] != 2)
		return 1;
	data_word = 10;
	bss_word = 11;
	heap[0] = 12;
	here++;
	return data_word == 10 && bss_word == 11 && heap[0] == 12 && here == 4
		? 0 : 2;
}

static void check_kinds(void)
{
	uint32_t *heap = malloc(sizeof(*heap));

	if (!heap)
		tap_bail("malloc");
	bss_word = 1;
	heap[0] = 2;
	tap_equal(run(change_all, heap), 0,
		  "a child has data, bss, heap and stack");
	tap_ok(data_word == 0x1234 && bss_word == 1 && heap[0] == 2,
	       "what it stores is its own");
	free(heap);
}

/* Every page holds what this process, or one before it, stored there last. */
static int generation(void *arg)
{
	char *p = arg;
	uint32_t depth = *word(p, 0);

	for (size_t i = 1; i < PAGES; i++)
		if (*word(p, i) != (i <= depth ? i : 1000 + i))
			return 1;
	if (depth == PAGES - 1)
		return 0;
	*word(p, 0) = depth + 1;
	*word(p, depth + 1) = depth + 1;
	if (run(generation, p))
		return 2;
	/* The child went on without us. */
	return *word(p, 0) == depth + 1 && (depth + 2 >= PAGES ||
		*word(p, depth + 2) == 1000 + depth + 2) ? 0 : 3;
}

static void check_generations(void)
{
	char *p = map(PAGES, MAP_PRIVATE);

	for (size_t i = 1; i < PAGES; i++)
		*word(p, i) = 1000 + (uint32_t)i;
	tap_equal(run(generation, p), 0, "63 generations");
	tap_ok(*word(p, 0) == 0 && *word(p, 1) == 1001,
	       "the first has what it had");
	munmap(p, PAGES * PAGE);
}

struct sibling {
	char *private, *shared;
	uint32_t number;
};

static int write_own(void *arg)
{
	struct sibling *s = arg;

	for (int round = 0; round < 20; round++) {
		for (size_t i = 0; i < PAGES; i++) {
			if (*word(s->private, i) != (round ? s->number : 77))
				return 1;
			*word(s->private, i) = s->number;
			__atomic_fetch_add(word(s->shared, i), 1,
					   __ATOMIC_RELAXED);
		}
		for (size_t i = 0; i < PAGES; i++)
			if (*word(s->private, i) != s->number)
				return 2;
	}
	return 0;
}

static void check_siblings(void)
{
	enum { N = 8 };
	struct sibling s[N];
	char *private = map(PAGES, MAP_PRIVATE);
	char *shared = map(PAGES, MAP_SHARED);
	pid_t pid[N];
	int bad = 0;

	for (size_t i = 0; i < PAGES; i++)
		*word(private, i) = 77;
	for (unsigned n = 0; n < N; n++) {
		s[n] = (struct sibling){ private, shared, n };
		pid[n] = start(write_own, &s[n]);
	}
	for (unsigned n = 0; n < N; n++)
		bad += child_wait(pid[n]) != 0;
	tap_equal(bad, 0, "8 siblings write to the same pages, each its own");
	for (size_t i = 0; i < PAGES; i++)
		bad += *word(private, i) != 77 || *word(shared, i) != N * 20;
	tap_equal(bad, 0, "and all to those that are shared");
	munmap(private, PAGES * PAGE);
	munmap(shared, PAGES * PAGE);
}

/* The kernel stores, too: read(2) into a page that is shared so far. */
static int read_into(void *arg)
{
	char *p = arg;
	int fds[2];

	if (pipe(fds) || write(fds[1], "kernel", 6) != 6 ||
	    read(fds[0], p + PAGE - 3, 6) != 6)
		return 1;
	return memcmp(p + PAGE - 3, "kernel", 6) == 0 ? 0 : 2;
}

static void check_kernel_stores(void)
{
	char *p = map(2, MAP_PRIVATE);

	memset(p, 'k', 2 * PAGE);
	tap_equal(run(read_into, p), 0,
		  "a system call writes to a child's page");
	tap_ok(p[PAGE - 3] == 'k' && p[PAGE + 2] == 'k',
	       "the parent's is as it was");
	munmap(p, 2 * PAGE);
}

static int protected_page(void *arg)
{
	char *p = arg;

	if (mprotect(p, PAGE, PROT_READ | PROT_WRITE))
		return 1;
	p[0] = 'c';
	return p[0] == 'c' ? 0 : 2;
}

static void check_mprotect(void)
{
	char *p = map(1, MAP_PRIVATE);
	pid_t pid;

	p[0] = 'p';
	mprotect(p, PAGE, PROT_READ);
	pid = start(protected_page, p);
	mprotect(p, PAGE, PROT_READ | PROT_WRITE);
	tap_equal(child_wait(pid), 0, "a child makes a page writable");
	tap_equal(p[0], 'p', "and stores to a copy");
	munmap(p, PAGE);
}

/* Threads of a child that all store to all pages at once. */
struct racer {
	pthread_t thread;
	char *p;
	unsigned slot;
};

enum { RACERS = 4 };

static void *race(void *arg)
{
	struct racer *r = arg;

	for (size_t i = 0; i < PAGES; i++)
		word(r->p, i)[r->slot] = r->slot + 1;
	return NULL;
}

static int race_all(void *arg)
{
	struct racer racer[RACERS];
	char *p = arg;
	int lost = 0;

	for (unsigned i = 0; i < RACERS; i++) {
		racer[i].p = p;
		racer[i].slot = i;
		if (pthread_create(&racer[i].thread, NULL, race, &racer[i]))
			return 1;
	}
	for (unsigned i = 0; i < RACERS; i++)
		pthread_join(racer[i].thread, NULL);
	for (size_t i = 0; i < PAGES; i++)
		for (unsigned slot = 0; slot < RACERS; slot++)
			lost += word(p, i)[slot] != slot + 1;
	return lost ? 2 : 0;
}

static void check_races(void)
{
	char *p = map(PAGES, MAP_PRIVATE);
	int bad = 0;

	for (size_t i = 0; i < PAGES; i++)
		word(p, i)[RACERS] = 5;
	for (int round = 0; round < 20; round++) {
		pid_t pid = start(race_all, p);

		bad += race_all(p) != 0;
		bad += child_wait(pid) != 0;
		for (size_t i = 0; i < PAGES; i++)
			memset(word(p, i), 0, RACERS * 4);
	}
	tap_equal(bad, 0, "4 threads each of parent and child lose no store");
	munmap(p, PAGES * PAGE);
}

static void check_all(void)
{
	check_kinds();
	check_generations();
	check_siblings();
	check_kernel_stores();
	check_mprotect();
	check_races();
}

/* Once more, unheard: what is printed may take memory, too. */
static void check_again(void)
{
	int null = open("/dev/null", O_WRONLY);
	struct counts before;

	child_sleep(100);	/* threads that ended are being buried */
	counts_take(&before);
	counts_take(&before);
	tap_equal(child_wait(child_again("round", NULL, NULL, -1, null)), 0,
		  "all of it once more");
	counts_check(&before);
	close(null);
}

int main(int argc, char **argv)
{
	child_init(argv[0]);
	check_all();
	if (argc == 1)
		check_again();
	return tap_done();
}
