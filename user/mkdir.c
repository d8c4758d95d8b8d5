// SPDX-License-Identifier: MIT
/*
 * mkdir: make directories.
 */
#include <err.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/prog.h"

#define USAGE \
	"usage: mkdir [-p] DIRECTORY...\n" \
	"Make directories; -p makes missing parents, and does not mind one\n" \
	"that exists.\n"

static int make_one(const char *name)
{
	struct stat st;

	if (mkdir(name, 0777) == 0)
		return 0;
	if (errno == EEXIST && stat(name, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return 0;
		errno = EEXIST;
	}
	return -1;
}

static int make_path(char *name)
{
	char *slash = name;

	while ((slash = strchr(slash + 1, '/')) != NULL) {
		int made;

		*slash = '\0';
		made = make_one(name);
		*slash = '/';
		if (made != 0)
			return -1;
	}
	return make_one(name);
}

int main(int argc, char **argv)
{
	int option, parents = 0, status = 0, i;

	prog_help(argc, argv, USAGE);
	while ((option = getopt(argc, argv, "+p")) != -1) {
		if (option != 'p')
			prog_usage(USAGE);
		parents = 1;
	}
	if (optind == argc)
		prog_usage(USAGE);
	for (i = optind; i < argc; i++) {
		if ((argv[i][0] != '\0' && parents ? make_path(argv[i])
						   : mkdir(argv[i], 0777)) == 0)
			continue;
		warn("%s", argv[i]);
		status = 1;
	}
	return status;
}
