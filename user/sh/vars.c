// SPDX-License-Identifier: MIT
/*
 * Variables. A list is enough: scripts have a handful.
 */
#include "sh.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct var {
	struct var *next;
	char *name;
	char *value;		/* NULL: exported, but never set */
	bool exported;
};

static struct var *vars;

bool vars_is_name(const char *text, size_t len)
{
	if (len == 0 || (*text >= '0' && *text <= '9'))
		return false;
	for (; len > 0; len--, text++)
		if (!(*text == '_' || (*text >= '0' && *text <= '9') ||
		      (*text >= 'a' && *text <= 'z') ||
		      (*text >= 'A' && *text <= 'Z')))
			return false;
	return true;
}

size_t vars_assignment(const char *text, size_t len)
{
	const char *equals = memchr(text, '=', len);

	if (equals == NULL || !vars_is_name(text, (size_t)(equals - text)))
		return 0;
	return (size_t)(equals - text);
}

static struct var *find(const char *name, size_t len)
{
	struct var *var;

	for (var = vars; var != NULL; var = var->next)
		if (strlen(var->name) == len &&
		    memcmp(var->name, name, len) == 0)
			return var;
	return NULL;
}

static struct var *find_or_add(const char *name, size_t len)
{
	struct var *var = find(name, len);

	if (var != NULL)
		return var;
	var = xrealloc(NULL, sizeof(*var));
	*var = (struct var){ .next = vars };
	var->name = xrealloc(NULL, len + 1);
	memcpy(var->name, name, len);
	var->name[len] = '\0';
	vars = var;
	return var;
}

const char *vars_get(const char *name, size_t len)
{
	const struct var *var = find(name, len);

	return var == NULL ? NULL : var->value;
}

void vars_set(const char *name, const char *value)
{
	struct var *var = find_or_add(name, strlen(name));
	char *copy = xstrdup(value);

	/* @value may be the old one. */
	free(var->value);
	var->value = copy;
}

void vars_export(const char *name)
{
	find_or_add(name, strlen(name))->exported = true;
}

void vars_unset(const char *name)
{
	struct var **link = &vars;

	for (; *link != NULL; link = &(*link)->next) {
		struct var *var = *link;

		if (strcmp(var->name, name) != 0)
			continue;
		*link = var->next;
		free(var->name);
		free(var->value);
		free(var);
		return;
	}
}

void vars_import(char **environment)
{
	for (; environment != NULL && *environment != NULL; environment++) {
		const char *text = *environment;
		size_t len = vars_assignment(text, strlen(text));
		struct var *var;

		if (len == 0)
			continue;
		var = find_or_add(text, len);
		free(var->value);
		var->value = xstrdup(text + len + 1);
		var->exported = true;
	}
}

static bool overridden(const struct var *var, const struct strings *extra)
{
	size_t len = strlen(var->name);

	for (size_t i = 0; i < extra->count; i++)
		if (strncmp(extra->list[i], var->name, len) == 0 &&
		    extra->list[i][len] == '=')
			return true;
	return false;
}

void vars_environment(const struct strings *extra, struct strings *out)
{
	for (const struct var *var = vars; var != NULL; var = var->next) {
		struct buf text = { NULL, 0, 0 };

		if (!var->exported || var->value == NULL ||
		    overridden(var, extra))
			continue;
		buf_text(&text, var->name);
		buf_char(&text, '=');
		buf_text(&text, var->value);
		strings_take(out, text.data);
	}
	for (size_t i = 0; i < extra->count; i++)
		strings_take(out, xstrdup(extra->list[i]));
	if (out->list == NULL) {
		/* Even an empty vector has its NULL. */
		strings_take(out, NULL);
		out->count = 0;
	}
}

void vars_print_exported(void)
{
	for (const struct var *var = vars; var != NULL; var = var->next) {
		struct buf text = { NULL, 0, 0 };

		if (!var->exported)
			continue;
		buf_text(&text, var->name);
		if (var->value != NULL) {
			buf_char(&text, '=');
			buf_quoted(&text, var->value);
		}
		printf("export %s\n", text.data);
		buf_free(&text);
	}
}

void vars_save(struct buf *script)
{
	for (const struct var *var = vars; var != NULL; var = var->next) {
		if (var->exported || var->value == NULL)
			continue;
		buf_text(script, var->name);
		buf_char(script, '=');
		buf_quoted(script, var->value);
		/* Not a newline: the lines after it keep their numbers. */
		buf_char(script, ';');
	}
}
