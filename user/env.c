// SPDX-License-Identifier: MIT
/*
 * env: print the environment, or run a program in a changed one.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/prog.h"

#define USAGE \
	"usage: env [-i] [NAME=VALUE...] [PROGRAM [ARGUMENT...]]\n" \
	"Print the environment, or run a program in it, after the changes;\n" \
	"-i starts from an empty one.\n"

int main(int argc, char **argv)
{
	int option;

	prog_help(argc, argv, USAGE);
	while ((option = getopt(argc, argv, "+i")) != -1) {
		if (option != 'i')
			prog_usage(USAGE);
		clearenv();
	}
	for (; optind < argc && strchr(argv[optind], '='); optind++)
		if (putenv(argv[optind]) != 0)
			err(1, "%s", argv[optind]);
	if (optind < argc) {
		execvp(argv[optind], argv + optind);
		err(errno == ENOENT ? 127 : 126, "%s", argv[optind]);
	}
	for (char **e = environ; e != NULL && *e != NULL; e++)
		puts(*e);
	prog_exit(0);
}
