// SPDX-License-Identifier: MIT
/*
 * What a word stands for: quotes are removed, $ is replaced, and what came
 * from an unquoted $ is split at blanks. lex.c has checked that quotes and
 * braces are closed. exec.c is the caller.
 */
#define _GNU_SOURCE
#include "sh.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct expansion {
	struct strings *out;	/* NULL: everything stays one string */
	struct buf word;	/* the one being built */
	bool present;		/* it exists, even if it is empty */
};

static void end_word(struct expansion *x)
{
	if (!x->present)
		return;
	buf_add(&x->word, "", 0);
	strings_take(x->out, x->word.data);
	x->word = (struct buf){ NULL, 0, 0 };
	x->present = false;
}

static void add_char(struct expansion *x, char c)
{
	buf_char(&x->word, c);
	x->present = true;
}

static void add_value(struct expansion *x, const char *value, bool quoted)
{
	for (; *value != '\0'; value++) {
		if (!quoted && x->out != NULL && isspace((unsigned char)*value))
			end_word(x);
		else
			add_char(x, *value);
	}
}

/* $@ and $*: each argument is a word, unless they are quoted as "$*". */
static void add_arguments(struct expansion *x, bool quoted, bool at)
{
	for (size_t i = 1; i <= shell.arg_count; i++) {
		if (i > 1 && x->out != NULL && (at || !quoted))
			end_word(x);
		else if (i > 1)
			add_char(x, ' ');
		x->present |= quoted;
		add_value(x, shell.args[i], quoted);
	}
}

static void add_number(struct expansion *x, long number)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld", number);
	add_value(x, text, true);
}

/* The parameter named by the @len bytes at @name: ?, 12, PATH ... */
static void add_parameter(struct expansion *x, const char *name, size_t len,
			  bool quoted)
{
	const char *value;

	switch (*name) {
	case '?':
		add_number(x, shell.status);
		return;
	case '$':
		add_number(x, getpid());
		return;
	case '!':
		if (shell.last_background != 0)
			add_number(x, shell.last_background);
		return;
	case '#':
		add_number(x, (long)shell.arg_count);
		return;
	case '@':
	case '*':
		add_arguments(x, quoted, *name == '@');
		return;
	}
	if (isdigit((unsigned char)*name)) {
		size_t index = strtoul(name, NULL, 10);

		value = index <= shell.arg_count ? shell.args[index] : NULL;
	} else {
		value = vars_get(name, len);
	}
	if (value != NULL)
		add_value(x, value, quoted);
}

/* @at is behind a $; returns where the parameter ends. */
static const char *expand_dollar(struct expansion *x, const char *at,
				 const char *end, bool quoted)
{
	size_t len = 0;

	if (at < end && *at == '{') {
		const char *close = memchr(at, '}', (size_t)(end - at));

		add_parameter(x, at + 1, (size_t)(close - at - 1), quoted);
		return close + 1;
	}
	if (at < end && strchr("?$!#@*0123456789", *at) != NULL) {
		add_parameter(x, at, 1, quoted);
		return at + 1;
	}
	while (at + len < end && vars_is_name(at, len + 1))
		len++;
	if (len == 0)
		add_char(x, '$');
	else
		add_parameter(x, at, len, quoted);
	return at + len;
}

/* @at is behind the opening quote; returns what is behind the closing one. */
static const char *expand_double(struct expansion *x, const char *at,
				 const char *end)
{
	/* "" is a word; "$@" without arguments is none. */
	bool only_arguments = end - at >= 3 && memcmp(at, "$@\"", 3) == 0;

	if (!only_arguments)
		x->present = true;
	while (at < end && *at != '"') {
		if (*at == '$') {
			at = expand_dollar(x, at + 1, end, true);
			continue;
		}
		if (*at == '\\' && at + 1 < end && at[1] == '\n') {
			at += 2;
			continue;
		}
		if (*at == '\\' && at + 1 < end &&
		    strchr("$`\"\\", at[1]) != NULL)
			at++;
		add_char(x, *at++);
	}
	return at + 1;
}

static const char *expand_backslash(struct expansion *x, const char *at,
				    const char *end)
{
	if (at == end)
		add_char(x, '\\');
	else if (*at != '\n')
		add_char(x, *at);
	return at < end ? at + 1 : end;
}

static void expand(struct expansion *x, const char *at, size_t len)
{
	const char *end = at + len;

	while (at < end) {
		switch (*at) {
		case '\'':
			x->present = true;
			for (at++; *at != '\''; at++)
				add_char(x, *at);
			at++;
			break;
		case '"':
			at = expand_double(x, at + 1, end);
			break;
		case '\\':
			at = expand_backslash(x, at + 1, end);
			break;
		case '$':
			at = expand_dollar(x, at + 1, end, false);
			break;
		default:
			add_char(x, *at++);
		}
	}
}

void expand_word(const struct word *word, struct strings *out)
{
	struct expansion x = { out, { NULL, 0, 0 }, false };

	expand(&x, word->text, word->len);
	end_word(&x);
}

char *expand_text(const char *text, size_t len)
{
	struct expansion x = { NULL, { NULL, 0, 0 }, false };

	expand(&x, text, len);
	buf_add(&x.word, "", 0);
	return x.word.data;
}
