// SPDX-License-Identifier: MIT
/*
 * The command line of a model: which scenarios, how thoroughly. TAP on stdout.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "search.h"

static const char *only, *replay;
static uint64_t seed = 1, runs, states = 50000000, steps = 2000;
static bool list_only, unbounded, large;
static uint32_t more;

static void usage(FILE *out)
{
	fputs("usage: model [--list] [--scenario NAME] [--states MAX]\n"
	      "             [--runs N [--seed N] [--steps N]] [--more N]\n"
	      "             [--unbounded] [--large]\n"
	      "             [--replay CHOICES]\n"
	      "\n"
	      "Explores every interleaving of each scenario, or of one, up to\n"
	      "MAX states. With --runs: N random walks of STEPS steps, from\n"
	      "seed N on. --more gives each CPU N operations more than the\n"
	      "scenario says, --unbounded gives all as many as they like.\n"
	      "--large: instead, the scenarios that take minutes.\n"
	      "--replay shows one path, as a failure prints it.\n",
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
		{ "more", required_argument, NULL, 'o' },
		{ "unbounded", no_argument, NULL, 'u' },
		{ "large", no_argument, NULL, 'g' },
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
		else if (c == 'o')
			more = (uint32_t)strtoul(optarg, NULL, 0);
		else if (c == 'u')
			unbounded = true;
		else if (c == 'g')
			large = true;
		else if (c == 'p')
			replay = optarg;
		else {
			usage(c == 'h' ? stdout : stderr);
			exit(c == 'h' ? 0 : 2);
		}
	}
}

static bool walk_randomly(const char *program, const struct title *title)
{
	uint64_t i;

	for (i = 0; i < runs; i++)
		if (search_random(program, seed + i, (unsigned)steps))
			return false;
	printf("# %s: %lu walks of %lu steps, seeds %lu to %lu\n",
	       title->name, (unsigned long)runs, (unsigned long)steps,
	       (unsigned long)seed, (unsigned long)(seed + runs - 1));
	return true;
}

static void note_bounds(void)
{
	static char text[64];

	snprintf(text, sizeof(text), " --more %u", more);
	if (unbounded)
		bounds_options = " --unbounded";
	else if (more)
		bounds_options = text;
}

static bool run(const char *program, unsigned n, const struct title *title,
		unsigned number)
{
	bool good;

	search_prepare(n, more, unbounded);
	if (replay) {
		search_path(replay);
		return true;
	}
	good = runs ? walk_randomly(program, title) :
		      search_all(program, states) == 0;
	printf("%sok %u - %s: %s\n", good ? "" : "not ", number, title->name,
	       title->text);
	fflush(stdout);
	return good;
}

static bool is_left_out(const struct title *title)
{
	return !runs && (title->only_random || title->large != large);
}

int main(int argc, char **argv)
{
	const struct title *title;
	unsigned number = 0, n;
	bool good = true;

	read_options(argc, argv);
	note_bounds();
	for (n = 0; (title = model.title(n)); n++) {
		if (only && strcmp(only, title->name))
			continue;
		if (!only && !list_only && is_left_out(title))
			continue;
		number++;
		if (list_only)
			printf("%s\t%s\n", title->name, title->text);
		else
			good &= run(argv[0], n, title, number);
	}
	if (!number) {
		fprintf(stderr, "model: no scenario '%s'\n", only);
		return 2;
	}
	if (!list_only && !replay)
		printf("1..%u\n", number);
	return good ? 0 : 1;
}
