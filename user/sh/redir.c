// SPDX-License-Identifier: MIT
/*
 * The descriptors of a command: redirections and pipes are opened by the
 * shell, so that an error is reported here and names the file, and are moved
 * into place in the process, or for a builtin in the shell. See exec.h.
 */
#define _GNU_SOURCE
#include "exec.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Move @fd, which may be an error, out of the commands' range. */
static int high_fd(int fd)
{
	int high;

	if (fd < 0)
		return -1;
	high = fcntl(fd, F_DUPFD_CLOEXEC, FDS);
	if (high < 0) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	close(fd);
	return high;
}

void map_init(struct fdmap *map)
{
	for (int fd = 0; fd < FDS; fd++)
		map->source[fd] = FD_KEEP;
}

void map_set(struct fdmap *map, int fd, int source)
{
	if (map->source[fd] >= 0)
		close(map->source[fd]);
	map->source[fd] = source;
}

void map_close(struct fdmap *map)
{
	for (int fd = 0; fd < FDS; fd++)
		map_set(map, fd, FD_KEEP);
}

/* N>&M and N>&-; @target is what stands behind the &. */
static int redirect_dup(struct fdmap *map, int fd, const char *target)
{
	int from, copy;

	if (strcmp(target, "-") == 0) {
		map_set(map, fd, FD_CLOSE);
		return 0;
	}
	if (target[0] < '0' || target[0] > '9' || target[1] != '\0') {
		map_complain(map, target, "not a descriptor");
		return -1;
	}
	from = target[0] - '0';
	if (map->source[from] >= 0)
		from = map->source[from];
	copy = map->source[target[0] - '0'] == FD_CLOSE ? -1 :
	       fcntl(from, F_DUPFD_CLOEXEC, FDS);
	if (copy < 0) {
		map_complain(map, target, strerror(EBADF));
		return -1;
	}
	map_set(map, fd, copy);
	return 0;
}

int map_redirect(struct fdmap *map, const struct redir *redir)
{
	static const int flags[] = {
		[REDIR_IN] = O_RDONLY,
		[REDIR_OUT] = O_WRONLY | O_CREAT | O_TRUNC,
		[REDIR_APPEND] = O_WRONLY | O_CREAT | O_APPEND,
		[REDIR_DUP] = 0,
	};
	char *target = expand_text(redir->target->text, redir->target->len);
	int result = 0, fd;

	if (redir->op == REDIR_DUP) {
		result = redirect_dup(map, redir->fd, target);
		free(target);
		return result;
	}
	fd = high_fd(open(target, flags[redir->op] | O_CLOEXEC, 0666));
	if (fd < 0) {
		map_complain(map, target, strerror(errno));
		result = -1;
	} else {
		map_set(map, redir->fd, fd);
	}
	free(target);
	return result;
}

void map_without_input(struct fdmap *map)
{
	int fd = high_fd(open("/dev/null", O_RDONLY | O_CLOEXEC));

	if (fd >= 0)
		map_set(map, STDIN_FILENO, fd);
}

int make_pipe(int end[2])
{
	if (pipe2(end, O_CLOEXEC) != 0)
		return -1;
	end[0] = high_fd(end[0]);
	end[1] = high_fd(end[1]);
	if (end[0] >= 0 && end[1] >= 0)
		return 0;
	if (end[0] >= 0)
		close(end[0]);
	if (end[1] >= 0)
		close(end[1]);
	return -1;
}

void map_swap_in(const struct fdmap *map, struct saved_fds *saved)
{
	fflush(stdout);
	for (int fd = 0; fd < FDS; fd++) {
		saved->moved[fd] = map->source[fd] != FD_KEEP;
		if (!saved->moved[fd])
			continue;
		saved->copy[fd] = fcntl(fd, F_DUPFD_CLOEXEC, FDS);
		if (map->source[fd] == FD_CLOSE)
			close(fd);
		else
			dup2(map->source[fd], fd);
	}
}

void map_swap_out(const struct saved_fds *saved)
{
	for (int fd = 0; fd < FDS; fd++) {
		if (!saved->moved[fd])
			continue;
		if (saved->copy[fd] < 0) {
			close(fd);
		} else {
			dup2(saved->copy[fd], fd);
			close(saved->copy[fd]);
		}
	}
}

void map_complain(const struct fdmap *map, const char *name, const char *why)
{
	struct saved_fds saved;
	struct fdmap errors;

	map_init(&errors);
	errors.source[STDERR_FILENO] = map->source[STDERR_FILENO];
	map_swap_in(&errors, &saved);
	complain("%s: %s", name, why);
	map_swap_out(&saved);
}
