// SPDX-License-Identifier: MIT
/*
 * oomtest: a program that takes all memory is killed, and no other; system
 * calls that find none say so; and all of it comes back.
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
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/counts.h"
#include "lib/tap.h"

#define PAGE 4096ul
#define MIB 0x100000ul

static size_t all_memory(void)
{
	struct sysinfo info;

	if (sysinfo(&info))
		tap_bail("sysinfo");
	return info.totalram * info.mem_unit;
}

static char *reserve(size_t size, int flags)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       flags | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		tap_bail("mmap");
	return p;
}

static void fill(char *p, size_t size)
{
	for (size_t i = 0; i < size; i += PAGE)
		p[i] = 1;
}

/* Take more than there is. */
static int hog(void)
{
	size_t size = 2 * all_memory();

	fill(reserve(size, MAP_PRIVATE), size);
	return 0;
}

static int shared_hog(void)
{
	size_t size = 2 * all_memory();

	fill(reserve(size, MAP_SHARED), size);
	return 0;
}

/* In a system call: the kernel stores for the program. */
static int reading_hog(void)
{
	size_t size = 2 * all_memory();
	char *p = reserve(size, MAP_PRIVATE);
	int fd = open("/dev/zero", O_RDONLY);

	for (size_t done = 0; done < size; done += MIB)
		if (read(fd, p + done, MIB) != (ssize_t)MIB)
			return 1;
	return 0;
}

static const struct {
	const char *name, *what;
	int (*run)(void);
	int result;
} hogs[] = {
	{ "hog", "its own memory", hog, -SIGKILL },
	{ "shared", "shared memory", shared_hog, -SIGKILL },
	{ "reading", "memory in a system call", reading_hog, -SIGKILL },
};

/* A bystander: keeps some memory, and finds it whole afterwards. */
static int bystander(void)
{
	size_t size = 4 * MIB;
	char *p = reserve(size, MAP_PRIVATE), c;
	size_t bad = 0;

	fill(p, size);
	if (write(1, "r", 1) != 1 || read(0, &c, 1) < 0)
		return 1;
	for (size_t i = 0; i < size; i += PAGE)
		bad += p[i] != 1;
	return bad ? 2 : 7;
}

static pid_t start_bystander(int *hold)
{
	int in[2], out[2];
	char ready;
	pid_t pid;

	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		tap_bail("pipe");
	pid = child_again("bystander", NULL, NULL, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	if (read(out[0], &ready, 1) != 1)
		tap_bail("bystander");
	close(out[0]);
	*hold = in[1];
	return pid;
}

static void check_hogs(void)
{
	int hold;
	pid_t pid = start_bystander(&hold);

	for (size_t i = 0; i < sizeof(hogs) / sizeof(*hogs); i++)
		tap_equal(child_wait(child_again(hogs[i].name, NULL, NULL, -1,
						 -1)), hogs[i].result,
			  "who fills %s is killed", hogs[i].what);
	close(hold);
	tap_equal(child_wait(pid), 7, "another program is not");
}

/* A copy of what its parent has, and more, in all half of the memory. */
static int copy_and_fill(char *common, size_t size, int done)
{
	size_t more = all_memory() / 2 - size;

	fill(common, size);
	fill(reserve(more, MAP_PRIVATE), more);
	if (write(done, "d", 1) != 1)
		return 1;
	for (;;)
		pause();
}

/* Three children want half of the memory each: there is room for one. */
static void check_children(void)
{
	size_t size = all_memory() / 8;
	char *common = reserve(size, MAP_PRIVATE), c;
	int fds[2], status, killed = 0;
	pid_t pid[3];

	if (pipe(fds))
		tap_bail("pipe");
	fill(common, size);
	for (int i = 0; i < 3; i++) {
		pid[i] = fork();
		if (pid[i] == 0)
			_exit(copy_and_fill(common, size, fds[1]));
	}
	for (int i = 0; i < 2; i++)
		killed += wait(&status) > 0 && WIFSIGNALED(status) &&
			  WTERMSIG(status) == SIGKILL;
	tap_equal(killed, 2, "of three that want one half each two are killed");
	tap_ok(read(fds[0], &c, 1) == 1, "the third has what it wants");
	for (int i = 0; i < 3; i++)
		kill(pid[i], SIGTERM);
	tap_ok(wait(&status) > 0 && WIFSIGNALED(status) &&
	       WTERMSIG(status) == SIGTERM, "and lives until it is ended");
	close(fds[0]);
	close(fds[1]);
	munmap(common, size);
}

static void check_requests(void)
{
	size_t size = all_memory() + MIB;
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	tap_ok(p == MAP_FAILED && errno == ENOMEM,
	       "more than the machine has is ENOMEM at once");
	tap_ok(sbrk((intptr_t)size) == (void *)-1 && errno == ENOMEM,
	       "from the heap, too");
}

static void check_all(void)
{
	check_hogs();
	check_children();
	check_requests();
}

/* Once more, unheard: what is printed may take memory, too. */
static void check_again(void)
{
	int null = open("/dev/null", O_WRONLY);
	struct counts before;

	child_sleep(100);	/* threads that ended are being buried */
	counts_take(&before);
	counts_take(&before);
	tap_equal(child_wait(child_again("round", NULL, NULL, -1, null)), 0,
		  "all of it once more");
	counts_check(&before);
	close(null);
}

int main(int argc, char **argv)
{
	child_init(argv[0]);
	for (size_t i = 0; argc == 2 && i < sizeof(hogs) / sizeof(*hogs); i++)
		if (strcmp(argv[1], hogs[i].name) == 0)
			return hogs[i].run();
	if (argc == 2 && strcmp(argv[1], "bystander") == 0)
		return bystander();
	check_all();
	if (argc == 1)
		check_again();
	return tap_done();
}
