// SPDX-License-Identifier: MIT
/* The model's command line: which scenarios, how thoroughly. TAP on stdout. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

/* Debug hooks of weft that the model has no use for. */
void weft_debug_pte(const struct weft_pgtable *table, uint64_t va,
		    unsigned level, uint64_t before, uint64_t after);
void weft_debug_tlbi(int32_t asid, uint64_t va, size_t size, bool leaf_only);

void weft_debug_pte(const struct weft_pgtable *table, uint64_t va,
		    unsigned level, uint64_t before, uint64_t after)
{
	(void)table;
	(void)va;
	(void)level;
	(void)before;
	(void)after;
}

void weft_debug_tlbi(int32_t asid, uint64_t va, size_t size, bool leaf_only)
{
	(void)asid;
	(void)va;
	(void)size;
	(void)leaf_only;
}

static const char *only, *replay;
static uint64_t seed = 1, runs, states = 50000000, steps = 2000;
static bool list_only;

static void usage(FILE *out)
{
	fputs("usage: model [--list] [--scenario NAME] [--states MAX]\n"
	      "             [--runs N [--seed N] [--steps N]]\n"
	      "             [--replay CHOICES]\n"
	      "\n"
	      "Explores every interleaving of each scenario, or of one, up to\n"
	      "MAX states. With --runs: N random walks of STEPS steps, from\n"
	      "seed N on. --replay shows one path, as a failure prints it.\n",
	      out);
}

static void read_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "list", no_argument, NULL, 'l' },
		{ "scenario", required_argument, NULL, 'n' },
		{ "states", required_argument, NULL, 'm' },
		{ "runs", required_argument, NULL, 'r' },
		{ "seed", required_argument, NULL, 's' },
		{ "steps", required_argument, NULL, 't' },
		{ "replay", required_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'l')
			list_only = true;
		else if (c == 'n')
			only = optarg;
		else if (c == 'm')
			states = strtoull(optarg, NULL, 0);
		else if (c == 'r')
			runs = strtoull(optarg, NULL, 0);
		else if (c == 's')
			seed = strtoull(optarg, NULL, 0);
		else if (c == 't')
			steps = strtoull(optarg, NULL, 0);
		else if (c == 'p')
			replay = optarg;
		else {
			usage(c == 'h' ? stdout : stderr);
			exit(c == 'h' ? 0 : 2);
		}
	}
}

static bool walk_randomly(const char *program)
{
	uint64_t i;

	for (i = 0; i < runs; i++)
		if (explore_random(program, seed + i, (unsigned)steps))
			return false;
	printf("# %s: %lu walks of %lu steps, seeds %lu to %lu\n",
	       scenario->name, (unsigned long)runs, (unsigned long)steps,
	       (unsigned long)seed, (unsigned long)(seed + runs - 1));
	return true;
}

static bool run(const char *program, unsigned number)
{
	bool good;

	explore_prepare();
	if (replay) {
		explore_path(replay);
		return true;
	}
	good = runs ? walk_randomly(program) :
		      explore_all(program, states) == 0;
	printf("%sok %u - %s: %s\n", good ? "" : "not ", number,
	       scenario->name, scenario->text);
	fflush(stdout);
	return good;
}

int main(int argc, char **argv)
{
	unsigned number = 0;
	bool good = true;

	read_options(argc, argv);
	for (scenario = scenarios; scenario->name; scenario++) {
		if (only && strcmp(only, scenario->name))
			continue;
		number++;
		if (list_only)
			printf("%s\t%s\n", scenario->name, scenario->text);
		else
			good &= run(argv[0], number);
	}
	if (!number) {
		fprintf(stderr, "model: no scenario '%s'\n", only);
		return 2;
	}
	if (!list_only && !replay)
		printf("1..%u\n", number);
	return good ? 0 : 1;
}
