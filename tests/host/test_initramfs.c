// SPDX-License-Identifier: MIT
/*
 * The root from an initramfs: good archives, damaged ones, too little memory.
 */
#include <string.h>

#include "mm/page.h"
#include "rig.h"

#define ROOM 65536

struct archive {
	size_t size;
	unsigned char bytes[ROOM];
};

static void pad4(struct archive *a)
{
	while (a->size % 4)
		a->bytes[a->size++] = 0;
}

static void add(struct archive *a, const char *name, unsigned mode,
		unsigned ino, unsigned nlink, unsigned rdev, const void *data,
		size_t size)
{
	char header[128];

	snprintf(header, sizeof(header), "070701%08x%08x%08x%08x%08x%08x%08x"
		 "%08x%08x%08x%08x%08x%08x", ino, mode, 0, 0, nlink, 77,
		 (unsigned)size, 3, 4, rdev >> 8, rdev & 0xff,
		 (unsigned)strlen(name) + 1, 0);
	memcpy(a->bytes + a->size, header, 110);
	a->size += 110;
	memcpy(a->bytes + a->size, name, strlen(name) + 1);
	a->size += strlen(name) + 1;
	pad4(a);
	memcpy(a->bytes + a->size, data, size);
	a->size += size;
	pad4(a);
}

static void add_text(struct archive *a, const char *name, unsigned mode,
		     const char *text)
{
	add(a, name, mode, 1, 1, 0, text, strlen(text));
}

static void add_end(struct archive *a)
{
	add_text(a, "TRAILER!!!", 0, "");
}

static int unpack(const struct archive *a, const char **why)
{
	void *copy = check_copy(a->bytes, a->size);
	int err;

	*why = NULL;
	err = initramfs_unpack(copy, a->size, why);
	free(copy);
	assert_true((err == 0) == (*why == NULL));
	return err;
}

static struct archive *sample(void)
{
	struct archive *a = calloc(1, sizeof(*a));
	char *big = malloc(20000);

	memset(big, 'b', 20000);
	add_text(a, ".", 040755, "");
	add_text(a, "x", 040700, "");
	add_text(a, "x/f", 0100755, "text");
	add(a, "x/big", 0100644, 2, 1, 0, big, 20000);
	add_text(a, "x/l", 0120777, "f");
	add(a, "x/null", 020666, 3, 1, 0x103, "", 0);
	add(a, "x/h1", 0100600, 9, 3, 0, "", 0);
	add(a, "x/h2", 0100600, 9, 3, 0, "", 0);
	add(a, "x/h3", 0100600, 9, 3, 0, "late", 4);
	add_text(a, "x/pipe", 010600, "");
	add_text(a, "dev", 040755, "");
	add_text(a, "proc", 040555, "");
	add_end(a);
	free(big);
	return a;
}

static void remove_sample(void)
{
	wipe("/");
}

static void test_good(void **state)
{
	struct archive *a = sample();
	struct arm64_stat st;
	const char *why;

	(void)state;
	assert_int_equal(unpack(a, &why), 0);
	assert_text("/x/f", "text");
	assert_text("/x/l", "text");
	assert_text("/x/h1", "late");
	assert_text("/x/null", "");
	assert_int_equal(stat_of("/x/f", &st), 0);
	assert_int_equal(st.mode, 0100755);
	assert_int_equal(st.mtime, 77);
	assert_int_equal(stat_of("/x", &st), 0);
	assert_int_equal(st.mode, 040700);
	assert_int_equal(stat_of("/x/big", &st), 0);
	assert_int_equal(st.size, 20000);
	assert_int_equal(stat_of("/x/h2", &st), 0);
	assert_int_equal(st.nlink, 3);
	assert_int_equal(stat_of("/x/null", &st), 0);
	assert_int_equal(st.rdev, 0x103);
	/* To write without waiting, while nobody reads. */
	assert_int_equal(OPEN("/x/pipe", FILE_WRONLY | FILE_NONBLOCK), -ENXIO);
	/* Once more over what is there: the same. */
	assert_int_equal(unpack(a, &why), 0);
	assert_text("/x/h2", "late");
	remove_sample();
	free(a);
}

static void assert_contents(const char *path, const void *data, size_t size)
{
	long fd = OPEN(path, FILE_RDONLY);
	char *buf = malloc(size + 1);

	assert_true(fd >= 0);
	assert_int_equal(READ(fd, buf, size + 1), size);
	assert_memory_equal(buf, data, size);
	CLOSE(fd);
	free(buf);
}

/*
 * An archive whose pages become those of files: a file in front to move the
 * data of the next to a page, and what is left of that one behind the pages.
 */
static void test_in_place(void **state)
{
	struct archive *a = calloc(1, sizeof(*a));
	uint8_t *data = malloc(3 * PAGE_SIZE + 5), *run;
	const char *why = NULL;
	struct arm64_stat st;
	size_t at;

	(void)state;
	for (size_t i = 0; i < 3 * PAGE_SIZE + 5; i++)
		data[i] = (uint8_t)(i / 7);
	/* Header and name are 112 bytes. */
	add(a, "f", 0100644, 1, 1, 0, data, PAGE_SIZE - 112 - 112);
	at = a->size + 112;
	assert_int_equal(at, PAGE_SIZE);
	add(a, "g", 0100644, 2, 1, 0, data, 3 * PAGE_SIZE + 5);
	add(a, "h", 0100644, 3, 1, 0, data, 2 * PAGE_SIZE);
	add_end(a);
	run = aligned_alloc(PAGE_SIZE, 8 * PAGE_SIZE);
	memcpy(run, a->bytes, a->size);
	shim_adopt(run, 8);
	assert_int_equal(initramfs_unpack(run, a->size, &why), 0);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(shim_adopted_refs(i), 1 + (i >= 1 && i < 4));
	/* What nobody has any more may hold anything. */
	memset(run, 0xee, PAGE_SIZE);
	memset(run + 4 * PAGE_SIZE, 0xee, 4 * PAGE_SIZE);
	assert_contents("/f", data, PAGE_SIZE - 112 - 112);
	assert_contents("/g", data, 3 * PAGE_SIZE + 5);
	assert_contents("/h", data, 2 * PAGE_SIZE);
	assert_int_equal(stat_of("/g", &st), 0);
	assert_int_equal(st.blocks, 4 * PAGE_SIZE / 512);
	remove_sample();
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(shim_adopted_refs(i), 1);
	shim_adopt(NULL, 0);
	free(run);
	free(data);
	free(a);
}

static void test_second_archive(void **state)
{
	struct archive *a = sample();
	const char *why;

	(void)state;
	/* Inode 9 with several names, again: another file. */
	add(a, "x/g", 0100600, 9, 2, 0, "new", 3);
	add_text(a, "x/f", 0100755, "replaced");
	add_text(a, "x/l", 0100755, "no link any more");
	add_text(a, "x/big", 040755, "");
	add_end(a);
	assert_int_equal(unpack(a, &why), 0);
	assert_text("/x/g", "new");
	assert_text("/x/h1", "late");
	assert_text("/x/f", "replaced");
	assert_text("/x/l", "no link any more");
	assert_int_equal(RMDIR("/x/big"), 0);
	remove_sample();
	free(a);
}

static void expect(int want, const char *reason, struct archive *a)
{
	const char *why;

	assert_int_equal(unpack(a, &why), want);
	assert_string_equal(why, reason);
	a->size = 0;
}

static void test_bad_entries(void **state)
{
	struct archive *a = calloc(1, sizeof(*a));
	char name[300];

	(void)state;
	add_text(a, "no/where", 0100644, "");
	expect(-ENOENT, "a name is in a directory that was not named before",
	       a);
	add_text(a, "dev/null/x", 0100644, "");
	expect(-ENOTDIR, "a name goes through what is no directory", a);
	add_text(a, "dev", 0100644, "");
	expect(-ENOTEMPTY, "a name is taken by a directory in use", a);
	add_text(a, "proc", 0100644, "");
	expect(-EBUSY, "a name is taken by a directory in use", a);
	add_text(a, "proc/new", 0100644, "");
	expect(-EROFS, "a name cannot be made", a);
	add_text(a, "x", 0120777, "");
	expect(-EINVAL, "a symbolic link has no proper target", a);
	add(a, "x", 0120777, 1, 1, 0, "a\0b", 3);
	expect(-EINVAL, "a symbolic link has no proper target", a);
	add_text(a, "x", 0150777, "");
	expect(-EINVAL, "an entry is of an unknown type", a);
	memset(name, 'n', 299);
	name[299] = '\0';
	add_text(a, name, 0100644, "");
	expect(-ENAMETOOLONG, "a name is too long", a);
	free(a);
}

/* Cut anywhere: an error with a reason, and nothing is lost. */
static void test_cut(void **state)
{
	struct archive *a = sample();
	struct usage before = usage_now();
	const size_t whole = a->size;
	const char *why;

	(void)state;
	for (a->size = 0; a->size < whole; a->size += a->size < 300 ? 1 : 37) {
		assert_int_equal(unpack(a, &why), -EINVAL);
		remove_sample();
		assert_usage(before);
	}
	free(a);
}

/* Bytes changed at random: whatever comes of it, nothing is lost. */
static void test_damaged(void **state)
{
	struct usage before = usage_now();
	uint64_t seed = check_seed(0xbad), random = seed;
	struct archive *good = sample(), *a = malloc(sizeof(*a));
	const char *why;
	int refused = 0;

	(void)state;
	print_message("# seed %llu\n", (unsigned long long)seed);
	for (int i = 0; i < 1500; i++) {
		memcpy(a, good, sizeof(*a));
		for (int j = 0; j < 2; j++) {
			/* Headers and names: not the 20000 bytes of data. */
			size_t at = check_below(&random, 1600);

			if (at >= 440)
				at += a->size - 1600;
			a->bytes[at] = (unsigned char)check_random(&random);
		}
		refused += unpack(a, &why) < 0;
		remove_sample();
		assert_usage(before);
	}
	assert_true(refused > 300);
	free(good);
	free(a);
}

static void test_every_allocation_fails(void **state)
{
	struct archive *a = sample();
	struct usage before = usage_now();
	const char *why;
	int sites = 0, err;

	(void)state;
	for (;; sites++) {
		shim_fail_after(sites);
		err = unpack(a, &why);
		if (!shim_failed())
			break;
		shim_fail_after(-1);
		assert_true(err == -ENOMEM || err == -ENOSPC);
		remove_sample();
		assert_usage(before);
	}
	shim_fail_after(-1);
	assert_int_equal(err, 0);
	print_message("# %d allocations\n", sites);
	assert_true(sites > 30);
	remove_sample();
	free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(test_good),
		RIG_TEST(test_in_place),
		RIG_TEST(test_second_archive),
		RIG_TEST(test_bad_entries),
		RIG_TEST(test_cut),
		RIG_TEST(test_every_allocation_fails),
		RIG_TEST(test_damaged),
	};

	return cmocka_run_group_tests_name("initramfs", tests, NULL, NULL);
}
