// SPDX-License-Identifier: MIT
/*
 * wc: count lines, words and bytes.
 */
#include <ctype.h>
#include <err.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/prog.h"

#define USAGE \
	"usage: wc [-lwc] [FILE...]\n" \
	"Count lines (-l), words (-w) and bytes (-c); without options, all.\n"

struct counts {
	unsigned long lines, words, bytes;
};

static bool show_lines, show_words, show_bytes;

static void count_block(struct counts *c, bool *in_word, const char *p,
			size_t n)
{
	c->bytes += n;
	for (; n > 0; n--, p++) {
		bool space = isspace((unsigned char)*p) != 0;

		if (*p == '\n')
			c->lines++;
		if (!space && !*in_word)
			c->words++;
		*in_word = !space;
	}
}

static int count_fd(int fd, struct counts *c)
{
	static char block[64 * 1024];
	bool in_word = false;
	ssize_t n;

	while ((n = read(fd, block, sizeof(block))) > 0)
		count_block(c, &in_word, block, (size_t)n);
	return n == 0 ? 0 : -1;
}

static void print_counts(const struct counts *c, const char *name)
{
	const char *sep = "";

	if (show_lines) {
		printf("%lu", c->lines);
		sep = " ";
	}
	if (show_words) {
		printf("%s%lu", sep, c->words);
		sep = " ";
	}
	if (show_bytes)
		printf("%s%lu", sep, c->bytes);
	if (name != NULL)
		printf(" %s", name);
	putchar('\n');
}

static int count_file(const char *name, struct counts *total)
{
	struct counts c = { 0, 0, 0 };
	int fd = STDIN_FILENO, status = 0;

	if (name != NULL && strcmp(name, "-") != 0)
		fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || count_fd(fd, &c) != 0) {
		warn("%s", name != NULL ? name : "standard input");
		status = 1;
	} else {
		print_counts(&c, name);
	}
	if (fd > STDIN_FILENO)
		close(fd);
	total->lines += c.lines;
	total->words += c.words;
	total->bytes += c.bytes;
	return status;
}

int main(int argc, char **argv)
{
	struct counts total = { 0, 0, 0 };
	int option, status = 0, i;

	prog_help(argc, argv, USAGE);
	while ((option = getopt(argc, argv, "+lwc")) != -1) {
		if (option == '?')
			prog_usage(USAGE);
		show_lines |= option == 'l';
		show_words |= option == 'w';
		show_bytes |= option == 'c';
	}
	if (!show_lines && !show_words && !show_bytes)
		show_lines = show_words = show_bytes = true;
	if (optind == argc)
		status = count_file(NULL, &total);
	for (i = optind; i < argc; i++)
		status |= count_file(argv[i], &total);
	if (argc - optind > 1)
		print_counts(&total, "total");
	prog_exit(status);
}
