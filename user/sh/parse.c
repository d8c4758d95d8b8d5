// SPDX-License-Identifier: MIT
/*
 * Tokens to lists of pipelines, by recursive descent:
 *
 *   program:  { list ( ';' | '&' | newline ) }
 *   list:     pipeline { ( '&&' | '||' ) pipeline }
 *   pipeline: [ '!' ] command { '|' command }
 *   command:  { NAME=VALUE | redirection } { WORD | redirection }
 *
 * main.c gives it one line and, when that is not a whole command, the line
 * with the next one added. Nothing is executed while parsing.
 */
#define _GNU_SOURCE
#include "sh.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct parser {
	struct arena *arena;
	struct lexer lex;
	struct token token;	/* looked at, not yet consumed */
	const char *text;
	const char *consumed;	/* where the token before it ended */
	unsigned long first_line;
	enum parse_result result;
	const char *error;
	unsigned long error_line;
};

static unsigned long line_of(const struct parser *p, const char *at)
{
	unsigned long line = p->first_line;

	for (const char *c = p->text; c < at; c++)
		line += *c == '\n';
	return line;
}

static void set_error(struct parser *p, const char *at, const char *format,
		      ...) __attribute__((format(printf, 3, 4)));

static void set_error(struct parser *p, const char *at, const char *format,
		      ...)
{
	va_list args;
	char *text, *kept;

	if (p->result != PARSE_OK)
		return;
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = xstrdup("syntax error");
	va_end(args);
	kept = arena_alloc(p->arena, strlen(text) + 1);
	strcpy(kept, text);
	free(text);
	p->error = kept;
	p->error_line = line_of(p, at);
	p->result = PARSE_ERROR;
}

static void advance(struct parser *p)
{
	p->consumed = p->lex.at;
	lex_next(&p->lex, &p->token);
	if (p->token.kind == TOK_INCOMPLETE && p->result == PARSE_OK)
		p->result = PARSE_MORE;
	if (p->token.kind == TOK_ERROR)
		set_error(p, p->token.start, "syntax error: %s",
			  p->lex.error);
}

/* What stands here does not belong here. */
static void unexpected(struct parser *p)
{
	if (p->token.kind == TOK_END && !p->lex.last)
		p->result = PARSE_MORE;
	else if (p->token.kind == TOK_END)
		set_error(p, p->token.start,
			  "syntax error: unexpected end of the script");
	else if (p->token.kind == TOK_NEWLINE)
		set_error(p, p->token.start,
			  "syntax error: unexpected end of the line");
	else
		set_error(p, p->token.start,
			  "syntax error: unexpected `%.*s'",
			  (int)(p->token.len < 64 ? p->token.len : 64),
			  p->token.start);
}

static bool token_is(const struct parser *p, const char *text)
{
	return p->token.kind == TOK_WORD && p->token.len == strlen(text) &&
	       memcmp(p->token.start, text, p->token.len) == 0;
}

/* Better a clear word than `if: command not found' and a wrong result. */
static void refuse_reserved(struct parser *p)
{
	static const char *const reserved[] = {
		"if", "then", "else", "elif", "fi", "for", "while", "until",
		"do", "done", "case", "esac", "{", "}", "function",
	};

	for (size_t i = 0; i < sizeof(reserved) / sizeof(*reserved); i++)
		if (token_is(p, reserved[i]))
			set_error(p, p->token.start,
				  "syntax error: `%s' is not supported",
				  reserved[i]);
}

static struct word *take_word(struct parser *p)
{
	struct word *word = arena_alloc(p->arena, sizeof(*word));

	word->text = p->token.start;
	word->len = p->token.len;
	advance(p);
	return word;
}

static struct redir *parse_redir(struct parser *p)
{
	struct redir *redir = arena_alloc(p->arena, sizeof(*redir));

	redir->op = p->token.op;
	redir->fd = p->token.fd;
	advance(p);
	if (p->token.kind != TOK_WORD) {
		unexpected(p);
		return redir;
	}
	redir->target = take_word(p);
	return redir;
}

static struct command *parse_command(struct parser *p)
{
	struct command *command = arena_alloc(p->arena, sizeof(*command));
	struct word **assign = &command->assigns, **word = &command->words;
	struct redir **redir = &command->redirs;

	if (p->token.kind != TOK_WORD && p->token.kind != TOK_REDIR)
		unexpected(p);
	refuse_reserved(p);
	while (p->result == PARSE_OK) {
		if (p->token.kind == TOK_REDIR) {
			*redir = parse_redir(p);
			redir = &(*redir)->next;
		} else if (p->token.kind != TOK_WORD) {
			break;
		} else if (command->words == NULL &&
			   vars_assignment(p->token.start, p->token.len)) {
			*assign = take_word(p);
			assign = &(*assign)->next;
		} else {
			*word = take_word(p);
			word = &(*word)->next;
		}
	}
	return command;
}

static void skip_newlines(struct parser *p)
{
	while (p->result == PARSE_OK && p->token.kind == TOK_NEWLINE)
		advance(p);
}

static struct pipeline *parse_pipeline(struct parser *p)
{
	struct pipeline *pipeline = arena_alloc(p->arena, sizeof(*pipeline));
	struct command **command = &pipeline->commands;

	while (p->result == PARSE_OK && token_is(p, "!")) {
		pipeline->negate = !pipeline->negate;
		advance(p);
	}
	pipeline->text = p->token.start;
	*command = parse_command(p);
	while (p->result == PARSE_OK && p->token.kind == TOK_PIPE) {
		advance(p);
		skip_newlines(p);
		command = &(*command)->next;
		*command = parse_command(p);
	}
	pipeline->len = (size_t)(p->consumed - pipeline->text);
	return pipeline;
}

static struct list *parse_list(struct parser *p)
{
	struct list *list = arena_alloc(p->arena, sizeof(*list));
	struct pipeline **pipeline = &list->pipelines;

	list->text = p->token.start;
	list->line = line_of(p, list->text);
	*pipeline = parse_pipeline(p);
	while (p->result == PARSE_OK && (p->token.kind == TOK_AND ||
					 p->token.kind == TOK_OR)) {
		bool after_or = p->token.kind == TOK_OR;

		advance(p);
		skip_newlines(p);
		pipeline = &(*pipeline)->next;
		*pipeline = parse_pipeline(p);
		(*pipeline)->after_or = after_or;
	}
	list->len = (size_t)(p->consumed - list->text);
	return list;
}

static struct list *parse_program(struct parser *p)
{
	struct list *first = NULL, **list = &first;

	for (;;) {
		skip_newlines(p);
		if (p->result != PARSE_OK || p->token.kind == TOK_END)
			return first;
		*list = parse_list(p);
		if (p->result != PARSE_OK || p->token.kind == TOK_END)
			return first;
		(*list)->background = p->token.kind == TOK_AMP;
		if (p->token.kind != TOK_AMP && p->token.kind != TOK_SEMI &&
		    p->token.kind != TOK_NEWLINE) {
			unexpected(p);
			return first;
		}
		list = &(*list)->next;
		advance(p);
	}
}

enum parse_result parse(struct arena *arena, const char *text, size_t len,
			bool last, unsigned long *line, struct list **out,
			const char **error)
{
	struct parser p = {
		.arena = arena, .text = text, .consumed = text,
		.first_line = *line, .result = PARSE_OK,
	};

	lex_init(&p.lex, text, len, last);
	advance(&p);
	*out = parse_program(&p);
	if (p.result == PARSE_ERROR) {
		*error = p.error;
		*line = p.error_line;
	}
	return p.result;
}
