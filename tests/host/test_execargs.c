// SPDX-License-Identifier: MIT
/*
 * loom/proc/exec_args.c and script.c, with the test's own memory as the
 * program's: an address is a pointer, 0..4095 are bad.
 */
#include "check.h"

#include <string.h>

#include "lib/errno.h"
#include "mm/kmem.h"
#include "mm/user.h"
#include "proc/exec_args.h"
#include "proc/script.h"

static long allocations_left = -1;	/* negative: no end */

void *kmalloc(size_t size)
{
	if (allocations_left == 0)
		return NULL;
	allocations_left--;
	return malloc(size);
}

void kfree(void *ptr)
{
	free(ptr);
}

void *krealloc(void *ptr, size_t old_size, size_t new_size)
{
	void *moved = kmalloc(new_size);

	if (!moved)
		return NULL;
	if (ptr)
		memcpy(moved, ptr, old_size);
	free(ptr);
	return moved;
}

int copy_from_user(void *dst, uint64_t src, size_t len)
{
	if (src < 4096)
		return -EFAULT;
	memcpy(dst, (const void *)(uintptr_t)src, len);
	return 0;
}

long string_from_user(char *dst, uint64_t src, size_t size)
{
	const char *s = (const char *)(uintptr_t)src;
	size_t len;

	if (src < 4096)
		return -EFAULT;
	len = strnlen(s, size);
	if (len == size)
		return -ENAMETOOLONG;
	memcpy(dst, s, len + 1);
	return (long)len;
}

static uint64_t address(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static void expect(const struct exec_args *args, unsigned argc, unsigned envc,
		   const char *const *strings)
{
	size_t offset = 0;

	assert_int_equal(args->argc, argc);
	assert_int_equal(args->envc, envc);
	assert_int_equal(args->count, argc + envc);
	for (unsigned i = 0; i < argc + envc; i++) {
		assert_string_equal(args->data + offset, strings[i]);
		offset += strlen(strings[i]) + 1;
	}
	assert_int_equal(args->len, offset);
}

static void vectors_are_copied(void **state)
{
	const char *const argv[] = { "sh", "-c", "", "exit 7", NULL };
	const char *const envp[] = { "A=1", "B=", NULL };
	const char *const all[] = { "sh", "-c", "", "exit 7", "A=1", "B=" };
	const char *const nothing[] = { NULL };
	const char *const empty[] = { "" };
	struct exec_args args = { 0 };

	(void)state;
	assert_int_equal(exec_args_from_user(&args, address(argv),
					     address(envp)), 0);
	expect(&args, 4, 2, all);
	exec_args_free(&args);
	assert_int_equal(exec_args_from_kernel(&args, argv, envp), 0);
	expect(&args, 4, 2, all);
	exec_args_free(&args);
	/* no argv at all, or an empty one: one empty argument */
	assert_int_equal(exec_args_from_user(&args, 0, 0), 0);
	expect(&args, 1, 0, empty);
	exec_args_free(&args);
	assert_int_equal(exec_args_from_user(&args, address(nothing),
					     address(nothing)), 0);
	expect(&args, 1, 0, empty);
	exec_args_free(&args);
}

static void bad_addresses_are_refused(void **state)
{
	uint64_t bad_string[] = { address("x"), 8, 0 };
	struct exec_args args = { 0 };

	(void)state;
	assert_int_equal(exec_args_from_user(&args, 8, 0), -EFAULT);
	exec_args_free(&args);
	assert_int_equal(exec_args_from_user(&args, address(bad_string), 0),
			 -EFAULT);
	exec_args_free(&args);
	assert_int_equal(exec_args_from_user(&args, 0, address(bad_string)),
			 -EFAULT);
	exec_args_free(&args);
}

static void vector_of(const char **vector, unsigned n, const char *string)
{
	for (unsigned i = 0; i < n; i++)
		vector[i] = string;
	vector[n] = NULL;
}

/* The limit holds for one string, for many, and for pointers alone. */
static void the_limit_is_exact(void **state)
{
	char *big = malloc(EXEC_ARGS_MAX + 2);
	static const char *many[EXEC_ARGS_MAX / 8];
	const char *one[] = { big, NULL };
	struct exec_args args = { 0 };

	(void)state;
	assert_non_null(big);
	memset(big, 'x', EXEC_ARGS_MAX + 1);
	big[EXEC_ARGS_MAX + 1] = '\0';
	assert_int_equal(exec_args_from_user(&args, address(one), 0), -E2BIG);
	exec_args_free(&args);
	big[EXEC_ARGS_MAX - 8] = '\0';
	assert_int_equal(exec_args_from_user(&args, address(one), 0), -E2BIG);
	exec_args_free(&args);
	big[EXEC_ARGS_MAX - 9] = '\0';
	assert_int_equal(exec_args_from_user(&args, address(one), 0), 0);
	expect(&args, 1, 0, one);
	assert_int_equal(exec_args_add(&args, ""), -E2BIG);
	exec_args_free(&args);

	vector_of(many, EXEC_ARGS_MAX / 9, "");
	assert_int_equal(exec_args_from_user(&args, address(many), 0), 0);
	expect(&args, EXEC_ARGS_MAX / 9, 0, many);
	exec_args_free(&args);
	vector_of(many, EXEC_ARGS_MAX / 9 + 1, "");
	assert_int_equal(exec_args_from_user(&args, address(many), 0), -E2BIG);
	exec_args_free(&args);
	free(big);
}

static void running_out_of_memory_is_reported(void **state)
{
	char big[10000];
	const char *argv[] = { "a", big, NULL };
	struct exec_args args = { 0 };

	(void)state;
	memset(big, 'y', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	for (long n = 0; n < 3; n++) {
		allocations_left = n;
		assert_int_equal(exec_args_from_user(&args, address(argv), 0),
				 -ENOMEM);
		exec_args_free(&args);
	}
	allocations_left = -1;
}

static void an_interpreter_takes_the_place_of_argv0(void **state)
{
	const char *const argv[] = { "script", "a", NULL };
	const char *const envp[] = { "E=1", NULL };
	const char *const with[] = { "/bin/sh", "-e", "./s", "a", "E=1" };
	const char *const without[] = { "/i", "/bin/sh", "-e", "./s", "a",
					"E=1" };
	struct exec_args args = { 0 };

	(void)state;
	assert_int_equal(exec_args_from_kernel(&args, argv, envp), 0);
	assert_int_equal(exec_args_interpret(&args, "/bin/sh", "-e", "./s"), 0);
	expect(&args, 4, 1, with);
	assert_int_equal(exec_args_interpret(&args, "/i", NULL, "/bin/sh"), 0);
	expect(&args, 5, 1, without);
	exec_args_free(&args);
}

/* @head as a file: NULL interpreter means -ENOEXEC. */
static void script(const char *text, const char *interpreter,
		   const char *argument)
{
	char *head = malloc(SCRIPT_LINE), *i, *a;
	size_t len = strlen(text);

	assert_non_null(head);
	if (len > SCRIPT_LINE)
		len = SCRIPT_LINE;
	memcpy(head, text, len);
	assert_true(script_is(head, len));
	if (!interpreter) {
		assert_int_equal(script_parse(head, len, &i, &a), -ENOEXEC);
	} else {
		assert_int_equal(script_parse(head, len, &i, &a), 0);
		assert_string_equal(i, interpreter);
		if (argument)
			assert_string_equal(a, argument);
		else
			assert_null(a);
	}
	free(head);
}

static void first_lines_are_understood(void **state)
{
	char line[400];

	(void)state;
	assert_false(script_is("#", 1));
	assert_false(script_is("\177ELF", 4));
	script("#!/bin/sh\necho\n", "/bin/sh", NULL);
	script("#! \t/bin/sh \t\n", "/bin/sh", NULL);
	script("#!/bin/sh -e -x  \nfoo", "/bin/sh", "-e -x");
	script("#!/bin/sh", "/bin/sh", NULL);
	script("#!/bin/env\tprog", "/bin/env", "prog");
	script("#!\n", NULL, NULL);
	script("#!   ", NULL, NULL);
	script("#!", NULL, NULL);

	/* A name that the 256 bytes cut is refused, an argument is cut. */
	memset(line, 'n', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	memcpy(line, "#!/", 3);
	script(line, NULL, NULL);
	line[SCRIPT_LINE - 1] = '\n';
	line[SCRIPT_LINE] = '\0';
	{
		char name[SCRIPT_LINE];

		memcpy(name, line + 2, SCRIPT_LINE - 3);
		name[SCRIPT_LINE - 3] = '\0';
		script(line, name, NULL);
	}
	line[SCRIPT_LINE - 1] = 'n';
	memcpy(line, "#!/b ", 5);
	{
		char argument[SCRIPT_LINE];

		memcpy(argument, line + 5, SCRIPT_LINE - 6);
		argument[SCRIPT_LINE - 6] = '\0';
		script(line, "/b", argument);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_are_copied),
		cmocka_unit_test(bad_addresses_are_refused),
		cmocka_unit_test(the_limit_is_exact),
		cmocka_unit_test(running_out_of_memory_is_reported),
		cmocka_unit_test(an_interpreter_takes_the_place_of_argv0),
		cmocka_unit_test(first_lines_are_understood),
	};

	return cmocka_run_group_tests_name("execargs", tests, NULL, NULL);
}
