// SPDX-License-Identifier: MIT
/* The kernel command line; see cmdline.h. Called while the kernel starts. */
#include "lib/cmdline.h"

#include "lib/string.h"

struct word {
	const char *text;
	size_t len;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Find the next word from *@p on and step over it; false at the end. */
static bool next_word(const char **p, struct word *w)
{
	const char *s = *p;
	bool quoted = false;

	while (is_blank(*s))
		s++;
	w->text = s;
	for (; *s && (quoted || !is_blank(*s)); s++) {
		if (*s == '"')
			quoted = !quoted;
	}
	w->len = (size_t)(s - w->text);
	*p = s;
	return w->len > 0;
}

static bool is_separator(const struct word *w)
{
	return w->len == 2 && w->text[0] == '-' && w->text[1] == '-';
}

/* True when @w is @key or starts with `@key=`; *@w becomes the value. */
static bool split(struct word *w, const char *key)
{
	size_t n = strlen(key);

	if (w->len < n || memcmp(w->text, key, n))
		return false;
	if (w->len > n && w->text[n] != '=')
		return false;
	if (w->len > n)
		n++;
	w->text += n;
	w->len -= n;
	return true;
}

static void copy_unquoted(char *value, size_t size, const struct word *w)
{
	size_t i;
	size_t n = 0;

	if (!size)
		return;
	for (i = 0; i < w->len; i++) {
		if (w->text[i] != '"' && n + 1 < size)
			value[n++] = w->text[i];
	}
	value[n] = '\0';
}

bool cmdline_get(const char *line, const char *key, char *value, size_t size)
{
	const char *p = line ? line : "";
	bool found = false;
	struct word w;

	if (!*key)
		return false;
	while (next_word(&p, &w) && !is_separator(&w)) {
		if (!split(&w, key))
			continue;
		found = true;
		copy_unquoted(value, size, &w);
	}
	return found;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

bool cmdline_u64(const char *line, const char *key, uint64_t *value)
{
	char text[24];		/* 20 digits at most; longer ones overflow */
	const char *p = text;
	uint64_t n = 0;
	uint64_t base = 10;

	if (!cmdline_get(line, key, text, sizeof(text)))
		return false;
	if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X')) {
		base = 16;
		p += 2;
	}
	if (!*p)
		return false;
	for (; *p; p++) {
		uint64_t d = (uint64_t)digit(*p);

		if (d >= base || n > (UINT64_MAX - d) / base)
			return false;
		n = n * base + d;
	}
	*value = n;
	return true;
}

const char *cmdline_rest(const char *line)
{
	const char *p = line ? line : "";
	struct word w;

	while (next_word(&p, &w)) {
		if (!is_separator(&w))
			continue;
		while (is_blank(*p))
			p++;
		return p;
	}
	return "";
}
