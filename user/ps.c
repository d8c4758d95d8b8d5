// SPDX-License-Identifier: MIT
/*
 * ps: one line for each process, from /proc/PID/stat.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/prog.h"

#define USAGE \
	"usage: ps\n" \
	"List the processes: id, parent, state (R runs or could, S and D\n" \
	"wait, Z has ended), CPU time used, niceness, name.\n"

struct process {
	int pid, ppid;
	char state;
	unsigned long ticks;
	long nice;
	char name[64];
};

static int by_pid(const void *a, const void *b)
{
	const struct process *p = a, *q = b;

	return (p->pid > q->pid) - (p->pid < q->pid);
}

/* Fill @p from one line of /proc/PID/stat; -1 if it is not such a line. */
static int parse_stat(const char *line, struct process *p)
{
	const char *open = strchr(line, '('), *close = strrchr(line, ')');
	unsigned long user, system;
	size_t len;

	/* The name may hold blanks and parentheses: the last ) ends it. */
	if (open == NULL || close == NULL || close < open)
		return -1;
	len = (size_t)(close - open - 1);
	if (len >= sizeof(p->name))
		len = sizeof(p->name) - 1;
	memcpy(p->name, open + 1, len);
	p->name[len] = '\0';
	if (sscanf(line, "%d", &p->pid) != 1 ||
	    sscanf(close + 1, " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u "
		   "%lu %lu %*d %*d %*d %ld", &p->state, &p->ppid, &user,
		   &system, &p->nice) != 5)
		return -1;
	p->ticks = user + system;
	return 0;
}

/* 0, or -1 when the process has ended meanwhile. */
static int read_process(const char *pid, struct process *p)
{
	char path[64], line[1024];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, line, sizeof(line) - 1);
	close(fd);
	if (n <= 0)
		return -1;
	line[n] = '\0';
	if (parse_stat(line, p) != 0)
		errx(1, "%s: not understood", path);
	return 0;
}

static struct process *read_all(size_t *count)
{
	struct process *all = NULL;
	size_t n = 0, room = 0;
	struct dirent *e;
	DIR *d = opendir("/proc");

	if (d == NULL)
		err(1, "/proc");
	while ((e = readdir(d)) != NULL) {
		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		if (n == room) {
			room = room * 2 + 16;
			all = reallocarray(all, room, sizeof(*all));
			if (all == NULL)
				errx(1, "out of memory");
		}
		if (read_process(e->d_name, &all[n]) == 0)
			n++;
	}
	closedir(d);
	*count = n;
	return all;
}

int main(int argc, char **argv)
{
	unsigned long hz = (unsigned long)sysconf(_SC_CLK_TCK);
	struct process *all;
	size_t n, i;

	prog_help(argc, argv, USAGE);
	if (argc != 1)
		prog_usage(USAGE);
	all = read_all(&n);
	qsort(all, n, sizeof(*all), by_pid);
	printf("%5s %5s S %9s %3s NAME\n", "PID", "PPID", "TIME", "NI");
	for (i = 0; i < n; i++)
		printf("%5d %5d %c %6lu.%02lu %3ld %s\n", all[i].pid,
		       all[i].ppid, all[i].state, all[i].ticks / hz,
		       all[i].ticks % hz * 100 / hz, all[i].nice, all[i].name);
	free(all);
	prog_exit(0);
}
