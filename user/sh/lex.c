// SPDX-License-Identifier: MIT
/*
 * Text to tokens. A word is found, not changed: its quotes stay in it until
 * expand.c takes it apart. parse.c is the only caller.
 */
#include "sh.h"

#include <ctype.h>
#include <string.h>

void lex_init(struct lexer *lex, const char *text, size_t len, bool last)
{
	lex->at = text;
	lex->end = text + len;
	lex->last = last;
	lex->error = NULL;
}

static bool more(const struct lexer *lex, size_t offset)
{
	return (size_t)(lex->end - lex->at) > offset;
}

static bool next_is(const struct lexer *lex, const char *text)
{
	size_t len = strlen(text);

	return (size_t)(lex->end - lex->at) >= len &&
	       memcmp(lex->at, text, len) == 0;
}

static enum token_kind fail(struct lexer *lex, const char *error)
{
	lex->error = error;
	return TOK_ERROR;
}

/* The text ends inside something: ask for more, or say that it is open. */
static enum token_kind open_end(struct lexer *lex, const char *error)
{
	return lex->last ? fail(lex, error) : TOK_INCOMPLETE;
}

/* A NUL is never part of a script; it would cut words short. */
static bool is_nul(const struct lexer *lex)
{
	return *lex->at == '\0';
}

/* Skip a $ and check what follows it, in or outside of double quotes. */
static enum token_kind skip_dollar(struct lexer *lex)
{
	const char *name, *close;

	lex->at++;
	if (next_is(lex, "("))
		return fail(lex, "$( ) is not supported");
	if (!next_is(lex, "{"))
		return TOK_WORD;
	name = lex->at + 1;
	close = memchr(name, '}', (size_t)(lex->end - name));
	if (close == NULL)
		return fail(lex, "${ without }");
	if (!vars_is_name(name, (size_t)(close - name))) {
		/* ${12} and ${?} are fine too. */
		const char *c = name;

		while (c < close && isdigit((unsigned char)*c))
			c++;
		if (c == name && strchr("?$!#@*", *c) != NULL && *c != '\0')
			c++;
		if (c == name || c != close)
			return fail(lex, "bad substitution");
	}
	lex->at = close + 1;
	return TOK_WORD;
}

static enum token_kind skip_single(struct lexer *lex)
{
	for (lex->at++; more(lex, 0); lex->at++) {
		if (is_nul(lex))
			return fail(lex, "NUL byte in a command");
		if (*lex->at == '\'') {
			lex->at++;
			return TOK_WORD;
		}
	}
	return open_end(lex, "unexpected end: ' is not closed");
}

static enum token_kind skip_double(struct lexer *lex)
{
	lex->at++;
	while (more(lex, 0)) {
		enum token_kind kind = TOK_WORD;

		if (is_nul(lex))
			return fail(lex, "NUL byte in a command");
		if (*lex->at == '"') {
			lex->at++;
			return TOK_WORD;
		}
		if (*lex->at == '`')
			return fail(lex, "` ` is not supported");
		if (*lex->at == '$')
			kind = skip_dollar(lex);
		else
			lex->at += *lex->at == '\\' && more(lex, 1) ? 2 : 1;
		if (kind != TOK_WORD)
			return kind;
	}
	return open_end(lex, "unexpected end: \" is not closed");
}

/* Skip a backslash and what it quotes. */
static enum token_kind skip_backslash(struct lexer *lex)
{
	lex->at++;
	if (!more(lex, 0))
		return lex->last ? TOK_WORD : TOK_INCOMPLETE;
	if (is_nul(lex))
		return fail(lex, "NUL byte in a command");
	lex->at++;
	/* A newline that is quoted continues the line. */
	if (!more(lex, 0) && lex->at[-1] == '\n' && !lex->last)
		return TOK_INCOMPLETE;
	return TOK_WORD;
}

static enum token_kind lex_word(struct lexer *lex)
{
	while (more(lex, 0) && strchr(" \t\r\n;&|<>()", *lex->at) == NULL) {
		enum token_kind kind = TOK_WORD;

		switch (*lex->at) {
		case '\'':
			kind = skip_single(lex);
			break;
		case '"':
			kind = skip_double(lex);
			break;
		case '\\':
			kind = skip_backslash(lex);
			break;
		case '$':
			kind = skip_dollar(lex);
			break;
		case '`':
			return fail(lex, "` ` is not supported");
		default:
			lex->at++;
		}
		if (kind != TOK_WORD)
			return kind;
	}
	/* strchr finds the NUL that ends its string, too. */
	if (more(lex, 0) && is_nul(lex))
		return fail(lex, "NUL byte in a command");
	return TOK_WORD;
}

static enum token_kind lex_redir(struct lexer *lex, struct token *token)
{
	bool out;

	token->fd = -1;
	if (isdigit((unsigned char)*lex->at))
		token->fd = *lex->at++ - '0';
	out = *lex->at == '>';
	if (token->fd < 0)
		token->fd = out ? 1 : 0;
	lex->at++;
	token->op = out ? REDIR_OUT : REDIR_IN;
	if (next_is(lex, "&")) {
		token->op = REDIR_DUP;
	} else if (out && next_is(lex, ">")) {
		token->op = REDIR_APPEND;
	} else if (next_is(lex, "<")) {
		return fail(lex, "<< is not supported");
	} else if (next_is(lex, ">") || next_is(lex, "|")) {
		return fail(lex, "<> and >| are not supported");
	} else {
		return TOK_REDIR;
	}
	lex->at++;
	return TOK_REDIR;
}

static bool at_redir(const struct lexer *lex)
{
	const char *at = lex->at;

	if (isdigit((unsigned char)*at) && more(lex, 1))
		at++;
	return *at == '<' || *at == '>';
}

static enum token_kind lex_operator(struct lexer *lex)
{
	static const struct {
		const char *text;
		enum token_kind kind;
	} operators[] = {
		/* The longer ones first. */
		{ "&&", TOK_AND }, { "||", TOK_OR }, { "\n", TOK_NEWLINE },
		{ ";", TOK_SEMI }, { "&", TOK_AMP }, { "|", TOK_PIPE },
	};

	if (next_is(lex, "(") || next_is(lex, ")"))
		return fail(lex, "( ) is not supported");
	for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++) {
		if (!next_is(lex, operators[i].text))
			continue;
		lex->at += strlen(operators[i].text);
		return operators[i].kind;
	}
	return TOK_WORD;
}

/* Blanks, continued lines, and a comment up to its newline. */
static void skip_blanks(struct lexer *lex)
{
	for (;;) {
		if (next_is(lex, " ") || next_is(lex, "\t") ||
		    next_is(lex, "\r"))
			lex->at++;
		else if (next_is(lex, "\\\n"))
			lex->at += 2;
		else
			break;
	}
	if (next_is(lex, "#"))
		while (more(lex, 0) && *lex->at != '\n')
			lex->at++;
}

void lex_next(struct lexer *lex, struct token *token)
{
	const char *start = lex->at;

	skip_blanks(lex);
	token->start = lex->at;
	if (!more(lex, 0)) {
		bool continued = lex->at - start >= 2 &&
				 memcmp(lex->at - 2, "\\\n", 2) == 0;

		token->kind = continued && !lex->last ? TOK_INCOMPLETE
						      : TOK_END;
		token->len = 0;
		return;
	}
	if (at_redir(lex))
		token->kind = lex_redir(lex, token);
	else
		token->kind = lex_operator(lex);
	if (token->kind == TOK_WORD)
		token->kind = lex_word(lex);
	token->len = (size_t)(lex->at - token->start);
}
