// SPDX-License-Identifier: MIT
/*
 * head: the first lines of files.
 */
#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/prog.h"

#define USAGE \
	"usage: head [-n LINES] [FILE...]\n" \
	"Print the first ten, or LINES, lines of each file.\n"

static int print_head(FILE *in, const char *name, long lines)
{
	int c;

	while (lines > 0 && (c = getc(in)) != EOF) {
		putchar(c);
		if (c == '\n')
			lines--;
	}
	if (!ferror(in))
		return 0;
	warn("%s", name);
	return 1;
}

static int head_file(const char *name, long lines)
{
	FILE *in = stdin;
	int status;

	if (strcmp(name, "-") == 0)
		return print_head(in, "standard input", lines);
	in = fopen(name, "re");
	if (in == NULL) {
		warn("%s", name);
		return 1;
	}
	status = print_head(in, name, lines);
	fclose(in);
	return status;
}

int main(int argc, char **argv)
{
	long lines = 10;
	int option, status = 0, i;

	prog_help(argc, argv, USAGE);
	while ((option = getopt(argc, argv, "+n:")) != -1)
		if (option != 'n' || !prog_number(optarg, 0, LONG_MAX, &lines))
			prog_usage(USAGE);
	if (optind == argc)
		status = head_file("-", lines);
	for (i = optind; i < argc; i++) {
		if (argc - optind > 1)
			printf("%s==> %s <==\n", i > optind ? "\n" : "",
			       argv[i]);
		status |= head_file(argv[i], lines);
	}
	prog_exit(status);
}
