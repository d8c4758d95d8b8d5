// SPDX-License-Identifier: MIT
/*
 * hog [PART...]: everything is used up that there is only so much of.
 *
 *	memory		one program touches all of it, and is killed; others,
 *			which have little, live
 *	files		descriptors: EMFILE at the limit, not before; room for
 *			one more when one is closed
 *	depth		directories within directories, taken away again
 *	links		links that lead to links: 40 are followed, not 41
 *	arguments	too many and too long for execve: E2BIG
 *	waiting		pipes that are full, all at once
 *
 * Nothing is lost.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/counts.h"
#include "lib/tap.h"

enum {
	PAGE = 4096,
	MODEST = 4,		/* processes that live beside the hog */
	DEPTH = 400,
	LINKS = 41,		/* one more than is followed */
	PIPES = 100,
	LONG_WORD = 128 * 1024,	/* too long for one */
	WORDS = 3000, WORD = 4000,
	PATIENCE = 100000,	/* ms; it only detects a hang */
};

#define SCRATCH "/tmp/hog.dir"

/* Until it is killed. */
static _Noreturn void eat(void)
{
	size_t size = (size_t)1 << 32;
	char *all = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	for (size_t at = 0; all != MAP_FAILED && at < size; at += PAGE)
		all[at] = 1;
	_exit(1);
}

/* Its memory is what it was when it is asked for. */
static _Noreturn void be_modest(int in)
{
	char room[4 * PAGE], byte;

	memset(room, 'm', sizeof(room));
	if (read(in, &byte, 1) != 0)
		_exit(2);
	for (size_t i = 0; i < sizeof(room); i++)
		if (((volatile char *)room)[i] != 'm')
			_exit(3);
	_exit(0);
}

static int play_memory(void)
{
	int end[2], status, result = 0;
	pid_t modest[MODEST], hog;

	if (pipe(end) != 0)
		return 2;
	for (int i = 0; i < MODEST; i++) {
		modest[i] = fork();
		if (modest[i] == 0) {
			close(end[1]);
			be_modest(end[0]);
		}
	}
	hog = fork();
	if (hog == 0)
		eat();
	if (waitpid(hog, &status, 0) != hog || !WIFSIGNALED(status) ||
	    WTERMSIG(status) != SIGKILL)
		result = 3;
	close(end[1]);
	for (int i = 0; i < MODEST; i++)
		if (waitpid(modest[i], &status, 0) != modest[i] || status != 0)
			result = 4;
	return result;
}

static int play_files(void)
{
	struct rlimit limit;
	int fd, last = -1, made = 0, end[2];

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 2;
	while ((fd = open("/dev/null", O_RDONLY)) >= 0) {
		last = fd;
		made++;
	}
	if (errno != EMFILE || last != (int)limit.rlim_cur - 1)
		return 3;
	if (dup(0) >= 0 || errno != EMFILE || pipe(end) == 0 ||
	    errno != EMFILE)
		return 4;
	if (fcntl(0, F_DUPFD, last) >= 0 || errno != EMFILE)
		return 5;
	close(last / 2);
	if (pipe(end) == 0 || errno != EMFILE)
		return 6;
	if (dup(0) != last / 2)
		return 7;
	close(last / 2);
	close(last / 3);
	if (pipe(end) != 0)
		return 8;
	return made > 50 ? 0 : 9;
}

static int play_depth(void)
{
	char path[PAGE];
	int made = 0, gone = 0;

	for (; made < DEPTH; made++)
		if (mkdir("a-rather-long-name", 0755) != 0 ||
		    chdir("a-rather-long-name") != 0)
			return 2;
	/* The path is too long for the buffer, and for a call. */
	if (getcwd(path, sizeof(path)) != NULL || errno != ERANGE)
		return 3;
	for (; gone < made; gone++)
		if (chdir("..") != 0 || rmdir("a-rather-long-name") != 0)
			return 4;
	return 0;
}

static int play_links(void)
{
	char from[32], to[32];
	struct stat st;
	int result = 0;

	mkdir("link0", 0755);
	for (int i = 1; i <= LINKS; i++) {
		snprintf(to, sizeof(to), "link%d", i - 1);
		snprintf(from, sizeof(from), "link%d", i);
		if (symlink(to, from) != 0)
			return 2;
	}
	if (stat("link40", &st) != 0 || !S_ISDIR(st.st_mode))
		result = 3;
	if (stat("link41", &st) == 0 || errno != ELOOP)
		result = 4;
	if (stat("link20/../link20", &st) != 0)
		result = 5;
	if (stat("link21/../link20", &st) == 0 || errno != ELOOP)
		result = 6;
	for (int i = 1; i <= LINKS; i++) {
		snprintf(from, sizeof(from), "link%d", i);
		unlink(from);
	}
	rmdir("link0");
	return result;
}

static int play_arguments(void)
{
	static char *many[WORDS + 1];
	static char word[LONG_WORD + 1];
	char *argv[] = { word, word, NULL }, *none[] = { NULL };

	memset(word, 'w', LONG_WORD);
	if (execve(child_self(), argv, none) == 0 || errno != E2BIG)
		return 2;
	if (execve(child_self(), none, argv) == 0 || errno != E2BIG)
		return 3;
	word[WORD] = 0;
	for (int i = 0; i < WORDS; i++)
		many[i] = word;
	if (execve(child_self(), many, many) == 0 || errno != E2BIG)
		return 4;
	/* What is not too much is taken. */
	many[10] = NULL;
	many[1] = "nothing";
	many[2] = word;
	execve(child_self(), many, none);
	return 5;
}

static int play_waiting(void)
{
	static char block[PAGE];
	int end[PIPES][2];
	long all = 0, got = 0, n;

	for (int i = 0; i < PIPES; i++)
		if (pipe2(end[i], O_NONBLOCK) != 0)
			return 2;
	for (int i = 0; i < PIPES; i++) {
		while ((n = write(end[i][1], block, sizeof(block))) > 0)
			all += n;
		if (errno != EAGAIN)
			return 3;
	}
	for (int i = 0; i < PIPES; i++)
		while ((n = read(end[i][0], block, sizeof(block))) > 0)
			got += n;
	return got == all && all > PIPES * PAGE ? 0 : 4;
}

struct part {
	const char *name;
	int (*play)(void);
};

static const struct part parts[] = {
	{ "memory", play_memory },
	{ "files", play_files },
	{ "depth", play_depth },
	{ "links", play_links },
	{ "arguments", play_arguments },
	{ "waiting", play_waiting },
};

static void check(const struct part *part)
{
	static struct counts before;
	int result = -1;

	for (int warm = 1; warm >= 0; warm--) {
		pid_t pid;

		counts_take(&before);
		fflush(stdout);
		pid = fork();
		if (pid == 0)
			_exit(chdir(SCRATCH) == 0 ? part->play() : 1);
		result = child_wait_ms(pid, PATIENCE);
		if (result != 0)
			break;
	}
	tap_equal(result, 0, "%s", part->name);
	counts_check(&before);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "nothing") == 0)
		return 0;
	child_init(argv[0]);
	if (mkdir(SCRATCH, 0755) != 0 && errno != EEXIST)
		tap_bail("%s", SCRATCH);
	tap_note("much");
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		bool wanted = argc == 1;

		for (int j = 1; j < argc; j++)
			wanted |= strcmp(argv[j], parts[i].name) == 0;
		if (wanted)
			check(&parts[i]);
	}
	rmdir(SCRATCH);
	return tap_done();
}
