// SPDX-License-Identifier: MIT
/*
 * loom/proc/exec_stack.c: the stack is read as a C library reads it at the
 * start of a program, from a copy of the memory that execve would write.
 */
#include "check.h"

#include <elf.h>
#include <string.h>

#undef AT_NULL
#undef AT_PHDR
#undef AT_PHENT
#undef AT_PHNUM
#undef AT_PAGESZ
#undef AT_BASE
#undef AT_FLAGS
#undef AT_ENTRY
#undef AT_UID
#undef AT_EUID
#undef AT_GID
#undef AT_EGID
#undef AT_PLATFORM
#undef AT_HWCAP
#undef AT_CLKTCK
#undef AT_SECURE
#undef AT_RANDOM
#undef AT_HWCAP2
#undef AT_EXECFN
#undef AT_MINSIGSTKSZ
#include "lib/assert.h"
#include "proc/exec_stack.h"

void assert_failed(const char *file, int line, const char *expr)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, expr);
	abort();
}

#define TOP	UINT64_C(0x7ffffff000)
#define ROOM	(64 * 1024)

/* The uppermost ROOM bytes below TOP. */
static uint64_t memory[ROOM / 8];

static void *at(uint64_t va)
{
	assert_true(va >= TOP - ROOM && va < TOP);
	return (char *)memory + (va - (TOP - ROOM));
}

static uint64_t word(uint64_t va)
{
	assert_int_equal(va % 8, 0);
	return *(uint64_t *)at(va);
}

/* As execve does: both parts at their addresses; the sp. */
static uint64_t put(const struct exec_stack *s)
{
	size_t size = exec_stack_block_size(s);
	void *block = malloc(size);
	uint64_t sp;

	assert_non_null(block);
	memset(memory, 0xaa, sizeof(memory));
	memset(memory + ROOM / 8 - 1, 0, 8);
	sp = exec_stack_build(s, block);
	assert_true(sp + size <= exec_stack_strings_at(s));
	memcpy(at(sp), block, size);
	memcpy(at(exec_stack_strings_at(s)), s->strings, s->strings_len);
	free(block);
	return sp;
}

static uint64_t auxv(uint64_t at_va, uint64_t type)
{
	unsigned n = 0;

	for (; word(at_va) != AT_NULL; at_va += 16) {
		assert_true(++n < EXEC_STACK_AUXV);
		if (word(at_va) == type)
			return word(at_va + 8);
	}
	fail_msg("no auxv entry %u", (unsigned)type);
	return 0;
}

static uint64_t check_vector(uint64_t va, const char *const *strings,
			     unsigned n)
{
	for (unsigned i = 0; i < n; i++, va += 8)
		assert_string_equal(at(word(va)), strings[i]);
	assert_int_equal(word(va), 0);
	return va + 8;
}

static void check(const char *const *argv, unsigned argc,
		  const char *const *envp, unsigned envc, const char *path)
{
	struct exec_stack s = {
		.top = TOP, .argc = argc, .envc = envc,
		.phdr = 0x400040, .phnum = 6, .entry = 0x400780,
		.hwcap = 0x887fff, .hwcap2 = 3, .signal_stack = 4720,
	};
	char *strings = malloc(ROOM / 2);
	uint64_t sp, va;

	assert_non_null(strings);
	for (unsigned i = 0; i < argc + envc + 1; i++) {
		const char *string = i < argc ? argv[i] :
			i < argc + envc ? envp[i - argc] : path;

		strcpy(strings + s.strings_len, string);
		s.strings_len += strlen(string) + 1;
	}
	s.strings = strings;
	for (unsigned i = 0; i < sizeof(s.random); i++)
		s.random[i] = (uint8_t)(0xf0 + i);

	sp = put(&s);
	assert_int_equal(sp % 16, 0);
	assert_int_equal(word(sp), argc);
	va = check_vector(sp + 8, argv, argc);
	va = check_vector(va, envp, envc);
	assert_int_equal(auxv(va, AT_PHDR), 0x400040);
	assert_int_equal(auxv(va, AT_PHENT), sizeof(Elf64_Phdr));
	assert_int_equal(auxv(va, AT_PHNUM), 6);
	assert_int_equal(auxv(va, AT_PAGESZ), 4096);
	assert_int_equal(auxv(va, AT_ENTRY), 0x400780);
	assert_int_equal(auxv(va, AT_HWCAP), 0x887fff);
	assert_int_equal(auxv(va, AT_HWCAP2), 3);
	assert_int_equal(auxv(va, AT_MINSIGSTKSZ), 4720);
	assert_int_equal(auxv(va, AT_SECURE), 0);
	assert_int_equal(auxv(va, AT_CLKTCK), 100);
	assert_int_equal(auxv(va, AT_UID) | auxv(va, AT_EUID) |
			 auxv(va, AT_GID) | auxv(va, AT_EGID), 0);
	assert_int_equal(auxv(va, AT_BASE) | auxv(va, AT_FLAGS), 0);
	assert_string_equal(at(auxv(va, AT_PLATFORM)), "aarch64");
	assert_string_equal(at(auxv(va, AT_EXECFN)), path);
	assert_memory_equal(at(auxv(va, AT_RANDOM)), s.random, 16);
	assert_int_equal(word(TOP - 8), 0);
	free(strings);
}

static void is_what_a_c_library_reads(void **state)
{
	static const char *const argv[] = { "prog", "", "a b", "last" };
	static const char *const envp[] = { "PATH=/bin", "EMPTY=", "X" };

	(void)state;
	check(argv, 4, envp, 3, "/bin/prog");
}

/* sp is aligned whatever the number and the lengths of the strings are. */
static void is_aligned_for_every_shape(void **state)
{
	static const char *const many[] = {
		"1", "22", "333", "4444", "55555", "666666", "7777777",
		"88888888", "999999999", "aaaaaaaaaa",
	};
	static const char *const paths[] = {
		"a", "bb", "ccc", "dddd", "eeeee", "ffffff", "ggggggg",
		"hhhhhhhh", "iiiiiiiii", "jjjjjjjjjj", "kkkkkkkkkkk",
		"llllllllllll", "mmmmmmmmmmmmm", "nnnnnnnnnnnnnn",
		"ooooooooooooooo", "pppppppppppppppp",
	};

	(void)state;
	for (unsigned argc = 0; argc <= 10; argc++)
		for (unsigned envc = 0; envc <= 3; envc++)
			for (unsigned p = 0; p < 16; p++)
				check(many, argc, many + 5, envc, paths[p]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_what_a_c_library_reads),
		cmocka_unit_test(is_aligned_for_every_shape),
	};

	return cmocka_run_group_tests_name("execstack", tests, NULL, NULL);
}
