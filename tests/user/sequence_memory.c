// SPDX-License-Identifier: MIT
/*
 * sequence's memory: a window of pages that is mapped and unmapped piece by
 * piece, private, shared and of files, and what can be read and written in it
 * after each step.
 *
 * Whether a page can be touched is found out by letting the kernel do it, with
 * read and write of a pipe: EFAULT is an answer, not a signal.
 *
 * Left out: where mmap puts what may go anywhere; writable and executable at
 * once, which loom refuses; the bytes of a file's last page beyond its end,
 * which shared mappings may leave different (both files keep whole pages);
 * mremap of more than one mapping, which is an error where Linux has not made
 * one of them.
 */
#define _GNU_SOURCE
#include "sequence.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096, PAGES = 24, FILE_PAGES = 10 };

static char *window;
static int file[2], ends[2];
/* Pages beside each other with one number are certainly one mapping; 0: none */
static unsigned mapping[PAGES], mappings;

/* The range has been unmapped. */
static void note_gone(const char *at, size_t length)
{
	size_t first = (size_t)(at - window) / PAGE;

	for (size_t i = 0; i * PAGE < length; i++)
		if (first + i < PAGES)
			mapping[first + i] = 0;
}

/* What there is has been cut at the ends of the range, all or less of it. */
static void note_cut(const char *at, size_t length)
{
	size_t first = (size_t)(at - window) / PAGE;
	unsigned before = 0;

	for (size_t i = 0; i * PAGE < length && first + i < PAGES; i++) {
		unsigned *m = &mapping[first + i];

		if (*m != before)
			mappings++;
		before = *m;
		if (*m != 0)
			*m = mappings;
	}
}

static void note_new(const char *at, size_t length)
{
	size_t first = (size_t)(at - window) / PAGE;

	mappings++;
	for (size_t i = 0; i * PAGE < length; i++)
		if (first + i < PAGES)
			mapping[first + i] = mappings;
}

/* How much of @length at @at is one mapping. */
static size_t within_one(const char *at, size_t length)
{
	size_t first = (size_t)(at - window) / PAGE, i = 0;

	while (i * PAGE < length && first + i < PAGES &&
	       mapping[first + i] == mapping[first])
		i++;
	return i * PAGE < length ? i * PAGE : length;
}

static size_t a_page(void)
{
	return draw(PAGES);
}

/* A range of pages of the window; sometimes of no pages, or not aligned. */
static char *a_range(size_t *length)
{
	size_t first = a_page();
	size_t count = 1 + draw(draw(2) ? 3 : 10);
	char *at = window + first * PAGE;

	if (count > PAGES - first)
		count = PAGES - first;
	*length = count * PAGE;
	if (draw(16) == 0)
		*length = 0;
	else if (draw(4) == 0)
		*length -= draw(PAGE);	/* rounded up, or it should be */
	if (draw(24) == 0)
		at += 8;
	say("%zu%s, %zu", first, (uintptr_t)at % PAGE ? "+8" : "", *length);
	return at;
}

static int a_protection(void)
{
	static const int some[] = {
		PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE,
		PROT_NONE, PROT_WRITE, PROT_READ | PROT_EXEC, PROT_EXEC,
	};
	int protection = DRAW(some);

	say(", %d", protection);
	return protection;
}

/*
 * May the page at @at be read, and written? The kernel is asked, which says no
 * by EFAULT: a byte goes into the pipe, and back to where it was.
 */
static char rights(char *at)
{
	char byte;

	if (write(ends[1], at, 1) != 1)
		return '.';
	if (read(ends[0], at, 1) == 1)
		return 'W';
	if (read(ends[0], &byte, 1) != 1)
		abort();
	return 'r';
}

/*
 * The state of the window: a letter for each page, and a number for all that
 * can be read.
 */
static void say_window(void)
{
	uint32_t sum = 0;

	say("    ");
	for (size_t i = 0; i < PAGES; i++) {
		char letter = rights(window + i * PAGE + 5);

		if (letter != '.')
			sum = sum * 31 + digest(window + i * PAGE, PAGE);
		say("%c", letter);
	}
	say(" %08x\n", sum);
}

static void do_map(void)
{
	static const int kinds[] = { MAP_PRIVATE, MAP_SHARED };
	unsigned which = draw(4), number = draw(2);
	int kind = DRAW(kinds), protection;
	size_t length;
	char *at, *got;
	long from = (long)draw(FILE_PAGES) * PAGE;

	say("mmap(");
	at = a_range(&length);
	protection = a_protection();
	if (which < 2) {
		say(", %s)", kind == MAP_SHARED ? "shared" : "private");
		got = mmap(at, length, protection,
			   kind | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	} else {
		if (draw(16) == 0)
			from += 100;
		say(", %s, file %u, %ld)",
		    kind == MAP_SHARED ? "shared" : "private", number, from);
		got = mmap(at, length, protection, kind | MAP_FIXED,
			   file[number], from);
	}
	if (got == at)
		note_new(at, length);
	result(got == MAP_FAILED ? -1 : got == at);
}

static void do_map_free(void)
{
	size_t length;
	char *at, *got;

	say("mmap_noreplace(");
	at = a_range(&length);
	say(")");
	got = mmap(at, length, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (got == at)
		note_new(at, length);
	result(got == MAP_FAILED ? -1 : got == at);
}

static void do_unmap(void)
{
	size_t length;
	char *at;

	say("munmap(");
	at = a_range(&length);
	say(")");
	if (result(munmap(at, length)) == 0)
		note_gone(at, length);
}

static void do_protect(void)
{
	size_t length;
	char *at;
	int protection;

	say("mprotect(");
	at = a_range(&length);
	protection = a_protection();
	say(")");
	result(mprotect(at, length, protection));
	note_cut(at, length);
}

static void do_remap(void)
{
	size_t length, new_length = (1 + draw(6)) * PAGE, to = a_page();
	unsigned way = draw(3);
	char *at, *got;

	say("mremap(");
	at = a_range(&length);
	if (to * PAGE + new_length > (size_t)PAGES * PAGE)
		new_length = (PAGES - to) * PAGE;
	if (within_one(at, length) < length) {
		length = within_one(at, length);
		say(" (%zu)", length);
	}
	if (way > 0) {
		say(", %zu, to %zu)", new_length, to);
		got = mremap(at, length, new_length,
			     MREMAP_MAYMOVE | MREMAP_FIXED, window + to * PAGE);
		if (got != MAP_FAILED && length > 0)
			note_gone(at, length);
		if (got != MAP_FAILED)
			note_new(got, new_length);
		result(got == MAP_FAILED ? -1 : got == window + to * PAGE);
		return;
	}
	/* In place; it must not grow over the end of the window. */
	if ((size_t)(at - window) + new_length > (size_t)PAGES * PAGE)
		new_length = PAGE;
	say(", %zu)", new_length);
	got = mremap(at, length, new_length, 0);
	if (got == at) {
		note_gone(at, length);
		note_new(at, new_length);
	}
	result(got == MAP_FAILED ? -1 : got == at);
}

static void do_advise(void)
{
	static const int some[] = {
		MADV_DONTNEED, MADV_DONTNEED, MADV_NORMAL, MADV_WILLNEED,
		MADV_SEQUENTIAL, 999,
	};
	int advice = DRAW(some);
	size_t length;
	char *at;

	say("madvise(");
	at = a_range(&length);
	say(", %d)", advice);
	note_cut(at, length);
	result(madvise(at, length, advice));
}

static void do_sync(void)
{
	static const int some[] = {
		MS_SYNC, MS_ASYNC, MS_SYNC | MS_ASYNC, 0, 64,
		MS_SYNC | MS_INVALIDATE,
	};
	int flags = DRAW(some);
	size_t length;
	char *at;

	say("msync(");
	at = a_range(&length);
	say(", %d)", flags);
	result(msync(at, length, flags));
}

/* Written by the kernel into the program: as far as that goes. */
static void do_fill(void)
{
	static char bytes[6 * PAGE];
	size_t at = draw(PAGES * PAGE), length = 1 + draw(6 * PAGE - 1);
	size_t room = (size_t)PAGES * PAGE - at;
	long done = 0;

	if (length > room)
		length = room;
	fill(bytes, length, draw(200));
	say("fill(%zu, %zu)", at, length);
	/* What cannot be written is left out. */
	for (size_t i = 0; i < length;) {
		char *to = window + at + i;
		size_t chunk = PAGE - (at + i) % PAGE;

		if (chunk > length - i)
			chunk = length - i;
		if (rights(window + (at + i) / PAGE * PAGE + 5) == 'W') {
			memcpy(to, bytes + i, chunk);
			done += (long)chunk;
		}
		i += chunk;
	}
	result(done);
}

static void do_file(void)
{
	unsigned number = draw(2), page = draw(FILE_PAGES + 4);
	char bytes[PAGE];
	long n;

	switch (draw(3)) {
	case 0:
		fill(bytes, PAGE, draw(200));
		say("pwrite(file %u, page %u)", number, page);
		result(pwrite(file[number], bytes, PAGE, (long)page * PAGE));
		break;
	case 1:
		say("pread(file %u, page %u)", number, page);
		n = pread(file[number], bytes, PAGE, (long)page * PAGE);
		result_with(n, "%08x", digest(bytes, n > 0 ? (size_t)n : 0));
		break;
	default:
		say("ftruncate(file %u, page %u)", number, page);
		result(ftruncate(file[number], (long)page * PAGE));
		break;
	}
}

static void do_resident(void)
{
	unsigned char there[PAGES];
	size_t length;
	char *at;

	say("mincore(");
	at = a_range(&length);
	say(")");
	result(mincore(at, length, there));
}

static void do_break(void)
{
	static char *start;
	long pages = (long)draw(20);
	char *now;

	if (start == NULL)
		start = (char *)(((uintptr_t)sbrk(0) + 2 * PAGE - 1) &
				 ~(uintptr_t)(PAGE - 1));
	say("brk(%ld)", pages);
	now = start + pages * PAGE;
	if (brk(now) != 0) {
		result(-1);
		return;
	}
	result_with(0, "%08x", digest(start, (size_t)(now - start)));
	fill(start, (size_t)(now - start), draw(200));
}

static void begin(void)
{
	char bytes[PAGE];

	/* With nothing beside it that areas could merge with. */
	window = mmap(NULL, (size_t)(PAGES + 32) * PAGE, PROT_NONE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	window += 16 * PAGE;
	munmap(window, (size_t)PAGES * PAGE);
	if (pipe(ends) != 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0)
		abort();
	for (unsigned i = 0; i < 2; i++) {
		file[i] = open(i ? "one" : "two", O_RDWR | O_CREAT, 0600);
		for (unsigned page = 0; page < FILE_PAGES; page++) {
			fill(bytes, PAGE, i * 100 + page);
			if (write(file[i], bytes, PAGE) != PAGE)
				abort();
		}
	}
}

static void step(void)
{
	static void (*const steps[])(void) = {
		do_map, do_map, do_map, do_map, do_map_free, do_unmap,
		do_protect, do_protect, do_remap, do_remap, do_advise, do_sync,
		do_fill, do_fill, do_fill, do_file, do_file, do_resident,
		do_break,
	};

	DRAW(steps)();
	say_window();
}

const struct topic topic_memory = { "memory", begin, step, NULL };
