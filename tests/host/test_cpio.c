// SPDX-License-Identifier: MIT
/*
 * loom/fs/cpio.c. Usage: test_cpio CPIO, the name of the cpio program: it
 * packs real files here, the rest is made and damaged by hand.
 *
 * Every archive is read from a heap copy of its exact size, so the
 * sanitizers see a read past either end. HOST_TEST_SEED varies the damage.
 */
#include "check.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/cpio.h"
#include "lib/errno.h"

#define ROUNDS	40000

static const char *cpio_program;

struct archive {
	char bytes[8192];
	size_t size;
};

static void pad(struct archive *a)
{
	while (a->size % 4)
		a->bytes[a->size++] = '\0';
}

/* Append an entry whose numbers and name are as given, true or not. */
static void add_raw(struct archive *a, const char *magic, uint32_t mode,
		    uint32_t size, const char *data, size_t real,
		    uint32_t namesize, const char *name, uint32_t check)
{
	a->size += (size_t)sprintf(a->bytes + a->size,
		"%s%08X%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
		magic, 0xABCDu, mode, 1, 2, 3, 4, size, 5, 6, 7, 8, namesize,
		check);
	memcpy(a->bytes + a->size, name, strlen(name) + 1);
	a->size += strlen(name) + 1;
	pad(a);
	memcpy(a->bytes + a->size, data, real);
	a->size += real;
	pad(a);
}

static void add(struct archive *a, const char *name, const char *data)
{
	add_raw(a, "070701", 0100644, (uint32_t)strlen(data), data,
		strlen(data), (uint32_t)strlen(name) + 1, name, 0);
}

static void end(struct archive *a)
{
	add(a, "TRAILER!!!", "");
}

/* Names of all entries, each followed by a blank, or the error. */
static const char *names_in(const void *bytes, size_t size)
{
	static char names[8192];
	unsigned char *copy = check_copy(bytes, size);
	struct cpio_entry e;
	struct cpio c;
	int ret;

	names[0] = '\0';
	cpio_open(&c, copy, size);
	while ((ret = cpio_next(&c, &e)) == 1) {
		assert_int_equal(strlen(e.name), e.namelen);
		strcat(strcat(names, e.name), " ");
	}
	if (ret < 0) {
		assert_int_equal(ret, -EINVAL);
		assert_non_null(c.error);
		strcat(names, c.error);
		assert_int_equal(cpio_next(&c, &e), -EINVAL);
	} else {
		assert_null(c.error);
		assert_int_equal(cpio_next(&c, &e), 0);
	}
	free(copy);
	return names;
}

static void check_names(const struct archive *a, const char *want)
{
	assert_string_equal(names_in(a->bytes, a->size), want);
}

static void one_name(const char *name, const char *want)
{
	struct archive a = { .size = 0 };

	add(&a, name, "x");
	end(&a);
	check_names(&a, want);
}

static void reads_every_field(void **state)
{
	struct archive a = { .size = 0 };
	struct cpio_entry e;
	struct cpio c;

	(void)state;
	add(&a, "dir/file", "hello");
	end(&a);
	cpio_open(&c, a.bytes, a.size);
	assert_int_equal(cpio_next(&c, &e), 1);
	assert_string_equal(e.name, "dir/file");
	assert_int_equal(e.namelen, 8);
	assert_int_equal(e.size, 5);
	assert_memory_equal(e.data, "hello", 5);
	assert_int_equal(e.ino, 0xabcd);
	assert_int_equal(e.mode, 0100644);
	assert_int_equal(e.uid, 1);
	assert_int_equal(e.gid, 2);
	assert_int_equal(e.nlink, 3);
	assert_int_equal(e.mtime, 4);
	assert_int_equal(e.dev_major, 5);
	assert_int_equal(e.dev_minor, 6);
	assert_int_equal(e.rdev_major, 7);
	assert_int_equal(e.rdev_minor, 8);
	assert_int_equal(cpio_next(&c, &e), 0);
}

static void makes_names_relative(void **state)
{
	(void)state;
	one_name("a", "a ");
	one_name("./a/b", "a/b ");
	one_name("/a", "a ");
	one_name("/.//./a", "a ");
	one_name(".", " ");
	one_name("./.", " ");
	one_name("/", " ");
	one_name(".a", ".a ");
	one_name("..a", "..a ");
	one_name("a../b..c/...", "a../b..c/... ");
}

static void refuses_names(void **state)
{
	static const char *const names[] = { "..", "../a", "a/..", "a/../b",
		"/..", "./..", "a//b", "a/./b", "a/.", "a/", "./a/" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		one_name(names[i],
			 "a name has an empty, \".\" or \"..\" part");
	one_name("", "a name is empty");
}

static void reads_archives_that_follow_each_other(void **state)
{
	struct archive a = { .size = 0 };

	(void)state;
	add(&a, "one", "1");
	end(&a);
	memset(a.bytes + a.size, 0, 512);
	a.size += 512;
	add(&a, "two", "22");
	end(&a);
	add(&a, "three", "333");
	end(&a);
	check_names(&a, "one two three ");
	a.size += 3;		/* zeros behind the end */
	memset(a.bytes + a.size - 3, 0, 3);
	check_names(&a, "one two three ");
	a.bytes[a.size++] = 'x';
	check_names(&a,
		    "one two three an archive starts at no multiple of 4");
}

static void refuses_what_starts_unaligned(void **state)
{
	struct archive a = { .size = 0 };

	(void)state;
	end(&a);
	a.bytes[a.size++] = '\0';
	a.bytes[a.size++] = '0';
	check_names(&a, "an archive starts at no multiple of 4");
}

/* Each lie about a size or a name, and the answer. */
static void refuses_lying_headers(void **state)
{
	static const struct {
		const char *magic;
		uint32_t size;
		uint32_t namesize;
		const char *want;
	} cases[] = {
		{ "070701", 4, 2, "a a " },
		{ "070701", 0xffffffff, 2, "the archive ends inside a file" },
		{ "070701", 0x7fffffff, 2, "the archive ends inside a file" },
		{ "070701", 4, 0, "a name is empty or too long" },
		{ "070701", 4, 1, "a name is not terminated where it ends" },
		{ "070701", 4, 3, "a name is not terminated where it ends" },
		{ "070701", 4, 4097, "a name is empty or too long" },
		{ "070701", 4, 4096, "the archive ends inside a name" },
		{ "070701", 4, 0xffffffff, "a name is empty or too long" },
		{ "070702", 4, 2, "a checksum is wrong" },
		{ "070707", 4, 2, "this is not a cpio archive in newc format" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct archive a = { .size = 0 };

		add_raw(&a, cases[i].magic, 0100644, cases[i].size, "data", 4,
			cases[i].namesize, "a", 0);
		add(&a, "a", "");
		end(&a);
		check_names(&a, cases[i].want);
	}
}

static void verifies_checksums(void **state)
{
	struct archive a = { .size = 0 };

	(void)state;
	add_raw(&a, "070702", 0100644, 3, "\x01\x02\xff", 3, 2, "a", 0x102);
	end(&a);
	check_names(&a, "a ");
}

static void refuses_fields_that_are_no_numbers(void **state)
{
	static const char wrong[] = { 'g', ' ', '-', '\0', '/', ':', '@', 'G',
		'`', (char)0x80 };
	size_t at, i;

	(void)state;
	for (at = 6; at < 110; at++) {
		for (i = 0; i < sizeof(wrong); i++) {
			struct archive a = { .size = 0 };

			add(&a, "a", "data");
			end(&a);
			a.bytes[at] = wrong[i];
			check_names(&a, "a header field is not a number");
		}
	}
}

/* An archive that is cut anywhere is never read as a whole one. */
static void refuses_every_cut(void **state)
{
	struct archive a = { .size = 0 };
	size_t last, n;

	(void)state;
	add(&a, "one", "1");
	add(&a, "two", "some data");
	last = a.size + 110 + 11;	/* without the trailer's padding */
	end(&a);
	for (n = 0; n < last; n++)
		assert_non_null(strstr(names_in(a.bytes, n),
				       "the archive ends"));
	for (; n <= a.size; n++)
		assert_string_equal(names_in(a.bytes, n), "one two ");
}

static void run(const char *command)
{
	int ret = system(command);

	if (ret)
		print_message("# %s\n", command);
	assert_int_equal(ret, 0);
}

/* Pack a directory with the cpio program in @format and read it back. */
static void read_packed(const char *format)
{
	static const char want[] =
		" a.txt dir dir/empty dir/link two-hundred ";
	static char bytes[16384];
	char dir[] = "/tmp/test_cpio.XXXXXX";
	char command[1024];
	struct cpio_entry e;
	struct cpio c;
	FILE *file;
	size_t n;

	assert_non_null(mkdtemp(dir));
	snprintf(command, sizeof(command),
		 "cd %s && mkdir dir && printf hello >a.txt && : >dir/empty && "
		 "chmod 755 dir/empty && ln -s ../a.txt dir/link && "
		 "head -c 200 /dev/zero >two-hundred && find . | LC_ALL=C sort "
		 "| %s -o -H %s --quiet -O %s.cpio; status=$?; rm -r %s; "
		 "exit $status", dir, cpio_program, format, dir, dir);
	run(command);
	snprintf(command, sizeof(command), "%s.cpio", dir);
	file = fopen(command, "rb");
	assert_non_null(file);
	n = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	unlink(command);

	assert_string_equal(names_in(bytes, n), want);
	cpio_open(&c, bytes, n);
	while (cpio_next(&c, &e) == 1) {
		if (!strcmp(e.name, "a.txt")) {
			assert_int_equal(e.mode & S_IFMT, S_IFREG);
			assert_int_equal(e.size, 5);
			assert_memory_equal(e.data, "hello", 5);
		} else if (!strcmp(e.name, "dir/empty")) {
			assert_int_equal(e.mode, S_IFREG | 0755);
			assert_int_equal(e.size, 0);
		} else if (!strcmp(e.name, "dir/link")) {
			assert_int_equal(e.mode & S_IFMT, S_IFLNK);
			assert_int_equal(e.size, 8);
			assert_memory_equal(e.data, "../a.txt", 8);
		} else if (!strcmp(e.name, "two-hundred")) {
			assert_int_equal(e.size, 200);
		} else {
			assert_int_equal(e.mode & S_IFMT, S_IFDIR);
		}
	}
}

static void reads_what_the_tool_packs(void **state)
{
	(void)state;
	read_packed("newc");
	read_packed("crc");
}

/* Anything may be wrong; nothing may be read outside the archive. */
static void survives_damage(void **state)
{
	static const char digits[] = "0123456789abcdefF/.";
	uint64_t seed = check_seed(1);
	struct archive a = { .size = 0 };
	int refused = 0;
	int round;

	(void)state;
	add(&a, "bin", "");
	add(&a, "bin/sh", "some bytes of a program");
	add_raw(&a, "070702", 0100755, 2, "\x01\x02", 2, 8, "bin/cat", 3);
	end(&a);
	for (round = 0; round < ROUNDS; round++) {
		uint64_t rng = (seed << 32 | (uint64_t)round) * 2 + 1;
		size_t changes;
		unsigned char *copy;
		size_t size = a.size;
		struct cpio_entry e;
		struct cpio c;
		int ret;

		check_random(&rng);
		if (check_below(&rng, 4) == 0)
			size = check_below(&rng, size + 1);
		copy = check_copy(a.bytes, size);
		for (changes = check_below(&rng, 4); size && changes; changes--)
			copy[check_below(&rng, size)] = check_below(&rng, 4) ?
				(unsigned char)digits[check_below(&rng,
							sizeof(digits))] :
				(unsigned char)check_random(&rng);
		cpio_open(&c, copy, size);
		while ((ret = cpio_next(&c, &e)) == 1) {
			size_t i;
			unsigned int sum = 0;

			for (i = 0; i < e.size; i++)
				sum += e.data[i];
			assert_true(strlen(e.name) == e.namelen && sum < ~0u);
			assert_null(strstr(e.name, "/../"));
			assert_true(e.name[0] != '/');
		}
		refused += ret < 0;
		free(copy);
	}
	print_message("# seed %llu: %d of %d refused\n",
		      (unsigned long long)seed, refused, ROUNDS);
	assert_in_range(refused, 1, ROUNDS - 1);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_field),
		cmocka_unit_test(makes_names_relative),
		cmocka_unit_test(refuses_names),
		cmocka_unit_test(reads_archives_that_follow_each_other),
		cmocka_unit_test(refuses_what_starts_unaligned),
		cmocka_unit_test(refuses_lying_headers),
		cmocka_unit_test(verifies_checksums),
		cmocka_unit_test(refuses_fields_that_are_no_numbers),
		cmocka_unit_test(refuses_every_cut),
		cmocka_unit_test(reads_what_the_tool_packs),
		cmocka_unit_test(survives_damage),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: test_cpio CPIO\n");
		return 2;
	}
	cpio_program = argv[1];
	return cmocka_run_group_tests_name("cpio", tests, NULL, NULL);
}
