// SPDX-License-Identifier: MIT
/* The first line of a script; see script.h. Called by exec.c. */
#include "proc/script.h"

#include "lib/errno.h"
#include "lib/string.h"

bool script_is(const char *head, size_t len)
{
	return len >= 2 && head[0] == '#' && head[1] == '!';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static char *skip_blanks(char *s)
{
	while (is_blank(*s))
		s++;
	return s;
}

static char *skip_word(char *s)
{
	while (*s && !is_blank(*s))
		s++;
	return s;
}

int script_parse(char *head, size_t len, char **interpreter, char **argument)
{
	char *newline = memchr(head, '\n', len), *end, *s;
	bool whole = newline || len < SCRIPT_LINE;

	/* A line that is cut loses its last byte: room for the NUL. */
	end = newline ? newline : head + len - (whole ? 0 : 1);
	while (end > head + 2 && (is_blank(end[-1]) || !end[-1]))
		end--;
	*end = '\0';
	*interpreter = skip_blanks(head + 2);
	s = skip_word(*interpreter);
	if (s == *interpreter || (!*s && !whole))
		return -ENOEXEC;
	if (!*s) {
		*argument = NULL;
		return 0;
	}
	*s = '\0';
	*argument = skip_blanks(s + 1);
	return 0;
}
