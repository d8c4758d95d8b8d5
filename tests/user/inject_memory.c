// SPDX-License-Identifier: MIT
/*
 * inject's scenarios of memory. A page that is missing when it is touched
 * kills the program; a call that cannot have what it needs says ENOMEM, and
 * the memory is as it was.
 */
#define _GNU_SOURCE
#include "inject.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, PAGES = 24 };

static char *memory;

static void *anonymous(size_t count)
{
	return mmap(NULL, count * PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void make_memory(void)
{
	memory = anonymous(PAGES);
	for (size_t i = 0; i < PAGES; i++)
		memset(memory + i * PAGE, (int)i + 1, PAGE);
}

static void make_file(void)
{
	int fd = open("file", O_CREAT | O_RDWR, 0644);

	make_memory();
	if (fd < 0 || write(fd, memory, (size_t)PAGES * PAGE) < 0)
		_exit(INJECT_WRONG);
	close(fd);
}

/* The first @count pages of @at hold what make_memory put there. */
static bool is_whole(const char *at, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (at[i * PAGE] != (char)(i + 1) ||
		    at[i * PAGE + PAGE - 1] != (char)(i + 1))
			return false;
	return true;
}

static int run_map(void)
{
	char *at = anonymous(PAGES);
	size_t far = (size_t)1 << 30;
	char *wide;

	NEED(at != MAP_FAILED);
	for (size_t i = 0; i < PAGES; i++)
		at[i * PAGE] = 1;
	/* Tables of their own. */
	wide = mmap((void *)(far * 20), far * 3, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	NEED(wide != MAP_FAILED);
	wide[0] = wide[far] = wide[2 * far] = 1;
	NEED(munmap(wide, 3 * far) == 0);
	NEED(munmap(at, (size_t)PAGES * PAGE) == 0);
	return INJECT_DONE;
}

/* Each second page gets other rights, or goes: areas are split. */
static int run_split(void)
{
	for (size_t i = 1; i < PAGES; i += 2) {
		if (mprotect(memory + i * PAGE, PAGE, PROT_READ) != 0) {
			int result = inject_failed();

			CHECK(is_whole(memory, PAGES));
			return result;
		}
	}
	for (size_t i = 2; i < PAGES; i += 4)
		NEED(munmap(memory + i * PAGE, PAGE) == 0);
	NEED(mprotect(memory + 3 * PAGE, PAGE, PROT_READ | PROT_WRITE) == 0);
	memory[3 * PAGE + 5] = 5;
	CHECK(memory[PAGE] == 2 && memory[4 * PAGE] == 5);
	return INJECT_DONE;
}

static int run_move(void)
{
	size_t size = (size_t)PAGES * PAGE;
	char *at = mremap(memory, size, 4 * size, MREMAP_MAYMOVE);

	if (at == MAP_FAILED) {
		int result = inject_failed();

		CHECK(is_whole(memory, PAGES));
		return result;
	}
	CHECK(is_whole(at, PAGES));
	memory = anonymous(2 * PAGES);
	NEED(memory != MAP_FAILED);
	if (mremap(at, size, size, MREMAP_MAYMOVE | MREMAP_FIXED,
		   memory + size) == MAP_FAILED)
		return inject_failed();
	CHECK(is_whole(memory + size, PAGES));
	return INJECT_DONE;
}

static int run_break(void)
{
	char *at = sbrk(0);

	NEED(sbrk((long)PAGES * PAGE) == at);
	for (size_t i = 0; i < PAGES; i++)
		at[i * PAGE] = 1;
	NEED(sbrk(-(long)PAGES * PAGE) != (void *)-1);
	return INJECT_DONE;
}

static int run_private(void)
{
	int fd = open("file", O_RDONLY);
	char *at;

	NEED(fd >= 0);
	at = mmap(NULL, (size_t)PAGES * PAGE, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE, fd, 0);
	NEED(at != MAP_FAILED);
	CHECK(is_whole(at, PAGES));
	for (size_t i = 0; i < PAGES; i++)
		at[i * PAGE] = 100;
	CHECK(pread(fd, memory, PAGE, 0) == PAGE && memory[0] == 1);
	NEED(munmap(at + PAGE, PAGE) == 0);
	return INJECT_DONE;
}

static int run_shared(void)
{
	int fd = open("file", O_RDWR);
	char *at;

	NEED(fd >= 0);
	NEED(ftruncate(fd, (long)2 * PAGES * PAGE) == 0);
	at = mmap(NULL, (size_t)2 * PAGES * PAGE, PROT_READ | PROT_WRITE,
		  MAP_SHARED, fd, 0);
	if (at == MAP_FAILED && errno == ENODEV)
		return INJECT_ABSENT;
	NEED(at != MAP_FAILED);
	for (size_t i = 0; i < (size_t)2 * PAGES; i++)
		at[i * PAGE] = 100;
	NEED(msync(at, (size_t)2 * PAGES * PAGE, MS_SYNC) == 0);
	NEED(pread(fd, memory, PAGE, (long)(PAGES + 1) * PAGE) == PAGE);
	CHECK(memory[0] == 100);
	return INJECT_DONE;
}

static int run_shared_anonymous(void)
{
	char *at = mmap(NULL, (size_t)PAGES * PAGE, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED && errno == ENODEV)
		return INJECT_ABSENT;
	NEED(at != MAP_FAILED);
	for (size_t i = 0; i < PAGES; i++)
		at[i * PAGE] = 1;
	return INJECT_DONE;
}

/* Both sides of a fork write to what they shared. */
static int run_copy_on_write(void)
{
	int status, result;
	pid_t pid = fork();

	NEED(pid >= 0);
	for (size_t i = 0; i < PAGES; i++)
		memory[i * PAGE + 7] = pid == 0 ? 100 : 101;
	if (pid == 0)
		_exit(is_whole(memory, PAGES) && memory[7] == 100
		      ? INJECT_DONE : INJECT_WRONG);
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK(is_whole(memory, PAGES) && memory[PAGE + 7] == 101);
	result = inject_child(status);
	return result;
}

static int __attribute__((noinline)) deep(int levels)
{
	volatile char room[2 * PAGE];

	room[0] = (char)levels;
	return levels > 0 ? deep(levels - 1) + room[0] : 0;
}

static int run_stack(void)
{
	return deep(PAGES) > 0 ? INJECT_DONE : INJECT_WRONG;
}

static int run_advise(void)
{
	NEED(madvise(memory + PAGE, (size_t)4 * PAGE, MADV_DONTNEED) == 0);
	CHECK(memory[2 * PAGE] == 0 && memory[0] == 1);
	memory[2 * PAGE] = 3;
	NEED(madvise(memory, (size_t)PAGES * PAGE, MADV_WILLNEED) == 0);
	return INJECT_DONE;
}

/* The kernel itself touches pages of the program that are not there. */
static int run_copies(void)
{
	int fd = open("file", O_RDWR), zero = open("/dev/zero", O_RDONLY);
	char *at = anonymous(PAGES);
	long n;

	NEED(fd >= 0 && zero >= 0 && at != MAP_FAILED);
	n = read(fd, at, (size_t)PAGES * PAGE);
	if (n < 0 && errno == EFAULT)
		return INJECT_REFUSED;
	NEED(n > 0);
	CHECK(is_whole(at, (size_t)n / PAGE));
	n = read(zero, at, 100);
	NEED(n == 100 || errno == EFAULT);
	n = syscall(SYS_mincore, at, PAGE, memory);
	NEED(n == 0 || errno == ENOSYS);
	return INJECT_DONE;
}

const struct inject_scenario inject_memory[] = {
	{ "map", NULL, run_map },
	{ "split", make_memory, run_split },
	{ "move", make_memory, run_move },
	{ "break", NULL, run_break },
	{ "private-file", make_file, run_private },
	{ "shared-file", make_file, run_shared },
	{ "shared-memory", NULL, run_shared_anonymous },
	{ "copy-on-write", make_memory, run_copy_on_write },
	{ "stack", NULL, run_stack },
	{ "advise", make_memory, run_advise },
	{ "user-copies", make_file, run_copies },
	{ NULL, NULL, NULL },
};
