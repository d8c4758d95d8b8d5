// SPDX-License-Identifier: MIT
/*
 * badelf [SEED [FILES]]: executable files whose headers lie. A good one is
 * damaged at random, in its fields or its bytes or its length, and started.
 * It may run, be refused with an error, or die; the kernel must go on and
 * lose nothing. "badelf show SEED FILE" says what one of them is like.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/counts.h"
#include "lib/rng.h"
#include "lib/tap.h"

#define GOOD "/bin/true"
#define BAD "/tmp/badelf.tmp"
#define PATIENCE 500		/* ms until what runs is killed */
#define PICK(rng, list) \
	((list)[rng_below(rng, sizeof(list) / sizeof(*(list)))])

/* A place in the file, of 1, 2, 4 or 8 bytes. */
struct field {
	const char *name;
	size_t offset, size;
};

#define FIELD(type, member) \
	{ #member, offsetof(type, member), sizeof(((type *)0)->member) }

static const struct field file_fields[] = {
	{ "EI_CLASS", EI_CLASS, 1 }, { "EI_DATA", EI_DATA, 1 },
	{ "EI_VERSION", EI_VERSION, 1 }, { "EI_OSABI", EI_OSABI, 1 },
	FIELD(Elf64_Ehdr, e_type), FIELD(Elf64_Ehdr, e_machine),
	FIELD(Elf64_Ehdr, e_version), FIELD(Elf64_Ehdr, e_entry),
	FIELD(Elf64_Ehdr, e_phoff), FIELD(Elf64_Ehdr, e_shoff),
	FIELD(Elf64_Ehdr, e_flags), FIELD(Elf64_Ehdr, e_ehsize),
	FIELD(Elf64_Ehdr, e_phentsize), FIELD(Elf64_Ehdr, e_phnum),
};

static const struct field segment_fields[] = {
	FIELD(Elf64_Phdr, p_type), FIELD(Elf64_Phdr, p_flags),
	FIELD(Elf64_Phdr, p_offset), FIELD(Elf64_Phdr, p_vaddr),
	FIELD(Elf64_Phdr, p_paddr), FIELD(Elf64_Phdr, p_filesz),
	FIELD(Elf64_Phdr, p_memsz), FIELD(Elf64_Phdr, p_align),
};

/* The file, and a copy to be damaged. */
static unsigned char *good, *bad;
static size_t good_size, bad_size;

static void read_good(void)
{
	int fd = open(GOOD, O_RDONLY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		tap_bail(GOOD);
	good_size = (size_t)st.st_size;
	good = malloc(good_size);
	bad = malloc(good_size);
	if (good == NULL || bad == NULL ||
	    read(fd, good, good_size) != st.st_size)
		tap_bail(GOOD);
	close(fd);
}

static uint64_t load(const struct field *f, size_t base)
{
	uint64_t value = 0;

	memcpy(&value, bad + base + f->offset, f->size);
	return value;
}

static uint64_t odd_value(struct rng *rng, uint64_t old)
{
	const uint64_t values[] = {
		0, 1, 2, 3, 7, 0x1000, 0x10000, good_size - 1, good_size,
		good_size + 1, INT64_MAX, UINT64_MAX, UINT64_MAX - 0xfff,
		UINT64_C(1) << 31, UINT64_C(1) << 32, UINT64_C(1) << 38,
		(UINT64_C(1) << 39) - 0x1000, UINT64_C(1) << 39,
		UINT64_C(1) << 63, UINT64_MAX << 39,
	};

	switch (rng_below(rng, 8)) {
	case 0: return old + 1;
	case 1: return old - 1;
	case 2: return old + 0x1000;
	case 3: return old - 0x1000;
	case 4: return old ^ UINT64_C(1) << rng_below(rng, 64);
	case 5: return rng_next(rng) >> rng_below(rng, 64);
	default: return PICK(rng, values);
	}
}

static void damage_field(struct rng *rng, const struct field *f, size_t base,
			 bool show)
{
	uint64_t old = load(f, base), value = odd_value(rng, old);

	memcpy(bad + base + f->offset, &value, f->size);
	if (show)
		printf("%s at %zu: %#lx, was %#lx\n", f->name, base, value,
		       old);
}

static void damage_once(struct rng *rng, bool show)
{
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)good;
	size_t at;

	switch (rng_below(rng, 8)) {
	case 0:
		bad_size = rng_below(rng, rng_next(rng) & 1 ? 1024
							    : good_size);
		if (show)
			printf("cut to %zu\n", bad_size);
		break;
	case 1:
		at = rng_below(rng, 512);
		bad[at] ^= (unsigned char)(1 + rng_below(rng, 255));
		if (show)
			printf("byte %zu: %#x\n", at, bad[at]);
		break;
	case 2:
	case 3:
		damage_field(rng, &PICK(rng, file_fields), 0, show);
		break;
	default:
		at = header->e_phoff +
		     rng_below(rng, header->e_phnum) * sizeof(Elf64_Phdr);
		damage_field(rng, &PICK(rng, segment_fields), at, show);
	}
}

static void damage(uint64_t seed, uint64_t number, bool show)
{
	struct rng rng;
	uint64_t times;

	rng_seed(&rng, seed, number);
	memcpy(bad, good, good_size);
	bad_size = good_size;
	times = 1 + rng_below(&rng, 4);
	for (uint64_t i = 0; i < times; i++)
		damage_once(&rng, show);
}

static void write_bad(void)
{
	int fd = open(BAD, O_WRONLY | O_CREAT | O_TRUNC, 0755);

	if (fd < 0 || write(fd, bad, bad_size) != (ssize_t)bad_size)
		tap_bail(BAD);
	close(fd);
}

/* How the files ended. */
struct tally {
	unsigned long refused, died, ran, killed;
};

static void await(pid_t pid, struct tally *tally)
{
	int status, waited = 0;
	pid_t got;

	while ((got = waitpid(pid, &status, WNOHANG)) == 0 &&
	       waited < PATIENCE) {
		child_sleep(2);
		waited += 2;
	}
	if (got == 0) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		tally->killed++;
	} else if (WIFSIGNALED(status)) {
		tally->died++;
	} else {
		tally->ran++;
	}
}

static void run_bad(struct tally *tally)
{
	char name[] = BAD, *argv[] = { name, NULL };
	posix_spawn_file_actions_t actions;
	int error;
	pid_t pid;

	write_bad();
	posix_spawn_file_actions_init(&actions);
	for (int fd = 0; fd < 3; fd++)
		posix_spawn_file_actions_addopen(&actions, fd, "/dev/null",
						 O_RDWR, 0);
	error = posix_spawn(&pid, BAD, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (error == 0)
		await(pid, tally);
	else
		tally->refused++;
	unlink(BAD);
}

/* A process for all: what it grows by itself is not counted. */
static int run_round(uint64_t seed, uint64_t files)
{
	struct tally tally = { 0, 0, 0, 0 };

	for (uint64_t i = 0; i < files; i++) {
		damage(seed, i, false);
		run_bad(&tally);
	}
	tap_note("%lu files were refused, %lu died, %lu ran, %lu were killed",
		 tally.refused, tally.died, tally.ran, tally.killed);
	return 0;
}

static int start_round(uint64_t seed, uint64_t files)
{
	char seed_text[24], files_text[24];

	snprintf(seed_text, sizeof(seed_text), "%lu", seed);
	snprintf(files_text, sizeof(files_text), "%lu", files);
	return child_wait(child_again("round", seed_text, files_text, -1, -1));
}

static int play(char **argv)
{
	uint64_t seed = strtoull(argv[2], NULL, 0);
	uint64_t number = strtoull(argv[3], NULL, 0);

	read_good();
	if (strcmp(argv[1], "round") == 0)
		return run_round(seed, number);
	if (strcmp(argv[1], "show") != 0) {
		fputs("usage: badelf [SEED [FILES]] | show SEED FILE\n",
		      stderr);
		return 2;
	}
	damage(seed, number, true);
	return 0;
}

int main(int argc, char **argv)
{
	static struct counts before;
	uint64_t seed = 1, files = 100;

	child_init(argv[0]);
	if (access("/proc/loom/counts", R_OK) != 0) {
		fputs("badelf: only for loom\n", stderr);
		return 77;
	}
	if (argc == 4)
		return play(argv);
	if (argc > 1)
		seed = strtoull(argv[1], NULL, 0);
	if (argc > 2)
		files = strtoull(argv[2], NULL, 0);
	tap_note("seed %lu, %lu files", seed, files);
	start_round(seed, 1);
	/* Until the kernel has put away what is left of that. */
	child_sleep(200);
	counts_take(&before);
	counts_take(&before);
	tap_equal(start_round(seed, files), 0, "the kernel goes on");
	counts_check(&before);
	return tap_done();
}
