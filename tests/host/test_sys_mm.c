// SPDX-License-Identifier: MIT
/*
 * loom/syscall/sys_mm.c: arguments and errors of the memory system calls as
 * Linux has them, file contents in mappings. One process, one file.
 */
#include "check.h"
#include "fake_file.h"
#include "machine.h"
#include "user_cpu.h"

#include <weft/uaccess.h>

#include "fs/file.h"
#include "fs/inode.h"
#include "fs/pagetree.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/aspace.h"
#include "mm/inspect.h"
#include "mm/page.h"
#include "proc/process.h"
#include "syscall/sys_mm.h"
#include "syscall/syscall.h"

enum {
	MIB = 0x100000,
	RAM_SIZE = 16 * MIB,
	FILE_SIZE = 10000,
	FD = 3,
};

enum { R = 1, W = 2, X = 4, SHARED = 1, PRIVATE = 2, VALIDATE = 3,
       FIXED = 0x10, ANON = 0x20, NORESERVE = 0x4000, POPULATE = 0x8000,
       GROWSDOWN = 0x100, NONBLOCK = 0x10000, HUGETLB = 0x40000,
       NOREPLACE = 0x100000 };

static struct process process;
static struct inode *inode;
static struct file file;
static int file_refs;
static unsigned missing[PART_COUNT];
static size_t free_before;

struct process *process_current(void)
{
	return &process;
}

struct file *files_lookup(struct files *files, int fd)
{
	(void)files;
	if (fd != FD)
		return NULL;
	file_refs++;
	return &file;
}

void file_put(struct file *f)
{
	assert_ptr_equal(f, &file);
	file_refs--;
}

uint32_t file_flags(const struct file *f)
{
	return f->flags;
}

long syscall_part_missing(enum syscall_part part)
{
	missing[part]++;
	return -ENOSYS;
}

/* User memory of the running process, page by page. */
size_t weft_copy_to_user(uint64_t dst, const void *src, size_t len)
{
	const char *from = src;
	int err;

	assert_int_equal(machine_locks_held(), 0);
	for (; len; len--) {
		char *to = user_cpu_access(process.aspace, dst++, AREA_WRITE,
					   &err);

		if (!to)
			break;
		*to = *from++;
	}
	return len;
}

size_t weft_copy_from_user(void *dst, uint64_t src, size_t len)
{
	(void)dst;
	(void)src;
	return len;
}

size_t weft_clear_user(uint64_t dst, size_t len)
{
	(void)dst;
	return len;
}

long weft_string_from_user(char *dst, uint64_t src, size_t size)
{
	(void)dst;
	(void)src;
	(void)size;
	return -EFAULT;
}

static char content(uint64_t pos)
{
	return (char)(pos * 7 + pos / 256);
}

static void fill_file(void)
{
	uint64_t pos;

	for (pos = 0; pos < FILE_SIZE; pos++)
		((char *)fake_file_word(inode, pos / PAGE_SIZE))
			[pos % PAGE_SIZE] = content(pos);
}

static long call_mmap(uint64_t addr, uint64_t len, uint64_t prot,
		      uint64_t flags, int64_t fd, uint64_t offset)
{
	uint64_t arg[6] = { addr, len, prot, flags, (uint64_t)fd, offset };

	return sys_mmap(arg);
}

static long anon(uint64_t addr, uint64_t len, uint64_t prot, uint64_t flags)
{
	return call_mmap(addr, len, prot, flags | PRIVATE | ANON, -1, 0);
}

static long call(long (*fn)(const uint64_t arg[6]), uint64_t a, uint64_t b,
		 uint64_t c, uint64_t d, uint64_t e)
{
	uint64_t arg[6] = { a, b, c, d, e, 0xdead };

	return fn(arg);
}

static char load(uint64_t va)
{
	int err;
	const char *c = user_cpu_access(process.aspace, va, AREA_READ, &err);

	assert_non_null(c);
	return *c;
}

static int try_access(uint64_t va, unsigned access)
{
	int err;

	user_cpu_access(process.aspace, va, access, &err);
	return err;
}

static int start(void **state)
{
	(void)state;
	free_before = page_free_count();
	user_cpu_reset();
	process.aspace = aspace_create();
	assert_non_null(process.aspace);
	inode = fake_file(FILE_SIZE);
	fill_file();
	file = (struct file){ .inode = inode, .flags = FILE_RDONLY };
	file_refs = 0;
	memset(missing, 0, sizeof(missing));
	return 0;
}

static int finish(void **state)
{
	(void)state;
	aspace_put(process.aspace);
	inode_put(inode);
	assert_int_equal(file_refs, 0);
	assert_int_equal(fake_files, 0);
	assert_int_equal(page_free_count(), free_before);
	assert_int_equal(machine_locks_held(), 0);
	return 0;
}

static void test_mmap_errors(void **state)
{
	uint64_t all = (uint64_t)page_total_count() * PAGE_SIZE;

	(void)state;
	assert_int_equal(anon(0, 0, R, 0), -EINVAL);
	assert_int_equal(anon(0, UINT64_MAX, R, 0), -ENOMEM);
	assert_int_equal(anon(0, USER_TOP + 1, R, NORESERVE), -ENOMEM);
	assert_int_equal(anon(0, USER_TOP, 0, 0), -ENOMEM);
	assert_int_equal(anon(0, all + 1, R | W, 0), -ENOMEM);
	assert_true(anon(0, all + 1, R | W, NORESERVE) > 0);
	assert_true(anon(0, all + 1, R, 0) > 0);
	assert_int_equal(anon(0, 1, R | W | X, 0), -EACCES);
	assert_int_equal(missing[PART_MMAP_WRITE_EXEC], 1);
	assert_int_equal(anon(0x400001, 1, R, FIXED), -EINVAL);
	assert_int_equal(anon(0x400001, 1, R, NOREPLACE), -EINVAL);
	assert_int_equal(anon(0, 1, R, FIXED), -EPERM);
	assert_int_equal(anon(USER_TOP, 1, R, FIXED), -ENOMEM);
	assert_int_equal(anon(USER_TOP - PAGE_SIZE, 2 * PAGE_SIZE, R, FIXED),
			 -ENOMEM);
	assert_int_equal(anon(0, 1, R, HUGETLB), -EINVAL);
	assert_int_equal(call_mmap(0, 1, R, ANON, -1, 0), -EINVAL);
	assert_int_equal(call_mmap(0, 1, R, ANON | 4, -1, 0), -EINVAL);
	assert_int_equal(call_mmap(0, 1, R, ANON | VALIDATE, -1, 0), -EINVAL);
	assert_int_equal(call_mmap(0, 1, R, VALIDATE | 0x80000, FD, 0),
			 -EOPNOTSUPP);
	assert_int_equal(call_mmap(0, 1, R, PRIVATE | ANON, -1, 1), -EINVAL);
	assert_int_equal(call_mmap(0, 2 * PAGE_SIZE, R, PRIVATE, FD,
				   -(uint64_t)PAGE_SIZE), -EOVERFLOW);
	assert_int_equal(call_mmap(0, 1, R, PRIVATE, FD + 1, 0), -EBADF);
	/* Unknown protection bits are ignored by mmap. */
	assert_true(anon(0, 1, R | 0xff00, 0) > 0);
	assert_true(call_mmap(0, 1, R | W, SHARED | ANON, -1, 0) > 0);
	assert_int_equal(call_mmap(0, all + 1, R, SHARED | ANON, -1, 0),
			 -ENOMEM);
	assert_int_equal(call_mmap(0, 1, R, SHARED | ANON | GROWSDOWN, -1, 0),
			 -EINVAL);
	assert_int_equal(call_mmap(0, 1, R, PRIVATE | GROWSDOWN, FD, 0),
			 -EINVAL);
}

static void test_places(void **state)
{
	long a = anon(0, 100, R | W, 0), b;

	(void)state;
	assert_true(a > 0 && a % PAGE_SIZE == 0);
	assert_int_equal(anon((uint64_t)a, 1, R, NOREPLACE), -EEXIST);
	b = anon((uint64_t)a, 1, R, 0);
	assert_true(b > 0 && b != a);
	assert_int_equal(anon((uint64_t)a, 1, R, FIXED), a);
	assert_int_equal(anon(0x500fff, 1, R, 0), 0x500000);	/* a hint */
	assert_int_equal(anon(0x1fff, 1, R, 0), ASPACE_MIN);
	assert_int_equal(anon(0x700000, 1, R, NOREPLACE), 0x700000);
	assert_int_equal(process.aspace->pages, 0);
	a = anon(0, 3 * PAGE_SIZE, R, POPULATE);
	assert_int_equal(process.aspace->pages, 3);
	anon(0, 3 * PAGE_SIZE, R, POPULATE | NONBLOCK);
	anon(0, 3 * PAGE_SIZE, 0, POPULATE);
	assert_int_equal(process.aspace->pages, 3);
	page_fail_after(1);
	assert_true(anon((uint64_t)a, 3 * PAGE_SIZE, R, FIXED | POPULATE) > 0);
	page_fail_after(-1);
	assert_int_equal(process.aspace->pages, 1);
}

static void check_content(uint64_t va, uint64_t pos, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		assert_int_equal(load(va + i),
				 pos + i < FILE_SIZE ? content(pos + i) : 0);
}

static void store(uint64_t va, char value)
{
	int err;
	char *c = user_cpu_access(process.aspace, va, AREA_WRITE, &err);

	assert_non_null(c);
	*c = value;
}

static void test_file(void **state)
{
	uint64_t va = (uint64_t)call_mmap(0, 5 * PAGE_SIZE, R, PRIVATE, FD, 0);

	(void)state;
	check_content(va, 0, 3 * PAGE_SIZE);
	assert_int_equal(try_access(va + 3 * PAGE_SIZE, AREA_READ), -ENXIO);
	assert_int_equal(call_mmap(0x600000, 5000, R | X, PRIVATE | FIXED, FD,
				   PAGE_SIZE), 0x600000);
	check_content(0x600000, PAGE_SIZE, 2 * PAGE_SIZE);
	assert_int_equal(try_access(0x600000, AREA_EXEC), 0);
	assert_int_equal(try_access(0x601fff, AREA_EXEC), 0);
	assert_int_equal(try_access(0x601fff, AREA_WRITE), -EACCES);
	/* All that is mapped is the file's. */
	assert_int_equal(process.aspace->file_pages, process.aspace->pages);
	va = (uint64_t)call_mmap(0, 100, R | W, PRIVATE, FD, 0);
	store(va, 'p');
	check_content(va + 1, 1, 99);
	assert_int_equal(*(char *)fake_file_word(inode, 0), content(0));
	assert_int_equal(process.aspace->file_pages,
			 process.aspace->pages - 1);
	/* After MADV_DONTNEED it is what the file holds. */
	assert_int_equal(call(sys_madvise, va, 1, 4, 0, 0), 0);
	check_content(va, 0, PAGE_SIZE);
	assert_int_equal(call(sys_madvise, va, 1, 8, 0, 0), -EINVAL);
	assert_int_equal(inode->writers, 0);
}

static void test_shared_file(void **state)
{
	uint64_t a, b;

	(void)state;
	a = (uint64_t)call_mmap(0, 2 * PAGE_SIZE, R, SHARED, FD, 0);
	check_content(a, 0, 2 * PAGE_SIZE);
	/* As it was opened, whatever mprotect says. */
	assert_int_equal(call(sys_mprotect, a, 1, R | W, 0, 0), -EACCES);
	assert_int_equal(call(sys_mprotect, a, 1, R | X, 0, 0), 0);
	file.flags = FILE_RDWR;
	b = (uint64_t)call_mmap(0, 2 * PAGE_SIZE, R | W, SHARED, FD, PAGE_SIZE);
	assert_int_equal(inode->writers, 1);
	store(b, 's');
	assert_int_equal(load(a + PAGE_SIZE), 's');
	assert_int_equal(*(char *)fake_file_word(inode, 1), 's');
	/* Split, and each part counts. */
	assert_int_equal(call(sys_mprotect, b, 1, R, 0, 0), 0);
	assert_int_equal(inode->writers, 2);
	assert_int_equal(call(sys_munmap, b, 2 * PAGE_SIZE, 0, 0, 0), 0);
	assert_int_equal(inode->writers, 0);
	assert_int_equal(load(a + PAGE_SIZE), 's');
}

/* Two mappings of the same nameless file: that of an mremap from nothing. */
static void test_shared_memory(void **state)
{
	uint64_t a = (uint64_t)call_mmap(0, 2 * PAGE_SIZE, R | W,
					 SHARED | ANON, -1, 0), b;
	struct futex_key one, other;

	(void)state;
	assert_int_equal(fake_files, 2);
	b = (uint64_t)call(sys_mremap, a, 0, 3 * PAGE_SIZE, 1, 0);
	store(a + PAGE_SIZE, 7);
	assert_int_equal(load(b + PAGE_SIZE), 7);
	assert_int_equal(try_access(b + 2 * PAGE_SIZE, AREA_READ), -ENXIO);
	assert_int_equal(aspace_futex_key(process.aspace, a + 4, true, &one),
			 0);
	assert_int_equal(aspace_futex_key(process.aspace, b + 4, true, &other),
			 0);
	assert_true(futex_key_equal(&one, &other));
	assert_int_equal(aspace_futex_key(process.aspace, b + 8, true, &other),
			 0);
	assert_false(futex_key_equal(&one, &other));
	assert_int_equal(aspace_futex_key(process.aspace, a + 4, false,
					  &other), 0);
	assert_false(futex_key_equal(&one, &other));
	assert_int_equal(aspace_futex_key(process.aspace, 0x10000, true,
					  &other), -EFAULT);
	assert_int_equal(call(sys_munmap, a, 2 * PAGE_SIZE, 0, 0, 0), 0);
	assert_int_equal(load(b + PAGE_SIZE), 7);
	assert_int_equal(call(sys_munmap, b, 3 * PAGE_SIZE, 0, 0, 0), 0);
	assert_int_equal(fake_files, 1);
}

static void test_file_errors(void **state)
{
	struct inode device = { .mode = MODE_CHR, .rdev = DEV_ZERO };

	(void)state;
	file.flags = FILE_WRONLY;
	assert_int_equal(call_mmap(0, 1, R, PRIVATE, FD, 0), -EACCES);
	file.flags = FILE_RDONLY;
	assert_int_equal(call_mmap(0, 1, R | W, SHARED, FD, 0), -EACCES);
	file.flags = FILE_PATH;
	assert_int_equal(call_mmap(0, 1, R, PRIVATE, FD, 0), -EBADF);
	file.flags = FILE_RDWR;
	assert_int_equal(process.aspace->areas.count, 0);
	assert_true(call_mmap(0, 1, R | W, VALIDATE, FD, 0) > 0);

	file.inode = &device;
	assert_true(call_mmap(0, 1, R | W, SHARED, FD, 0) > 0);
	assert_int_equal(fake_files, 2);
	assert_true(call_mmap(0, 1, R | W, PRIVATE, FD, 0) > 0);
	assert_int_equal(fake_files, 2);
	device.rdev = DEV_CONSOLE;
	assert_int_equal(call_mmap(0, 1, R, PRIVATE, FD, 0), -ENODEV);
	device.mode = MODE_DIR;
	assert_int_equal(call_mmap(0, 1, R, PRIVATE, FD, 0), -ENODEV);
}

static void test_munmap(void **state)
{
	uint64_t va = (uint64_t)anon(0x400000, 4 * PAGE_SIZE, R | W, 0);

	(void)state;
	assert_int_equal(call(sys_munmap, va + 1, 1, 0, 0, 0), -EINVAL);
	assert_int_equal(call(sys_munmap, va, 0, 0, 0, 0), -EINVAL);
	assert_int_equal(call(sys_munmap, va, UINT64_MAX, 0, 0, 0), -EINVAL);
	assert_int_equal(call(sys_munmap, va, USER_TOP, 0, 0, 0), -EINVAL);
	assert_int_equal(call(sys_munmap, UINT64_C(0xffffff8000000000),
			      PAGE_SIZE, 0, 0, 0), -EINVAL);
	assert_int_equal(call(sys_munmap, va, 1, 0, 0, 0), 0);
	assert_int_equal(try_access(va, AREA_READ), -EFAULT);
	assert_int_equal(try_access(va + PAGE_SIZE, AREA_READ), 0);
	assert_int_equal(call(sys_munmap, va, 1, 0, 0, 0), 0);	/* a hole */
	va |= UINT64_C(0x7f) << 56;
	assert_int_equal(call(sys_munmap, va, 4 * PAGE_SIZE, 0, 0, 0), 0);
	assert_int_equal(process.aspace->areas.count, 0);
}

static void test_mprotect(void **state)
{
	uint64_t va = (uint64_t)anon(0x400000, 4 * PAGE_SIZE, R | W, 0);
	uint64_t all = ((uint64_t)page_total_count() + 1) * PAGE_SIZE;

	(void)state;
	assert_int_equal(call(sys_mprotect, va + 1, 1, R, 0, 0), -EINVAL);
	assert_int_equal(call(sys_mprotect, va, 0, 99, 0, 0), 0);
	assert_int_equal(call(sys_mprotect, va, 1, 0x10, 0, 0), -EINVAL);
	assert_int_equal(call(sys_mprotect, va, 1, R | 0x1000000, 0, 0),
			 -EINVAL);
	assert_int_equal(call(sys_mprotect, va, UINT64_MAX, R, 0, 0), -ENOMEM);
	assert_int_equal(call(sys_mprotect, va, 1, R | W | X, 0, 0), -EACCES);
	assert_int_equal(missing[PART_MMAP_WRITE_EXEC], 1);
	assert_int_equal(call(sys_mprotect, va, 1, R | 0x3000000, 0, 0),
			 -EINVAL);
	assert_int_equal(call(sys_mprotect, va, 1, R | 8, 0, 0), 0);
	assert_int_equal(try_access(va, AREA_WRITE), -EACCES);
	assert_int_equal(try_access(va + PAGE_SIZE, AREA_WRITE), 0);
	assert_int_equal(call(sys_mprotect, va, 5 * PAGE_SIZE, R, 0, 0),
			 -ENOMEM);
	assert_int_equal(try_access(va + PAGE_SIZE, AREA_WRITE), -EACCES);
	/* Written, then made code: fit for execution. */
	assert_int_equal(call(sys_mprotect, va, 1, R | W, 0, 0), 0);
	assert_int_equal(try_access(va, AREA_WRITE), 0);
	assert_int_equal(call(sys_mprotect, va, 1, R | X, 0, 0), 0);
	assert_int_equal(try_access(va, AREA_EXEC), 0);
	va = (uint64_t)anon(0, all, 0, 0);
	assert_int_equal(call(sys_mprotect, va, all, R | W, 0, 0), -ENOMEM);
}

static void test_mremap(void **state)
{
	uint64_t va = (uint64_t)anon(0x400000, 4 * PAGE_SIZE, R | W, 0);
	uint64_t all = (uint64_t)page_total_count() * PAGE_SIZE;
	long to;

	(void)state;
	assert_int_equal(call(sys_mremap, va, 1, 1, 8, 0), -EINVAL);
	assert_int_equal(call(sys_mremap, va, 1, 1, 5, 0), -EINVAL);
	assert_int_equal(missing[PART_MREMAP_DONTUNMAP], 1);
	assert_int_equal(call(sys_mremap, va, 1, 1, 2, 0x800000), -EINVAL);
	assert_int_equal(call(sys_mremap, va + 1, 1, 1, 1, 0), -EINVAL);
	assert_int_equal(call(sys_mremap, va, 1, 0, 1, 0), -EINVAL);
	assert_int_equal(call(sys_mremap, va, 0, 1, 1, 0), -EINVAL);
	assert_int_equal(call(sys_mremap, va, 1, UINT64_MAX, 1, 0), -EINVAL);
	assert_int_equal(call(sys_mremap, va, 1, all + 2 * PAGE_SIZE, 1, 0),
			 -ENOMEM);
	assert_int_equal(call(sys_mremap, 0x800000, 1, 1, 1, 0), -EFAULT);
	assert_int_equal(call(sys_mremap, va, 5 * PAGE_SIZE, 6 * PAGE_SIZE, 1,
			      0), -EFAULT);
	assert_int_equal(call(sys_mremap, va, 4 * PAGE_SIZE, 2 * PAGE_SIZE, 0,
			      0), va);
	assert_int_equal(call(sys_mremap, va, 2 * PAGE_SIZE, 3 * PAGE_SIZE, 0,
			      0), va);
	assert_int_equal(anon(va + 3 * PAGE_SIZE, 1, R, FIXED),
			 va + 3 * PAGE_SIZE);
	assert_int_equal(call(sys_mremap, va, 3 * PAGE_SIZE, 4 * PAGE_SIZE, 0,
			      0), -ENOMEM);
	to = call(sys_mremap, va, 3 * PAGE_SIZE, 4 * PAGE_SIZE, 1, 0);
	assert_true(to > 0 && (uint64_t)to != va);
	assert_int_equal(try_access(va, AREA_READ), -EFAULT);
	assert_int_equal(call(sys_mremap, (uint64_t)to, 4 * PAGE_SIZE,
			      4 * PAGE_SIZE, 3, 0x900000), 0x900000);
	assert_int_equal(call(sys_mremap, 0x900000, 4 * PAGE_SIZE,
			      4 * PAGE_SIZE, 3, 0x902000), -EINVAL);
	assert_int_equal(call(sys_mremap, 0x900000, 4 * PAGE_SIZE,
			      4 * PAGE_SIZE, 3, USER_TOP), -EINVAL);
}

static void test_madvise(void **state)
{
	static const unsigned hints[] = { 0, 1, 2, 3, 10, 11, 12, 13, 14, 15,
		16, 17, 18, 19, 20, 21, 22, 23 };
	uint64_t va = (uint64_t)anon(0x400000, 4 * PAGE_SIZE, R | W,
				     POPULATE);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		assert_int_equal(call(sys_madvise, va, 1, hints[i], 0, 0), 0);
	assert_int_equal(process.aspace->pages, 4);
	assert_int_equal(call(sys_madvise, va, 1, 9, 0, 0), -EINVAL);
	assert_int_equal(call(sys_madvise, va, 1, 100, 0, 0), -EINVAL);
	assert_int_equal(call(sys_madvise, va + 1, 1, 4, 0, 0), -EINVAL);
	assert_int_equal(call(sys_madvise, va, UINT64_MAX, 4, 0, 0), -EINVAL);
	assert_int_equal(call(sys_madvise, va, 0, 4, 0, 0), 0);
	assert_int_equal(call(sys_madvise, va, 1, 4, 0, 0), 0);
	assert_int_equal(process.aspace->pages, 3);
	assert_int_equal(call(sys_madvise, va + PAGE_SIZE, 1, 8, 0, 0), 0);
	assert_int_equal(process.aspace->pages, 2);
	assert_int_equal(load(va), 0);
	assert_int_equal(call(sys_madvise, va, 5 * PAGE_SIZE, 4, 0, 0),
			 -ENOMEM);
	assert_int_equal(process.aspace->pages, 0);
}

static void test_populate(void **state)
{
	uint64_t va = (uint64_t)anon(0x400000, 4 * PAGE_SIZE, R | W, 0);
	uint64_t in_file = (uint64_t)call_mmap(0, 4 * PAGE_SIZE, R, PRIVATE,
					       FD, 0);

	(void)state;
	assert_int_equal(call(sys_madvise, va, PAGE_SIZE, 22, 0, 0), 0);
	assert_int_equal(process.aspace->pages, 1);
	assert_int_equal(call(sys_madvise, in_file, PAGE_SIZE, 23, 0, 0),
			 -EINVAL);
	assert_int_equal(call(sys_madvise, in_file, 4 * PAGE_SIZE, 22, 0, 0),
			 -EFAULT);
	assert_int_equal(process.aspace->pages, 4);
	assert_int_equal(call(sys_madvise, va + 3 * PAGE_SIZE, 2 * PAGE_SIZE,
			      22, 0, 0), -ENOMEM);
	fake_deadly = true;
	assert_int_equal(call(sys_madvise, va, 4 * PAGE_SIZE, 22, 0, 0),
			 -EINTR);
	fake_deadly = false;
	assert_int_equal(process.aspace->pages, 5);
}

static void test_mlock(void **state)
{
	uint64_t va = (uint64_t)anon(0x400000, 4 * PAGE_SIZE, R | W, 0);

	(void)state;
	assert_int_equal(call(sys_mlock, va + 5, PAGE_SIZE, 0, 0, 0), 0);
	assert_int_equal(process.aspace->pages, 2);
	assert_int_equal(call(sys_munlock, va, 4 * PAGE_SIZE, 0, 0, 0), 0);
	assert_int_equal(call(sys_mlock, va, 0, 0, 0, 0), 0);
	assert_int_equal(call(sys_mlock, va, 5 * PAGE_SIZE, 0, 0, 0), -ENOMEM);
	assert_int_equal(call(sys_munlock, va, 5 * PAGE_SIZE, 0, 0, 0),
			 -ENOMEM);
	assert_int_equal(call(sys_mlock, va, UINT64_MAX, 0, 0, 0), -EINVAL);
	assert_int_equal(call(sys_mlock2, va, PAGE_SIZE, 2, 0, 0), -EINVAL);
	assert_int_equal(call(sys_mlock2, va, 4 * PAGE_SIZE, 1, 0, 0), 0);
	assert_int_equal(process.aspace->pages, 2);
	assert_int_equal(call(sys_mlock2, va, 3 * PAGE_SIZE, 0, 0, 0), 0);
	assert_int_equal(process.aspace->pages, 3);
	assert_int_equal(call(sys_mlockall, 0, 0, 0, 0, 0), -EINVAL);
	assert_int_equal(call(sys_mlockall, 4, 0, 0, 0, 0), -EINVAL);
	assert_int_equal(call(sys_mlockall, 8, 0, 0, 0, 0), -EINVAL);
	assert_int_equal(call(sys_mlockall, 2, 0, 0, 0, 0), 0);
	assert_int_equal(process.aspace->pages, 3);
	assert_int_equal(call(sys_mlockall, 1, 0, 0, 0, 0), 0);
	assert_int_equal(process.aspace->pages, 4);
	assert_int_equal(call(sys_munlockall, 0, 0, 0, 0, 0), 0);
	anon(va, PAGE_SIZE, R | W, FIXED);
	page_fail_after(0);
	assert_int_equal(call(sys_mlock, va, PAGE_SIZE, 0, 0, 0), -EAGAIN);
	page_fail_after(-1);
}

static void test_msync(void **state)
{
	uint64_t va = (uint64_t)anon(0x400000, 4 * PAGE_SIZE, R | W, 0);

	(void)state;
	assert_int_equal(call(sys_msync, va, 100, 4, 0, 0), 0);
	assert_int_equal(call(sys_msync, va, 100, 1 | 2, 0, 0), 0);
	assert_int_equal(call(sys_msync, va, 100, 1 | 4, 0, 0), -EINVAL);
	assert_int_equal(call(sys_msync, va, 100, 8, 0, 0), -EINVAL);
	assert_int_equal(call(sys_msync, va + 1, 100, 4, 0, 0), -EINVAL);
	assert_int_equal(call(sys_msync, va, 0, 4, 0, 0), 0);
	assert_int_equal(call(sys_msync, va, 5 * PAGE_SIZE, 4, 0, 0), -ENOMEM);
	assert_int_equal(call(sys_msync, va, UINT64_MAX, 4, 0, 0), -ENOMEM);
}

static void test_mincore(void **state)
{
	uint64_t va = (uint64_t)anon(0x400000, 600 * PAGE_SIZE, R | W, 0);
	uint64_t in_file = (uint64_t)call_mmap(0, 4 * PAGE_SIZE, R, PRIVATE,
					       FD, 0);
	uint64_t vec = (uint64_t)anon(0, PAGE_SIZE, R | W, 0);
	size_t i;

	(void)state;
	store(va + PAGE_SIZE, 1);
	store(va + 599 * PAGE_SIZE, 1);
	assert_int_equal(call(sys_mincore, va, 600 * PAGE_SIZE, vec, 0, 0), 0);
	for (i = 0; i < 600; i++)
		assert_int_equal(load(vec + i), i == 1 || i == 599);
	/* What the file has is in memory, mapped or not. */
	assert_int_equal(call(sys_mincore, in_file, 4 * PAGE_SIZE, vec, 0, 0),
			 0);
	for (i = 0; i < 4; i++)
		assert_int_equal(load(vec + i), i < 3);
	assert_int_equal(call(sys_mincore, va + 1, 1, vec, 0, 0), -EINVAL);
	assert_int_equal(call(sys_mincore, va, 601 * PAGE_SIZE, vec, 0, 0),
			 -ENOMEM);
	assert_int_equal(call(sys_mincore, va, UINT64_MAX, vec, 0, 0),
			 -ENOMEM);
	assert_int_equal(call(sys_mincore, va, PAGE_SIZE, USER_TOP, 0, 0),
			 -EFAULT);
	assert_int_equal(call(sys_mincore, va, PAGE_SIZE, in_file, 0, 0),
			 -EFAULT);
	assert_int_equal(call(sys_mincore, va, 0, vec, 0, 0), 0);
}

struct seen {
	unsigned areas;
	struct area_info last;
};

static int see(const struct area_info *info, void *arg)
{
	struct seen *seen = arg;

	assert_int_equal(machine_locks_held(), 0);
	assert_true(info->start >= seen->last.end);
	seen->areas++;
	seen->last = *info;
	return 0;
}

static void test_inspect(void **state)
{
	struct aspace *as = process.aspace;
	struct aspace_usage usage;
	struct seen seen = { 0 };

	(void)state;
	aspace_set_brk(as, 0x500000);
	aspace_brk(as, 0x503000);
	assert_int_equal(call_mmap(0x600000, 2 * PAGE_SIZE, R | X,
				   PRIVATE | FIXED, FD, PAGE_SIZE), 0x600000);
	assert_int_equal(aspace_set_stack(as, 0x7f00000000, 0x7f00000000,
					  R | W), 0);
	assert_int_equal(aspace_map_signal_page(as, inode, 4), 0);
	store(0x500000, 1);
	(void)load(0x600000);
	assert_int_equal(aspace_for_each_area(as, see, &seen), 0);
	assert_int_equal(seen.areas, 4);
	assert_string_equal(seen.last.name, "[stack]");
	assert_int_equal(seen.last.end, 0x7f00000000);
	aspace_usage(as, &usage);
	assert_int_equal(usage.mapped, 3 + 2 + 1 +
			 ASPACE_STACK_FIRST / PAGE_SIZE);
	assert_int_equal(usage.resident, 2);
	assert_int_equal(usage.file, 1);
	assert_int_equal(usage.text, 3);
	assert_int_equal(usage.data, 3);
	assert_int_equal(usage.stack, ASPACE_STACK_FIRST / PAGE_SIZE);
	assert_int_equal(try_access(as->signal_page, AREA_EXEC), 0);
	assert_int_equal(try_access(as->signal_page, AREA_WRITE), -EACCES);
	assert_null(aspace_program(as));
	file.flags = FILE_RDWR;
	call_mmap(0x700000, 1, R | W, SHARED | FIXED, FD, 0);
	assert_int_equal(aspace_set_program(as, inode), -ETXTBSY);
	call(sys_munmap, 0x700000, 1, 0, 0, 0);
	assert_int_equal(aspace_set_program(as, inode), 0);
	assert_int_equal(inode->writers, -1);
	assert_ptr_equal(aspace_program(as), inode);
	inode_put(inode);
	/* All of it goes at once, and nothing comes. */
	aspace_reap(as);
	assert_int_equal(as->pages, 0);
	assert_int_equal(try_access(0x500000, AREA_READ), -EFAULT);
	assert_int_equal(anon(0, 1, R, 0), -ENOMEM);
	assert_null(aspace_fork(as, 0));
}

static void test_brk(void **state)
{
	(void)state;
	aspace_set_brk(process.aspace, 0x500000);
	assert_int_equal(call(sys_brk, 0, 0, 0, 0, 0), 0x500000);
	assert_int_equal(call(sys_brk, 0x501000, 0, 0, 0, 0), 0x501000);
	assert_int_equal(try_access(0x500000, AREA_WRITE), 0);
}

static int set_up(void **state)
{
	(void)state;
	machine_ram(RAM_SIZE, 0xa6);
	page_add_range(MACHINE_RAM, MACHINE_RAM + RAM_SIZE);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	machine_ram_free();
	return 0;
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, start, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_mmap_errors),
		TEST(test_places),
		TEST(test_file),
		TEST(test_shared_file),
		TEST(test_shared_memory),
		TEST(test_file_errors),
		TEST(test_munmap),
		TEST(test_mprotect),
		TEST(test_mremap),
		TEST(test_madvise),
		TEST(test_populate),
		TEST(test_mlock),
		TEST(test_msync),
		TEST(test_mincore),
		TEST(test_inspect),
		TEST(test_brk),
	};

	return cmocka_run_group_tests_name("sys_mm", tests, set_up, tear_down);
}
