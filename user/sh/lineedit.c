// SPDX-License-Identifier: MIT
/*
 * Reading a line from a terminal, with editing and a history. The terminal
 * is raw only here; while a command runs the kernel does the echoing.
 *
 * Input is read a byte at a time: what is typed behind the newline belongs
 * to the command that the line starts. The line is shown without knowing
 * how wide the terminal is: typing at the end works at any length, moving
 * back works within the screen's last line.
 */
#define _GNU_SOURCE
#include "sh.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "lib/prog.h"

#define HISTORY 100

enum key {
	KEY_END_OF_FILE = -1,
	KEY_NONE = 256,
	KEY_UP,
	KEY_DOWN,
	KEY_LEFT,
	KEY_RIGHT,
	KEY_HOME,
	KEY_END,
	KEY_DELETE,
};

struct editor {
	const char *prompt;
	struct buf *line;
	size_t cursor;
	size_t back;		/* lines back in the history; 0: the new one */
	struct buf fresh;	/* the new line while an older one is shown */
};

/* The latest is history[history_count - 1]. */
static char *history[HISTORY];
static size_t history_count;

static void show(const char *text, size_t len)
{
	/* The terminal is gone if this fails; reading will tell. */
	(void)prog_write_all(STDOUT_FILENO, text, len);
}

/* Bytes 2, 3 ... of a UTF-8 character take no column. */
static bool continues(char c)
{
	return (c & 0xc0) == 0x80;
}

static void show_left(const char *text, size_t len)
{
	for (; len > 0; len--, text++)
		if (!continues(*text))
			show("\b", 1);
}

/* Show from the cursor on, erase what the screen has behind it, go back. */
static void show_tail(const struct editor *e)
{
	const char *tail = e->line->data + e->cursor;
	size_t len = e->line->len - e->cursor;

	show(tail, len);
	show("\033[K", 3);
	show_left(tail, len);
}

static void insert(struct editor *e, const char *text, size_t len)
{
	struct buf *line = e->line;

	buf_add(line, text, len);
	memmove(line->data + e->cursor + len, line->data + e->cursor,
		line->len - len - e->cursor);
	memcpy(line->data + e->cursor, text, len);
	e->cursor += len;
	show(text, len);
	if (e->cursor < line->len)
		show_tail(e);
}

/* Where the character before, or behind, @at begins. */
static size_t before(const struct editor *e, size_t at)
{
	do
		at--;
	while (at > 0 && continues(e->line->data[at]));
	return at;
}

static size_t behind(const struct editor *e, size_t at)
{
	do
		at++;
	while (at < e->line->len && continues(e->line->data[at]));
	return at;
}

static void move_to(struct editor *e, size_t to)
{
	const char *text = e->line->data;

	if (to < e->cursor)
		show_left(text + to, e->cursor - to);
	else
		show(text + e->cursor, to - e->cursor);
	e->cursor = to;
}

/* Remove from @from, which is not behind the cursor, to @to. */
static void erase(struct editor *e, size_t from, size_t to)
{
	struct buf *line = e->line;

	if (from == to)
		return;
	move_to(e, from);
	memmove(line->data + from, line->data + to, line->len - to);
	line->len -= to - from;
	line->data[line->len] = '\0';
	show_tail(e);
}

static void erase_word(struct editor *e)
{
	size_t from = e->cursor;

	while (from > 0 && e->line->data[from - 1] == ' ')
		from--;
	while (from > 0 && e->line->data[from - 1] != ' ')
		from--;
	erase(e, from, e->cursor);
}

static void replace(struct editor *e, const char *text)
{
	erase(e, 0, e->line->len);
	buf_text(e->line, text);
	move_to(e, e->line->len);
}

/* Show the line that is @back lines before the new one. */
static void recall(struct editor *e, size_t back)
{
	if (back > history_count || back == e->back)
		return;
	if (e->back == 0) {
		e->fresh.len = 0;
		buf_add(&e->fresh, e->line->data, e->line->len);
	}
	e->back = back;
	replace(e, back == 0 ? e->fresh.data : history[history_count - back]);
}

static void redraw(const struct editor *e)
{
	show("\033[H\033[2J", 7);
	show(e->prompt, strlen(e->prompt));
	show(e->line->data, e->cursor);
	show_tail(e);
}

static void remember(const char *line)
{
	if (*line == '\0' ||
	    (history_count > 0 &&
	     strcmp(history[history_count - 1], line) == 0))
		return;
	if (history_count == HISTORY) {
		free(history[0]);
		memmove(history, history + 1,
			(HISTORY - 1) * sizeof(*history));
		history_count--;
	}
	history[history_count++] = xstrdup(line);
}

static int read_byte(void)
{
	unsigned char c;
	ssize_t n;

	do
		n = read(STDIN_FILENO, &c, 1);
	while (n < 0 && errno == EINTR);
	return n == 1 ? c : KEY_END_OF_FILE;
}

/* What follows ESC [ or ESC O: digits, then the byte that says which key. */
static int read_escape(void)
{
	int c = read_byte(), number = 0;

	if (c != '[' && c != 'O')
		return c == KEY_END_OF_FILE ? c : KEY_NONE;
	for (c = read_byte(); c >= '0' && c <= ';'; c = read_byte())
		number = c <= '9' && number < 100 ? number * 10 + c - '0'
						  : number;
	switch (c) {
	case KEY_END_OF_FILE: return KEY_END_OF_FILE;
	case 'A': return KEY_UP;
	case 'B': return KEY_DOWN;
	case 'C': return KEY_RIGHT;
	case 'D': return KEY_LEFT;
	case 'H': return KEY_HOME;
	case 'F': return KEY_END;
	case '~':
		return number == 1 || number == 7 ? KEY_HOME :
		       number == 4 || number == 8 ? KEY_END :
		       number == 3 ? KEY_DELETE : KEY_NONE;
	default: return KEY_NONE;
	}
}

static int read_key(void)
{
	int c = read_byte();

	switch (c) {
	case '\033': return read_escape();
	case CTRL('A'): return KEY_HOME;
	case CTRL('E'): return KEY_END;
	case CTRL('B'): return KEY_LEFT;
	case CTRL('F'): return KEY_RIGHT;
	case CTRL('P'): return KEY_UP;
	case CTRL('N'): return KEY_DOWN;
	default: return c;
	}
}

/*
 * Insert the character that begins with the byte @first, all of it at once:
 * half a character must not stand before the rest of the line.
 */
static void insert_character(struct editor *e, int first)
{
	char text[4] = { (char)first };
	size_t len = 1, want = first < 0xc0 ? 1 : first < 0xe0 ? 2 :
			       first < 0xf0 ? 3 : 4;

	while (len < want) {
		int c = read_byte();

		if (c == KEY_END_OF_FILE || !continues((char)c))
			return;
		text[len++] = (char)c;
	}
	insert(e, text, len);
}

static void edit_key(struct editor *e, int key)
{
	switch (key) {
	case '\b':
	case 0x7f:
		if (e->cursor > 0)
			erase(e, before(e, e->cursor), e->cursor);
		break;
	case KEY_DELETE:
	case CTRL('D'):
		if (e->cursor < e->line->len)
			erase(e, e->cursor, behind(e, e->cursor));
		break;
	case CTRL('U'): erase(e, 0, e->cursor); break;
	case CTRL('K'): erase(e, e->cursor, e->line->len); break;
	case CTRL('W'): erase_word(e); break;
	case CTRL('L'): redraw(e); break;
	case KEY_HOME: move_to(e, 0); break;
	case KEY_END: move_to(e, e->line->len); break;
	case KEY_LEFT:
		if (e->cursor > 0)
			move_to(e, before(e, e->cursor));
		break;
	case KEY_RIGHT:
		if (e->cursor < e->line->len)
			move_to(e, behind(e, e->cursor));
		break;
	case KEY_UP: recall(e, e->back + 1); break;
	case KEY_DOWN:
		if (e->back > 0)
			recall(e, e->back - 1);
		break;
	default:
		if (key == '\t')
			insert(e, " ", 1);
		else if (key >= ' ' && key < KEY_NONE)
			insert_character(e, key);
	}
}

static enum edit_result edit(struct editor *e)
{
	show(e->prompt, strlen(e->prompt));
	for (;;) {
		int key = read_key();

		switch (key) {
		case '\r':
		case '\n':
			move_to(e, e->line->len);
			show("\n", 1);
			remember(e->line->data);
			buf_char(e->line, '\n');
			return EDIT_LINE;
		case CTRL('C'):
			move_to(e, e->line->len);
			show("^C\n", 3);
			return EDIT_CANCELLED;
		case KEY_END_OF_FILE:
			return EDIT_END;
		case CTRL('D'):
			if (e->line->len == 0)
				return EDIT_END;
		/* fall through */
		default:
			edit_key(e, key);
		}
	}
}

enum edit_result edit_line(const char *prompt, struct buf *line)
{
	struct editor e = { .prompt = prompt, .line = line };
	struct termios cooked, raw;
	enum edit_result result;
	bool is_raw = tcgetattr(STDIN_FILENO, &cooked) == 0;

	line->len = 0;
	buf_add(line, "", 0);
	if (is_raw) {
		raw = cooked;
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
		raw.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IXON);
		raw.c_cc[VMIN] = 1;
		raw.c_cc[VTIME] = 0;
		is_raw = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
	}
	result = edit(&e);
	if (is_raw)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &cooked);
	buf_free(&e.fresh);
	return result;
}
