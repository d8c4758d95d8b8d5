// SPDX-License-Identifier: MIT
/*
 * sequence [TOPIC|all [SEED|FIRST-LAST [STEPS]]]: system calls in an order and
 * with arguments that the seed decides, and what came of each: its result, its
 * errno, some of what it gave. The output is the same on Linux and on loom:
 * for every GROUP calls a line with a number that stands for all of it. In the
 * end nothing is lost.
 * "sequence show TOPIC SEED STEPS" prints the calls themselves.
 *
 * So nothing is printed that may differ: no address, descriptor, inode number
 * or process id, but whether they are the same as others; of times only those
 * that were set; names in a directory sorted. And nothing is done that
 * Linux leaves to chance, or that loom does otherwise on purpose. What that is
 * stands above each topic.
 *
 * topics: files, memory, pipes, signals, processes.
 */
#define _GNU_SOURCE
#include "sequence.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/counts.h"
#include "lib/rng.h"
#include "lib/tap.h"

#define SCRATCH "/tmp/sequence.dir"

static struct rng rng;

unsigned draw(unsigned limit)
{
	return (unsigned)rng_below(&rng, limit);
}

void say(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
}

long result(long value)
{
	if (value == -1)
		printf(" = %s\n", strerrorname_np(errno));
	else
		printf(" = %ld\n", value);
	return value;
}

long result_with(long value, const char *format, ...)
{
	va_list ap;

	if (value == -1)
		return result(value);
	printf(" = %ld: ", value);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
	return value;
}

void fill(void *to, size_t size, unsigned tag)
{
	unsigned char *byte = to;

	for (size_t i = 0; i < size; i++)
		byte[i] = (unsigned char)(tag * 31 + i * 7 + (i >> 8));
}

uint32_t digest(const void *from, size_t size)
{
	const char *byte = from;
	uint64_t sum = size, word = 0;

	/* By words: there is much of it. */
	for (; size >= sizeof(word); size -= sizeof(word)) {
		memcpy(&word, byte, sizeof(word));
		sum = (sum ^ word) * 0x9e3779b97f4a7c15u;
		sum ^= sum >> 29;
		byte += sizeof(word);
	}
	while (size-- > 0)
		sum = (sum ^ (unsigned char)*byte++) * 0x9e3779b97f4a7c15u;
	return (uint32_t)(sum ^ sum >> 32);
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static const struct topic *const topics[] = {
	&topic_files, &topic_memory, &topic_pipes, &topic_signals,
	&topic_processes,
};

enum { TOPICS = sizeof(topics) / sizeof(topics[0]), GROUP = 30 };

static const struct topic *find(const char *name)
{
	for (size_t i = 0; i < TOPICS; i++)
		if (strcmp(topics[i]->name, name) == 0)
			return topics[i];
	return NULL;
}

/* Print what comes of the calls; 0 if it could be done. */
static int show(const struct topic *topic, uint64_t seed, unsigned long steps)
{
	nftw(SCRATCH, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	/* Deep enough for a few steps upward. */
	if (mkdir(SCRATCH, 0755) != 0 || mkdir(SCRATCH "/1", 0755) != 0 ||
	    mkdir(SCRATCH "/1/2", 0755) != 0 ||
	    mkdir(SCRATCH "/1/2/3", 0755) != 0 ||
	    chdir(SCRATCH "/1/2/3") != 0)
		return 2;
	rng_seed(&rng, seed, 0);
	umask(022);
	if (topic->begin != NULL)
		topic->begin();
	for (unsigned long i = 0; i < steps; i++) {
		say("%lu ", i);
		topic->step();
	}
	if (topic->end != NULL)
		topic->end();
	printf("END\n");
	fflush(stdout);
	if (chdir("/") != 0 ||
	    nftw(SCRATCH, remove_one, 8, FTW_DEPTH | FTW_PHYS) != 0)
		return 1;
	return 0;
}

static char line[4096];

/* A result for each GROUP steps of what is read. */
static void summarize(FILE *in, const char *name, uint64_t seed)
{
	unsigned long step = 0, first = 0;
	uint32_t sum = 0;

	while (fgets(line, sizeof(line), in) != NULL) {
		/* A step begins with its number. */
		if (line[0] >= '0' && line[0] <= '9' && step++ > 0 &&
		    (step - 1) % GROUP == 0) {
			tap_ok(true, "%s %lu: %lu-%lu %08x", name, seed, first,
			       step - 2, sum);
			first = step - 1;
			sum = 0;
		}
		sum = sum * 33 + digest(line, strlen(line));
	}
	tap_ok(strcmp(line, "END\n") == 0, "%s %lu: to the end %08x", name,
	       seed, sum);
}

/* Read it all, as the other does. */
static void forget(FILE *in)
{
	while (fgets(line, sizeof(line), in) != NULL)
		;
}

/*
 * Each in a process of its own, which begins with nothing. @warm_up: without
 * results; what the kernel and this program keep of it they have from then on.
 */
static void check(const struct topic *topic, uint64_t seed,
		  unsigned long steps, bool warm_up)
{
	int end[2], status;
	FILE *in;
	pid_t pid;

	fflush(stdout);
	if (pipe2(end, O_CLOEXEC) != 0 || (pid = fork()) < 0)
		tap_bail("%s", topic->name);
	if (pid == 0) {
		dup2(end[1], STDOUT_FILENO);
		close(end[0]);
		close(end[1]);
		exit(show(topic, seed, steps));
	}
	close(end[1]);
	in = fdopen(end[0], "r");
	if (warm_up)
		forget(in);
	else
		summarize(in, topic->name, seed);
	fclose(in);
	if (waitpid(pid, &status, 0) != pid || (status != 0 && !warm_up))
		tap_ok(false, "%s %lu: status %#x", topic->name, seed, status);
}

static bool is_named(const char *name, const struct topic *topic)
{
	return strcmp(name, "all") == 0 || strcmp(name, topic->name) == 0;
}

static void check_all(const char *name, const char *seeds, unsigned long steps)
{
	static struct counts before;
	char *rest;
	uint64_t first = strtoull(seeds, &rest, 0), last = first;

	if (*rest == '-')
		last = strtoull(rest + 1, NULL, 0);
	tap_note("%s %s", name, seeds);
	for (size_t i = 0; i < TOPICS; i++)
		if (is_named(name, topics[i]))
			check(topics[i], first, steps, true);
	counts_take(&before);
	counts_take(&before);
	for (size_t i = 0; i < TOPICS; i++)
		for (uint64_t seed = first; seed <= last; seed++)
			if (is_named(name, topics[i]))
				check(topics[i], seed, steps, false);
	counts_check(&before);
}

int main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "show") == 0 && find(argv[2]) != NULL)
		return show(find(argv[2]), strtoull(argv[3], NULL, 0),
			    strtoul(argv[4], NULL, 0));
	if (argc > 4 || (argc > 1 && strcmp(argv[1], "all") != 0 &&
			 find(argv[1]) == NULL)) {
		fputs("usage: sequence [TOPIC|all [SEEDS [STEPS]]] | "
		      "show TOPIC SEED STEPS\n", stderr);
		return 2;
	}
	check_all(argc > 1 ? argv[1] : "all", argc > 2 ? argv[2] : "1-4",
		  argc > 3 ? strtoul(argv[3], NULL, 0) : 300);
	return tap_done();
}
