// SPDX-License-Identifier: MIT
/*
 * ls: names in a directory, sorted, one a line.
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
	"usage: ls [-la] [PATH...]\n" \
	"List directories; -a with the names that begin with a dot, -l with\n" \
	"permissions, links, owner, group and size.\n"

struct names {
	char **list;
	size_t count, room;
};

static bool all, details;

static char type_letter(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR: return 'd';
	case S_IFCHR: return 'c';
	case S_IFBLK: return 'b';
	case S_IFIFO: return 'p';
	case S_IFLNK: return 'l';
	case S_IFSOCK: return 's';
	default: return '-';
	}
}

static void print_details(const struct stat *st)
{
	char mode[11] = "?rwxrwxrwx";

	mode[0] = type_letter(st->st_mode);
	for (int bit = 0; bit < 9; bit++)
		if ((st->st_mode & (0400u >> bit)) == 0)
			mode[1 + bit] = '-';
	printf("%s %2lu %u %u %9lld ", mode, (unsigned long)st->st_nlink,
	       st->st_uid, st->st_gid, (long long)st->st_size);
}

static void print_target(const char *path)
{
	char target[4096];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	if (n < 0)
		return;
	target[n] = '\0';
	printf(" -> %s", target);
}

/* Print one name; @path is where it is. */
static int print_entry(const char *path, const char *name)
{
	struct stat st;

	if (!details) {
		puts(name);
		return 0;
	}
	if (lstat(path, &st) != 0) {
		warn("%s", path);
		return 1;
	}
	print_details(&st);
	fputs(name, stdout);
	if (S_ISLNK(st.st_mode))
		print_target(path);
	putchar('\n');
	return 0;
}

static void names_add(struct names *names, const char *name)
{
	if (names->count == names->room) {
		names->room = names->room * 2 + 32;
		names->list = reallocarray(names->list, names->room,
					   sizeof(char *));
		if (names->list == NULL)
			errx(1, "out of memory");
	}
	names->list[names->count] = strdup(name);
	if (names->list[names->count++] == NULL)
		errx(1, "out of memory");
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int read_names(const char *dir, struct names *names)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	if (d == NULL)
		return -1;
	while (errno = 0, (e = readdir(d)) != NULL)
		if (all || e->d_name[0] != '.')
			names_add(names, e->d_name);
	if (errno != 0) {
		closedir(d);
		return -1;
	}
	closedir(d);
	return 0;
}

static int list_directory(const char *dir)
{
	struct names names = { NULL, 0, 0 };
	int status = 0;

	if (read_names(dir, &names) != 0) {
		warn("%s", dir);
		status = 1;
	}
	if (names.count > 0)
		qsort(names.list, names.count, sizeof(char *), by_name);
	for (size_t i = 0; i < names.count; i++) {
		char *path;

		if (asprintf(&path, "%s/%s", dir, names.list[i]) < 0)
			errx(1, "out of memory");
		status |= print_entry(path, names.list[i]);
		free(path);
		free(names.list[i]);
	}
	free(names.list);
	return status;
}

/* Was anything printed yet? */
static bool printed;

static int list_path(const char *path, bool title)
{
	struct stat st;

	if (stat(path, &st) != 0 && lstat(path, &st) != 0) {
		warn("%s", path);
		return 1;
	}
	if (!S_ISDIR(st.st_mode)) {
		printed = true;
		return print_entry(path, path);
	}
	/* A line between what came before and the directory. */
	if (title)
		printf("%s%s:\n", printed ? "\n" : "", path);
	printed = true;
	return list_directory(path);
}

int main(int argc, char **argv)
{
	int option, status = 0, i;

	prog_help(argc, argv, USAGE);
	while ((option = getopt(argc, argv, "+la")) != -1) {
		if (option == '?')
			prog_usage(USAGE);
		all |= option == 'a';
		details |= option == 'l';
	}
	if (optind == argc)
		status = list_path(".", false);
	for (i = optind; i < argc; i++)
		status |= list_path(argv[i], argc - optind > 1);
	prog_exit(status);
}
