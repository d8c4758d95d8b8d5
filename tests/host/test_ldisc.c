// SPDX-License-Identifier: MIT
/*
 * loom/tty/ldisc.c: what a program reads and what the terminal shows, key by
 * key. A small screen interprets what is put, so that rubbing out is checked
 * by what is left to see. HOST_TEST_SEED varies the random sessions.
 */
#include "check.h"

#include <stdbool.h>
#include <string.h>

#include "lib/errno.h"
#include "tty/ldisc.h"

#define SCREEN_WIDTH	500

struct terminal {
	struct ldisc l;
	char raw[65536];	/* what was put, as it is */
	size_t raw_len;
	char line[SCREEN_WIDTH + 1];	/* what the cursor's line shows */
	size_t cursor;
};

static void screen_put(void *ctx, uint8_t byte)
{
	struct terminal *t = ctx;

	if (t->raw_len < sizeof(t->raw) - 1)
		t->raw[t->raw_len++] = (char)byte;
	if (byte == '\n') {
		memset(t->line, 0, sizeof(t->line));
	} else if (byte == '\r') {
		t->cursor = 0;
	} else if (byte == '\b') {
		t->cursor -= t->cursor > 0;
	} else if (byte == '\t') {
		size_t stop = (t->cursor / 8 + 1) * 8;

		while (t->cursor < stop && t->cursor < SCREEN_WIDTH)
			t->line[t->cursor++] = ' ';
	} else if (byte >= ' ' && (byte & 0xc0) != 0x80 &&
		   t->cursor < SCREEN_WIDTH) {
		t->line[t->cursor++] = (char)byte;
	}
}

static struct terminal *new_terminal(void)
{
	struct terminal *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	ldisc_init(&t->l, screen_put, t);
	return t;
}

static unsigned int type_n(struct terminal *t, const char *keys, size_t n)
{
	unsigned int result = 0;

	while (n--)
		result |= ldisc_input(&t->l, (uint8_t)*keys++);
	return result;
}

static unsigned int type(struct terminal *t, const char *keys)
{
	return type_n(t, keys, strlen(keys));
}

/* What the cursor's line shows, without blanks at its end. */
static void shows(struct terminal *t, const char *want)
{
	size_t n = strlen(t->line);

	while (n && t->line[n - 1] == ' ')
		n--;
	t->line[n] = '\0';
	assert_string_equal(t->line, want);
}

static void was_put(struct terminal *t, const char *want)
{
	t->raw[t->raw_len] = '\0';
	assert_string_equal(t->raw, want);
	t->raw_len = 0;
}

static void reads_n(struct terminal *t, size_t n, const char *want)
{
	char *buf = malloc(n ? n : 1);
	int64_t got;

	assert_non_null(buf);
	got = ldisc_read(&t->l, buf, n);
	assert_int_equal(got, (int64_t)strlen(want));
	assert_memory_equal(buf, want, strlen(want));
	free(buf);
}

static void reads(struct terminal *t, const char *want)
{
	assert_true(ldisc_readable(&t->l));
	reads_n(t, 100, want);
}

static void must_wait(struct terminal *t)
{
	char c;

	assert_false(ldisc_readable(&t->l));
	assert_int_equal(ldisc_available(&t->l), 0);
	assert_int_equal(ldisc_read(&t->l, &c, 1), -EAGAIN);
}

static void change(struct terminal *t, uint32_t clear, uint32_t set)
{
	struct tty_termios tio = t->l.termios;

	tio.lflag = (tio.lflag & ~clear) | set;
	ldisc_set_termios(&t->l, &tio, false);
}

static void reads_one_line_at_a_time(void **state)
{
	struct terminal *t = new_terminal();

	(void)state;
	must_wait(t);
	assert_int_equal(type(t, "echo hi"), 0);
	must_wait(t);
	assert_int_equal(type(t, "\r"), LDISC_READABLE);
	type(t, "two\nthr");
	assert_int_equal(ldisc_available(&t->l), 12);
	reads(t, "echo hi\n");
	reads(t, "two\n");
	must_wait(t);
	type(t, "ee\n");
	reads(t, "three\n");
	was_put(t, "echo hi\r\ntwo\r\nthree\r\n");
	free(t);
}

static void keeps_what_a_short_read_leaves(void **state)
{
	struct terminal *t = new_terminal();

	(void)state;
	type(t, "abcdef\nx\n");
	reads_n(t, 0, "");
	reads_n(t, 4, "abcd");
	reads_n(t, 2, "ef");
	reads_n(t, 4, "\n");
	reads_n(t, 1, "x");
	reads_n(t, 1, "\n");
	must_wait(t);
	free(t);
}

static void ends_files(void **state)
{
	struct terminal *t = new_terminal();

	(void)state;
	assert_int_equal(type(t, "\4"), LDISC_READABLE);
	assert_true(ldisc_readable(&t->l));
	assert_int_equal(ldisc_available(&t->l), 0);
	reads(t, "");
	must_wait(t);
	type(t, "abc\4");
	reads(t, "abc");
	must_wait(t);
	type(t, "abc\4def\n");	/* the EOF belongs to abc, however read */
	reads_n(t, 3, "abc");
	reads(t, "def\n");
	type(t, "abc\4");
	reads_n(t, 2, "ab");
	reads_n(t, 2, "c");
	must_wait(t);
	type(t, "a\n\4");
	reads_n(t, 2, "a\n");
	reads(t, "");
	must_wait(t);
	type(t, "\4\4");
	reads(t, "");
	reads(t, "");
	must_wait(t);
	free(t);
}

static void erases(void **state)
{
	struct terminal *t = new_terminal();

	(void)state;
	type(t, "lx\x7fs -\b\x7f");
	shows(t, "ls");
	type(t, "\x7f\x7f\x7f\x7f\x7f");
	shows(t, "");
	type(t, "ok\n");
	reads(t, "ok\n");
	t->raw_len = 0;
	type(t, "ab\x7f");
	was_put(t, "ab\b \b");
	type(t, "\25");
	was_put(t, "\b \b");
	type(t, "\x7f\25\27");
	was_put(t, "");
	free(t);
}

/* A prompt stays; so does what a finished line already is. */
static void erases_only_the_unfinished_line(void **state)
{
	struct terminal *t = new_terminal();

	(void)state;
	type(t, "done\n");
	ldisc_output(&t->l, "$ ", 2);
	type(t, "abc\x7f\x7f\x7f\x7f\x7f\25\27");
	shows(t, "$");
	assert_int_equal(t->cursor, 2);
	reads(t, "done\n");
	free(t);
}

static void erases_wide_characters(void **state)
{
	struct terminal *t = new_terminal();

	(void)state;
	ldisc_output(&t->l, "> ", 2);
	type(t, "a\tb\x7f\x7f");	/* a tab is as wide as it must be */
	assert_int_equal(t->cursor, 3);
	type(t, "\t\t");
	assert_int_equal(t->cursor, 16);
	type(t, "\x7f");
	assert_int_equal(t->cursor, 8);
	type(t, "\25");
	assert_int_equal(t->cursor, 2);
	type(t, "\1\33x");		/* ^A^[x */
	shows(t, "> ^A^[x");
	type(t, "\x7f\x7f");
	shows(t, "> ^A");
	type(t, "\25\xc3\xa9z\x7f\x7f");	/* a letter of two bytes */
	assert_int_equal(t->cursor, 2);
	type(t, "\n");
	reads(t, "\n");
	free(t);
}

static void erases_words(void **state)
{
	struct terminal *t = new_terminal();

	(void)state;
	type(t, "cat /usr/bin_1 \27");
	shows(t, "cat /usr/");
	type(t, "\27");
	shows(t, "cat /");
	type(t, "\27");
	shows(t, "");
	type(t, "x\27\27y\n");
	reads(t, "y\n");
	free(t);
}

static void takes_the_next_byte_literally(void **state)
{
	struct terminal *t = new_terminal();

	(void)state;
	assert_int_equal(type(t, "a\26\3\26\x7f\26\4\26\n"), 0);
	shows(t, "a^C^?^D^J");
	type(t, "\x7f\n");
	reads(t, "a\3\x7f\4\n");
	type(t, "\26\25");
	type(t, "\n");
	reads(t, "\25\n");
	type_n(t, "\26\0\n", 3);	/* a NUL is no end of file */
	assert_int_equal(ldisc_available(&t->l), 2);
	{
		char buf[4];

		assert_int_equal(ldisc_read(&t->l, buf, 4), 2);
		assert_memory_equal(buf, "\0\n", 2);
	}
	free(t);
}

static void reprints(void **state)
{
	struct terminal *t = new_terminal();

	(void)state;
	type(t, "abc");
	ldisc_output(&t->l, "noise\n", 6);
	type(t, "\22");
	shows(t, "abc");
	type(t, "\x7f");
	shows(t, "ab");
	free(t);
}

static void signals(void **state)
{
	struct terminal *t = new_terminal();

	(void)state;
	type(t, "line\nabc");
	assert_int_equal(type(t, "\3"), LDISC_SIGINT);
	must_wait(t);			/* all input is dropped */
	was_put(t, "line\r\nabc^C");
	assert_int_equal(type(t, "\34"), LDISC_SIGQUIT);
	assert_int_equal(type(t, "\32"), LDISC_SIGTSTP);
	was_put(t, "^\\^Z");
	change(t, 0, TERM_NOFLSH);
	type(t, "ab");
	assert_int_equal(type(t, "\3"), LDISC_SIGINT);
	type(t, "c\n");
	reads(t, "abc\n");
	change(t, TERM_ISIG, 0);
	assert_int_equal(type(t, "\3\n"), LDISC_READABLE);
	reads(t, "\3\n");
	free(t);
}

static void controls_flow(void **state)
{
	struct terminal *t = new_terminal();
	struct tty_termios tio = t->l.termios;

	(void)state;
	assert_int_equal(type(t, "\x13"), 0);
	assert_true(t->l.stopped);
	/* Neither key is input, and other keys are as always. */
	assert_int_equal(type(t, "ab\x11"), LDISC_STARTED);
	assert_false(t->l.stopped);
	assert_int_equal(type(t, "\x11\n"), LDISC_READABLE);
	reads(t, "ab\n");
	was_put(t, "ab\r\n");
	/* ^C lets go on who may have to write something before it ends. */
	assert_int_equal(type(t, "\x13\x03"), LDISC_SIGINT | LDISC_STARTED);
	assert_false(t->l.stopped);
	/* As a literal it is input. */
	assert_int_equal(type(t, "\x16\x13\n"), LDISC_READABLE);
	assert_false(t->l.stopped);
	reads(t, "\x13\n");
	tio.iflag |= TERM_IXANY;
	ldisc_set_termios(&t->l, &tio, false);
	assert_int_equal(type(t, "\x13x"), LDISC_STARTED);
	assert_int_equal(type(t, "\n"), LDISC_READABLE);
	reads(t, "x\n");
	/* Who switches it off does not leave output stopped. */
	type(t, "\x13");
	tio.iflag &= ~(uint32_t)(TERM_IXON | TERM_IXANY);
	assert_int_equal(ldisc_set_termios(&t->l, &tio, false), LDISC_STARTED);
	assert_int_equal(type(t, "\x13\n"), LDISC_READABLE);
	assert_false(t->l.stopped);
	reads(t, "\x13\n");
	free(t);
}

/* What one key makes the interrupt put is bounded. */
static void kills_long_lines_in_short(void **state)
{
	struct terminal *t = new_terminal();
	int i;

	(void)state;
	for (i = 0; i < 256; i++)
		type(t, "x");
	t->raw_len = 0;
	type(t, "\x15");
	assert_int_equal(t->raw_len, 3 * 256);
	shows(t, "");
	for (i = 0; i < 4000; i++)
		type(t, "x");
	t->raw_len = 0;
	type(t, "\x15");
	was_put(t, "^U\r\n");
	type(t, "y\n");
	reads(t, "y\n");
	free(t);
}

static void obeys_input_flags(void **state)
{
	struct terminal *t = new_terminal();
	struct tty_termios tio = t->l.termios;

	(void)state;
	tio.iflag = TERM_INLCR;
	ldisc_set_termios(&t->l, &tio, false);
	assert_int_equal(type(t, "a\nb\r"), 0);
	tio.iflag = TERM_IGNCR;
	ldisc_set_termios(&t->l, &tio, false);
	type(t, "c\r\n");
	reads(t, "a\rb\rc\n");
	tio.iflag = TERM_ISTRIP;
	ldisc_set_termios(&t->l, &tio, false);
	type(t, "\xe1\x8a");
	reads(t, "a\n");
	tio.cc[TERM_VEOL] = ';';
	tio.cc[TERM_VEOL2] = '!';
	ldisc_set_termios(&t->l, &tio, false);
	type(t, "x;y!z");
	reads(t, "x;");
	reads(t, "y!");
	must_wait(t);
	tio.lflag &= ~(uint32_t)TERM_IEXTEN;	/* no EOL2, ^V, ^W, ^R */
	ldisc_set_termios(&t->l, &tio, true);
	type(t, "a!\26\27\22\n");
	reads(t, "a!\26\27\22\n");
	memset(tio.cc, 0, sizeof(tio.cc));	/* a cc of 0 is disabled */
	ldisc_set_termios(&t->l, &tio, true);
	assert_int_equal(type_n(t, "\0\3\4\x7f\b\n", 6), LDISC_READABLE);
	assert_int_equal(ldisc_available(&t->l), 6);
	free(t);
}

static void obeys_echo_flags(void **state)
{
	struct terminal *t = new_terminal();

	(void)state;
	change(t, TERM_ECHO, 0);
	type(t, "secret\x7f\25\3x\26y\22\n");
	was_put(t, "");
	change(t, 0, TERM_ECHONL);
	type(t, "secret\n");
	was_put(t, "\r\n");
	change(t, TERM_ECHOCTL | TERM_ECHONL, TERM_ECHO);
	type(t, "\1\33");
	was_put(t, "\1\33");
	change(t, TERM_ECHOKE, TERM_ECHOCTL);
	type(t, "ab\25");
	was_put(t, "ab^U\r\n");
	change(t, TERM_ECHOE, 0);
	type(t, "ab\x7f");
	was_put(t, "ab^?");
	free(t);
}

static void processes_output(void **state)
{
	struct terminal *t = new_terminal();
	struct tty_termios tio = t->l.termios;

	(void)state;
	ldisc_output(&t->l, "a\nb\r\n\tc\0", 8);
	assert_int_equal(t->raw_len, 10);
	was_put(t, "a\r\nb\r\r\n\tc");
	tio.oflag = TERM_OPOST | TERM_OCRNL;
	ldisc_set_termios(&t->l, &tio, false);
	ldisc_output(&t->l, "a\r\n", 3);
	was_put(t, "a\n\n");
	tio.oflag = TERM_ONLCR;			/* nothing without OPOST */
	ldisc_set_termios(&t->l, &tio, false);
	ldisc_output(&t->l, "a\n\r", 3);
	was_put(t, "a\n\r");
	free(t);
}

static void reads_raw(void **state)
{
	struct terminal *t = new_terminal();

	(void)state;
	change(t, TERM_ICANON | TERM_ISIG | TERM_ECHO, 0);
	assert_int_equal(type(t, "a"), LDISC_READABLE);
	type(t, "\3\4\x7f\25\26\n\r");
	assert_int_equal(ldisc_available(&t->l), 8);
	reads_n(t, 2, "a\3");
	reads(t, "\4\x7f\25\26\n\n");
	must_wait(t);
	was_put(t, "");
	change(t, 0, TERM_ECHO | TERM_ISIG);
	assert_int_equal(type(t, "x\n\3"), LDISC_READABLE | LDISC_SIGINT);
	was_put(t, "x\r\n^C");
	free(t);
}

static void changes_modes_without_loss(void **state)
{
	struct terminal *t = new_terminal();
	struct tty_termios raw = t->l.termios;
	struct tty_termios cooked = raw;

	(void)state;
	raw.lflag &= ~(uint32_t)TERM_ICANON;
	type(t, "half");
	must_wait(t);
	assert_int_equal(ldisc_set_termios(&t->l, &raw, false),
			 LDISC_READABLE);
	assert_int_equal(ldisc_set_termios(&t->l, &raw, false), 0);
	reads(t, "half");
	type(t, "ab");
	assert_int_equal(ldisc_set_termios(&t->l, &cooked, false), 0);
	type(t, "c\x7f\x7f\x7f");	/* ab was given away, it stays */
	reads(t, "ab");
	must_wait(t);
	type(t, "x\n");
	reads(t, "x\n");
	type(t, "one\ntwo\nthree");
	ldisc_set_termios(&t->l, &raw, false);
	reads(t, "one\ntwo\nthree");
	type(t, "gone");
	assert_int_equal(ldisc_set_termios(&t->l, &cooked, true), 0);
	must_wait(t);
	type(t, "gone too");
	ldisc_flush_input(&t->l);
	type(t, "\n");
	reads(t, "\n");
	free(t);
}

static void refuses_when_full(void **state)
{
	struct terminal *t = new_terminal();
	char buf[LDISC_SIZE + 1];
	int i;

	(void)state;
	for (i = 0; i < LDISC_SIZE - 1; i++)
		assert_int_equal(ldisc_input(&t->l, 'a'), 0);
	t->raw_len = 0;
	assert_int_equal(type(t, "b"), LDISC_REFUSED);
	was_put(t, "\a");
	assert_int_equal(type(t, "\n"), LDISC_READABLE);
	assert_int_equal(type(t, "\n"), LDISC_REFUSED);
	assert_int_equal(type(t, "\4"), LDISC_REFUSED);
	assert_int_equal(type(t, "b"), LDISC_REFUSED);
	assert_int_equal(ldisc_read(&t->l, buf, sizeof(buf)), LDISC_SIZE);
	assert_int_equal(buf[LDISC_SIZE - 2], 'a');
	assert_int_equal(buf[LDISC_SIZE - 1], '\n');
	must_wait(t);

	change(t, TERM_ICANON, 0);
	for (i = 0; i < LDISC_SIZE; i++)
		assert_int_equal(ldisc_input(&t->l, 'r'), LDISC_READABLE);
	assert_int_equal(type(t, "s"), LDISC_REFUSED);
	reads_n(t, 1, "r");
	assert_int_equal(type(t, "s"), LDISC_READABLE);
	assert_int_equal(type(t, "\3"), LDISC_SIGINT);
	must_wait(t);
	free(t);
}

/* A place in the ring that once ended a line is ordinary the next time. */
static void forgets_old_line_ends(void **state)
{
	struct terminal *t = new_terminal();
	int i;

	(void)state;
	change(t, TERM_ECHO, 0);
	for (i = 0; i < LDISC_SIZE; i++) {
		type(t, "\n");
		reads(t, "\n");
	}
	type(t, "one whole line\n");
	reads(t, "one whole line\n");
	free(t);
}

/*
 * Random lines and reads of random size: the bytes come out as they went in,
 * over many turns of the ring and of the 32-bit positions.
 */
static void loses_nothing(void **state)
{
	struct terminal *t = new_terminal();
	uint64_t rng = check_seed(5);
	static char sent[1 << 20], got[1 << 20];
	size_t in = 0, out = 0;

	(void)state;
	t->l.head = t->l.ready = t->l.tail = UINT32_MAX - 10000;
	change(t, TERM_ECHO, 0);
	while (in < sizeof(sent) - 4096) {
		size_t n = check_below(&rng, 300);
		unsigned int result = 0;
		int64_t r;

		while (n-- && !(result & LDISC_REFUSED)) {
			char c = check_below(&rng, 20) ?
				 (char)('a' + check_below(&rng, 26)) : '\n';

			result = ldisc_input(&t->l, (uint8_t)c);
			if (!(result & LDISC_REFUSED))
				sent[in++] = c;
		}
		do {
			r = ldisc_read(&t->l, got + out,
				       1 + check_below(&rng, 100));
			if (r > 0) {
				char *end = memchr(got + out, '\n', (size_t)r);

				assert_true(!end || end == got + out + r - 1);
				out += (size_t)r;
			}
		} while (r > 0 && check_below(&rng, 20));
	}
	ldisc_input(&t->l, '\n');
	while (ldisc_readable(&t->l))
		out += (size_t)ldisc_read(&t->l, got + out, 100);
	assert_in_range(out, in, in + 1);
	assert_memory_equal(sent, got, in);
	free(t);
}

/* Any byte under any settings, changed at any time. */
static void survives_anything(void **state)
{
	struct terminal *t = new_terminal();
	uint64_t rng = check_seed(6);
	int i;

	(void)state;
	for (i = 0; i < 300000; i++) {
		struct tty_termios tio;
		char buf[64];
		size_t n;

		switch (check_below(&rng, 64)) {
		case 0:
			tio = t->l.termios;
			tio.lflag ^= 1u << check_below(&rng, 17);
			tio.iflag ^= 1u << check_below(&rng, 17);
			if (check_below(&rng, 4) == 0)
				tio.cc[check_below(&rng, TERMIOS_NCCS)] =
					(uint8_t)check_random(&rng);
			ldisc_set_termios(&t->l, &tio,
					  check_below(&rng, 8) == 0);
			break;
		case 1:
		case 2:
			n = check_below(&rng, sizeof(buf));
			assert_in_range(ldisc_read(&t->l, buf, n) + EAGAIN, 0,
					n + EAGAIN);
			break;
		case 3:
			ldisc_output(&t->l, "out\n", 4);
			break;
		default:
			ldisc_input(&t->l, check_below(&rng, 4) ?
				    (uint8_t)check_below(&rng, 40) :
				    (uint8_t)check_random(&rng));
			break;
		}
		assert_true(t->l.ready - t->l.head <= t->l.tail - t->l.head);
		assert_true(t->l.tail - t->l.head <= LDISC_SIZE);
		assert_int_equal(ldisc_readable(&t->l),
				 t->l.head != t->l.ready);
		t->raw_len = 0;
		t->cursor = 0;
	}
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_one_line_at_a_time),
		cmocka_unit_test(keeps_what_a_short_read_leaves),
		cmocka_unit_test(ends_files),
		cmocka_unit_test(erases),
		cmocka_unit_test(erases_only_the_unfinished_line),
		cmocka_unit_test(erases_wide_characters),
		cmocka_unit_test(erases_words),
		cmocka_unit_test(takes_the_next_byte_literally),
		cmocka_unit_test(reprints),
		cmocka_unit_test(signals),
		cmocka_unit_test(controls_flow),
		cmocka_unit_test(kills_long_lines_in_short),
		cmocka_unit_test(obeys_input_flags),
		cmocka_unit_test(obeys_echo_flags),
		cmocka_unit_test(processes_output),
		cmocka_unit_test(reads_raw),
		cmocka_unit_test(changes_modes_without_loss),
		cmocka_unit_test(refuses_when_full),
		cmocka_unit_test(forgets_old_line_ends),
		cmocka_unit_test(loses_nothing),
		cmocka_unit_test(survives_anything),
	};

	return cmocka_run_group_tests_name("ldisc", tests, NULL, NULL);
}
