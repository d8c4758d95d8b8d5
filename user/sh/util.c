// SPDX-License-Identifier: MIT
/*
 * Memory and messages for the shell.
 */
#include "sh.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct arena_block {
	struct arena_block *next;
	/* What follows is aligned for any type. */
	_Alignas(max_align_t) char data[];
};

void complain(const char *format, ...)
{
	va_list args;

	/* Standard output first, so that the two appear in order. */
	fflush(stdout);
	fputs("sh: ", stderr);
	if (!shell.interactive && shell.line > 0)
		fprintf(stderr, "line %lu: ", shell.line);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

static _Noreturn void out_of_memory(void)
{
	static const char text[] = "sh: out of memory\n";

	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(126);
	_exit(125);
}

void *xrealloc(void *p, size_t size)
{
	void *grown = realloc(p, size);

	if (grown == NULL)
		out_of_memory();
	return grown;
}

char *xstrdup(const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(xrealloc(NULL, size), text, size);
}

void *arena_alloc(struct arena *a, size_t size)
{
	struct arena_block *block = xrealloc(NULL, sizeof(*block) + size);

	memset(block->data, 0, size);
	block->next = a->blocks;
	a->blocks = block;
	return block->data;
}

void arena_free(struct arena *a)
{
	struct arena_block *block, *next;

	for (block = a->blocks; block != NULL; block = next) {
		next = block->next;
		free(block);
	}
	a->blocks = NULL;
}

void buf_add(struct buf *b, const char *data, size_t len)
{
	if (len > SIZE_MAX / 4 - b->len)
		out_of_memory();
	if (b->len + len + 1 > b->room) {
		b->room = (b->len + len + 1) * 2;
		b->data = xrealloc(b->data, b->room);
	}
	if (len > 0)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void buf_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_text(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

void buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){ NULL, 0, 0 };
}

void buf_quoted(struct buf *b, const char *text)
{
	buf_char(b, '\'');
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			buf_text(b, "'\\''");
		else
			buf_char(b, *text);
	}
	buf_char(b, '\'');
}

void strings_take(struct strings *s, char *text)
{
	if (s->count + 2 > s->room) {
		s->room = s->room * 2 + 8;
		s->list = xrealloc(s->list, s->room * sizeof(char *));
	}
	s->list[s->count++] = text;
	s->list[s->count] = NULL;
}

void strings_free(struct strings *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->list[i]);
	free(s->list);
	*s = (struct strings){ NULL, 0, 0 };
}
