// SPDX-License-Identifier: MIT
/*
 * sequence TOPIC [SEED [STEPS]]: system calls in an order and with arguments
 * that the seed decides, and what came of each: its result, its errno, some of
 * what it gave. The output is the same on Linux and on loom.
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
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/rng.h"

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
	const unsigned char *byte = from;
	uint32_t sum = 2166136261u;

	for (size_t i = 0; i < size; i++)
		sum = (sum ^ byte[i]) * 16777619u;
	return sum;
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static const struct topic *find(const char *name)
{
	const struct topic *const topics[] = {
		&topic_files, &topic_memory, &topic_pipes, &topic_signals,
		&topic_processes,
	};

	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++)
		if (strcmp(topics[i]->name, name) == 0)
			return topics[i];
	return NULL;
}

int main(int argc, char **argv)
{
	const struct topic *topic = argc > 1 ? find(argv[1]) : NULL;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	unsigned long steps = argc > 3 ? strtoul(argv[3], NULL, 0) : 300;

	if (topic == NULL) {
		fputs("usage: sequence TOPIC [SEED [STEPS]]\n", stderr);
		return 2;
	}
	nftw(SCRATCH, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	/* Deep enough for a few steps upward. */
	if (mkdir(SCRATCH, 0755) != 0 || mkdir(SCRATCH "/1", 0755) != 0 ||
	    mkdir(SCRATCH "/1/2", 0755) != 0 ||
	    mkdir(SCRATCH "/1/2/3", 0755) != 0 ||
	    chdir(SCRATCH "/1/2/3") != 0) {
		perror(SCRATCH);
		return 2;
	}
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
	    nftw(SCRATCH, remove_one, 8, FTW_DEPTH | FTW_PHYS) != 0) {
		perror(SCRATCH);
		return 1;
	}
	return 0;
}
