// SPDX-License-Identifier: MIT
/*
 * rm: remove files, and with -r whole directories.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/prog.h"

#define USAGE \
	"usage: rm [-rf] FILE...\n" \
	"Remove files; -r directories with all they hold, -f without a word\n" \
	"about those that do not exist.\n"

static bool recursive, force;

static int remove_path(const char *path);

/*
 * The first entry of @dir other than . and .., as a path; NULL when it is
 * empty or unreadable (then errno is set). One at a time, because removing
 * entries while a directory is being read may hide others.
 */
static char *first_entry(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	char *path = NULL;

	if (d == NULL)
		return NULL;
	do {
		errno = 0;
		e = readdir(d);
	} while (e != NULL && (strcmp(e->d_name, ".") == 0 ||
			       strcmp(e->d_name, "..") == 0));
	if (e != NULL && asprintf(&path, "%s/%s", dir, e->d_name) < 0)
		errx(1, "out of memory");
	closedir(d);
	return path;
}

static int empty_directory(const char *path)
{
	char *entry;

	while ((entry = first_entry(path)) != NULL) {
		int status = remove_path(entry);

		free(entry);
		if (status != 0)
			return status;
	}
	return 0;
}

static int remove_path(const char *path)
{
	struct stat st;
	bool dir;

	if (lstat(path, &st) != 0) {
		if (force && errno == ENOENT)
			return 0;
		warn("%s", path);
		return 1;
	}
	dir = S_ISDIR(st.st_mode);
	if (dir && !recursive) {
		errno = EISDIR;
		warn("%s", path);
		return 1;
	}
	if (dir && empty_directory(path) != 0)
		return 1;
	if ((dir ? rmdir(path) : unlink(path)) == 0)
		return 0;
	warn("%s", path);
	return 1;
}

int main(int argc, char **argv)
{
	int option, status = 0, i;

	prog_help(argc, argv, USAGE);
	while ((option = getopt(argc, argv, "+rf")) != -1) {
		if (option == '?')
			prog_usage(USAGE);
		recursive |= option == 'r';
		force |= option == 'f';
	}
	if (optind == argc && !force)
		prog_usage(USAGE);
	for (i = optind; i < argc; i++)
		status |= remove_path(argv[i]);
	return status;
}
