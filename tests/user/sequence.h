// SPDX-License-Identifier: MIT
/*
 * What the topics of sequence (sequence_*.c) share with sequence.c.
 */
#ifndef TESTS_USER_SEQUENCE_H
#define TESTS_USER_SEQUENCE_H

#include <stddef.h>
#include <stdint.h>

/* One that makes calls and says what came of them. */
struct topic {
	const char *name;
	void (*begin)(void);	/* in an empty directory */
	void (*step)(void);	/* one call, or a few that belong together */
	void (*end)(void);	/* what is left is taken away */
};

extern const struct topic topic_files, topic_memory, topic_pipes,
	topic_signals, topic_processes;

/* From 0 to @limit - 1, as the seed has it. */
unsigned draw(unsigned limit);

/* One of an array. */
#define DRAW(list) ((list)[draw(sizeof(list) / sizeof(*(list)))])

/* Print the beginning of a line: the call and its arguments. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Its end: the result, or the name of errno if that is -1; returns it. */
long result(long value);

/* The same with a few words about what it gave. */
long result_with(long value, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Fill memory with bytes that depend on @tag and the place. */
void fill(void *to, size_t size, unsigned tag);

/* A number for the contents of memory. */
uint32_t digest(const void *from, size_t size);

#endif
