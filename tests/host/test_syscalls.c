// SPDX-License-Identifier: MIT
/*
 * loom/syscall/list.h against the numbers in the C library's copy of Linux's
 * header, which arm64 uses as it is. Arguments: that header's path.
 */
#include "check.h"

#include <string.h>

#include "syscall/list.h"

#define ENTRY(number, name) { number, #name },
static const struct {
	int number;
	const char *name;
} list[] = {
	SYSCALL_LIST(ENTRY, ENTRY)
};

static const char *header;

static const char *name_of(int number)
{
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (list[i].number == number)
			return list[i].name;
	return NULL;
}

static void numbers_rise(void **state)
{
	(void)state;
	for (size_t i = 1; i < sizeof(list) / sizeof(list[0]); i++)
		assert_true(list[i].number > list[i - 1].number);
}

/* Where the header has two names for a number, arm64's is the other one. */
static int is_other_name(const char *name)
{
	return !strcmp(name, "fstatat") || !strcmp(name, "sync_file_range2") ||
	       !strcmp(name, "arch_specific_syscall") ||
	       !strcmp(name, "syscalls");
}

static void names_are_those_of_linux(void **state)
{
	FILE *f = fopen(header, "r");
	unsigned compared = 0;
	char line[256], name[64];
	int number;

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "#define __NR_%63s %d", name, &number) != 2 &&
		    sscanf(line, "#define __NR3264_%63s %d", name,
			   &number) != 2)
			continue;
		if (is_other_name(name) || number > 450)
			continue;
		if (!name_of(number) || strcmp(name_of(number), name))
			fail_msg("number %d is %s, not %s", number, name,
				 name_of(number));
		compared++;
	}
	fclose(f);
	/* Linux 5.15, of the oldest system that we build on, had 290. */
	assert_true(compared > 250);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_rise),
		cmocka_unit_test(names_are_those_of_linux),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: test_syscalls UNISTD_H\n");
		return 2;
	}
	header = argv[1];
	return cmocka_run_group_tests_name("syscalls", tests, NULL, NULL);
}
