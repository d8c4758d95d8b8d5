// SPDX-License-Identifier: MIT
/*
 * The line discipline; see ldisc.h. Three parts: output with its column,
 * echo and erasing, input.
 *
 * A finished line ends in a byte whose mark is set. An end of file is such a
 * byte of value 0, which no line ends in otherwise (a cc of 0 is disabled);
 * it is consumed without being returned.
 */
#include "tty/ldisc.h"

#include "lib/errno.h"
#include "lib/string.h"

#define RING_MASK	(LDISC_SIZE - 1)
#define TAB_STOP	8
#define RUB_OUT_MAX	256	/* bytes of a line that ^U rubs out */
#define BELL		'\a'
#define DELETE		0x7f

_Static_assert((LDISC_SIZE & RING_MASK) == 0,
	       "free-running positions wrap at a multiple of the size");

static const struct tty_termios fresh = {
	.iflag = TERM_ICRNL | TERM_IXON | TERM_IUTF8,
	.oflag = TERM_OPOST | TERM_ONLCR,
	.cflag = TERM_B38400 | TERM_CS8 | TERM_CREAD | TERM_HUPCL,
	.lflag = TERM_ISIG | TERM_ICANON | TERM_ECHO | TERM_ECHOE |
		 TERM_ECHOK | TERM_ECHOCTL | TERM_ECHOKE | TERM_IEXTEN,
	.cc = {
		[TERM_VINTR] = 'C' & 0x1f,
		[TERM_VQUIT] = '\\' & 0x1f,
		[TERM_VERASE] = DELETE,
		[TERM_VKILL] = 'U' & 0x1f,
		[TERM_VEOF] = 'D' & 0x1f,
		[TERM_VMIN] = 1,
		[TERM_VSTART] = 'Q' & 0x1f,
		[TERM_VSTOP] = 'S' & 0x1f,
		[TERM_VSUSP] = 'Z' & 0x1f,
		[TERM_VREPRINT] = 'R' & 0x1f,
		[TERM_VDISCARD] = 'O' & 0x1f,
		[TERM_VWERASE] = 'W' & 0x1f,
		[TERM_VLNEXT] = 'V' & 0x1f,
	},
};

static bool iflag(const struct ldisc *l, uint32_t flag)
{
	return l->termios.iflag & flag;
}

static bool oflag(const struct ldisc *l, uint32_t flag)
{
	return l->termios.oflag & flag;
}

static bool lflag(const struct ldisc *l, uint32_t flag)
{
	return l->termios.lflag & flag;
}

/* Is @byte the control character @index, and is that enabled? */
static bool is_cc(const struct ldisc *l, uint8_t byte, int index)
{
	return byte && l->termios.cc[index] == byte;
}

static bool is_control(uint8_t byte)
{
	return byte < 0x20 || byte == DELETE;
}

/* Is @byte inside a UTF-8 sequence rather than at its beginning? */
static bool is_continuation(const struct ldisc *l, uint8_t byte)
{
	return iflag(l, TERM_IUTF8) && (byte & 0xc0) == 0x80;
}

static uint8_t ring_at(const struct ldisc *l, uint32_t pos)
{
	return l->ring[pos & RING_MASK];
}

static bool is_marked(const struct ldisc *l, uint32_t pos)
{
	pos &= RING_MASK;
	return l->mark[pos / 8] >> (pos % 8) & 1;
}

static bool is_end_of_file(const struct ldisc *l, uint32_t pos)
{
	return is_marked(l, pos) && ring_at(l, pos) == 0;
}

static void append(struct ldisc *l, uint8_t byte, bool marked)
{
	uint32_t pos = l->tail++ & RING_MASK;
	uint8_t bit = (uint8_t)(1u << (pos % 8));

	l->ring[pos] = byte;
	if (marked)
		l->mark[pos / 8] |= bit;
	else
		l->mark[pos / 8] &= (uint8_t)~bit;
}

static uint32_t used(const struct ldisc *l)
{
	return l->tail - l->head;
}

/*
 * Output.
 */

static uint32_t column_after(const struct ldisc *l, uint32_t column,
			     uint8_t byte)
{
	if (byte == '\t')
		return (column / TAB_STOP + 1) * TAB_STOP;
	if (byte == '\r')
		return 0;
	if (byte == '\b')
		return column ? column - 1 : 0;
	if (is_control(byte) || is_continuation(l, byte))
		return column;
	return column + 1;
}

static void put_raw(struct ldisc *l, uint8_t byte)
{
	l->column = column_after(l, l->column, byte);
	l->put(l->ctx, byte);
}

static void output_byte(struct ldisc *l, uint8_t byte)
{
	if (oflag(l, TERM_OPOST)) {
		if (byte == '\n' && oflag(l, TERM_ONLCR))
			put_raw(l, '\r');
		else if (byte == '\r' && oflag(l, TERM_OCRNL))
			byte = '\n';
	}
	put_raw(l, byte);
}

void ldisc_output(struct ldisc *l, const void *src, size_t n)
{
	const uint8_t *p = src;

	while (n--)
		output_byte(l, *p++);
}

/*
 * Echo.
 */

static bool echoes_as_caret(const struct ldisc *l, uint8_t byte)
{
	return lflag(l, TERM_ECHOCTL) && is_control(byte) && byte != '\t';
}

/* Show a byte of a line as it was typed: ^X for control characters. */
static void show(struct ldisc *l, uint8_t byte)
{
	if (!echoes_as_caret(l, byte)) {
		output_byte(l, byte);
		return;
	}
	put_raw(l, '^');
	put_raw(l, byte ^ 0x40);
}

static void echo(struct ldisc *l, uint8_t byte)
{
	if (lflag(l, TERM_ECHO))
		show(l, byte);
}

static void echo_newline(struct ldisc *l)
{
	if (lflag(l, TERM_ECHO) || lflag(l, TERM_ECHONL))
		output_byte(l, '\n');
}

/* The column that the unfinished line reaches at position @end. */
static uint32_t line_width(const struct ldisc *l, uint32_t end)
{
	uint32_t column = l->line_column;
	uint32_t pos;

	for (pos = l->ready; pos != end; pos++) {
		uint8_t byte = ring_at(l, pos);

		column = echoes_as_caret(l, byte) ?
			 column + 2 : column_after(l, column, byte);
	}
	return column;
}

/*
 * Cut the unfinished line at @end, and on the terminal rub out what that
 * removes. Tabs are as wide as where they stand makes them.
 */
static void rub_out(struct ldisc *l, uint32_t end)
{
	uint32_t before = line_width(l, l->tail);
	uint32_t after = line_width(l, end);

	l->tail = end;
	for (; before > after; before--) {
		put_raw(l, '\b');
		put_raw(l, ' ');
		put_raw(l, '\b');
	}
}

/* Remove [@end, tail) of the line; the key was @byte. */
static void erase_to(struct ldisc *l, uint32_t end, uint8_t byte)
{
	if (end == l->tail)
		return;
	if (lflag(l, TERM_ECHO) && lflag(l, TERM_ECHOE)) {
		rub_out(l, end);
		return;
	}
	l->tail = end;
	echo(l, byte);
}

/*
 * Input.
 */

static uint32_t previous_character(const struct ldisc *l, uint32_t pos)
{
	while (pos != l->ready) {
		pos--;
		if (!is_continuation(l, ring_at(l, pos)))
			break;
	}
	return pos;
}

static bool is_word_byte(uint8_t byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
	       (byte >= 'A' && byte <= 'Z') || byte == '_' || byte >= 0x80;
}

/* Where the last word of the line begins, with what separates it. */
static uint32_t previous_word(const struct ldisc *l)
{
	uint32_t pos = l->tail;

	while (pos != l->ready && !is_word_byte(ring_at(l, pos - 1)))
		pos--;
	while (pos != l->ready && is_word_byte(ring_at(l, pos - 1)))
		pos--;
	return pos;
}

static void kill_line(struct ldisc *l, uint8_t byte)
{
	if (lflag(l, TERM_ECHO) && lflag(l, TERM_ECHOE) &&
	    lflag(l, TERM_ECHOKE) && l->tail - l->ready <= RUB_OUT_MAX) {
		rub_out(l, l->ready);
		return;
	}
	l->tail = l->ready;
	echo(l, byte);
	if (lflag(l, TERM_ECHO) && lflag(l, TERM_ECHOK))
		output_byte(l, '\n');
}

static void reprint_line(struct ldisc *l, uint8_t byte)
{
	uint32_t pos;

	echo(l, byte);
	echo_newline(l);
	l->line_column = l->column;
	for (pos = l->ready; pos != l->tail; pos++)
		echo(l, ring_at(l, pos));
}

/* The editing keys of canonical mode; false when @byte is none. */
static bool edit(struct ldisc *l, uint8_t byte)
{
	bool extended = lflag(l, TERM_IEXTEN);

	if (is_cc(l, byte, TERM_VERASE) ||
	    (byte == '\b' && l->termios.cc[TERM_VERASE]))
		erase_to(l, previous_character(l, l->tail), byte);
	else if (is_cc(l, byte, TERM_VKILL))
		kill_line(l, byte);
	else if (extended && is_cc(l, byte, TERM_VWERASE))
		erase_to(l, previous_word(l), byte);
	else if (extended && is_cc(l, byte, TERM_VREPRINT))
		reprint_line(l, byte);
	else
		return false;
	return true;
}

static unsigned int refuse(struct ldisc *l)
{
	put_raw(l, BELL);
	return LDISC_REFUSED;
}

static unsigned int finish_line(struct ldisc *l, uint8_t byte)
{
	if (used(l) == LDISC_SIZE)
		return refuse(l);
	append(l, byte, true);
	l->ready = l->tail;
	return LDISC_READABLE;
}

/* A byte that is data, whatever its value. */
static unsigned int accept(struct ldisc *l, uint8_t byte)
{
	bool canonical = lflag(l, TERM_ICANON);

	if (used(l) >= LDISC_SIZE - (canonical ? 1 : 0))
		return refuse(l);
	if (l->ready == l->tail)
		l->line_column = l->column;
	append(l, byte, false);
	if (!canonical)
		l->ready = l->tail;
	if (byte == '\n' && !canonical)
		echo_newline(l);
	else
		echo(l, byte);
	return canonical ? 0 : LDISC_READABLE;
}

static unsigned int input_canonical(struct ldisc *l, uint8_t byte)
{
	unsigned int result;

	if (edit(l, byte))
		return 0;
	if (is_cc(l, byte, TERM_VEOF))
		return finish_line(l, 0);
	if (byte == '\n') {
		result = finish_line(l, byte);
		if (!(result & LDISC_REFUSED))
			echo_newline(l);
		return result;
	}
	if (is_cc(l, byte, TERM_VEOL) ||
	    (lflag(l, TERM_IEXTEN) && is_cc(l, byte, TERM_VEOL2))) {
		result = finish_line(l, byte);
		if (!(result & LDISC_REFUSED))
			echo(l, byte);
		return result;
	}
	return accept(l, byte);
}

/* The signal that @byte asks for, as an LDISC_ flag, or 0. */
static unsigned int signal_of(const struct ldisc *l, uint8_t byte)
{
	if (!lflag(l, TERM_ISIG))
		return 0;
	if (is_cc(l, byte, TERM_VINTR))
		return LDISC_SIGINT;
	if (is_cc(l, byte, TERM_VQUIT))
		return LDISC_SIGQUIT;
	if (is_cc(l, byte, TERM_VSUSP))
		return LDISC_SIGTSTP;
	return 0;
}

static unsigned int start_output(struct ldisc *l)
{
	unsigned int result = l->stopped ? LDISC_STARTED : 0;

	l->stopped = false;
	return result;
}

static unsigned int input_signal(struct ldisc *l, uint8_t byte,
				 unsigned int signal)
{
	if (!lflag(l, TERM_NOFLSH))
		ldisc_flush_input(l);
	/* A program that ends must not wait for a key that lets it write. */
	if (iflag(l, TERM_IXON))
		signal |= start_output(l);
	echo(l, byte);
	return signal;
}

/* The byte is no control of flow. */
static unsigned int input_byte(struct ldisc *l, uint8_t byte)
{
	unsigned int signal = signal_of(l, byte);

	if (signal)
		return input_signal(l, byte, signal);
	if (byte == '\r') {
		if (iflag(l, TERM_IGNCR))
			return 0;
		if (iflag(l, TERM_ICRNL))
			byte = '\n';
	} else if (byte == '\n' && iflag(l, TERM_INLCR)) {
		byte = '\r';
	}
	if (!lflag(l, TERM_ICANON))
		return accept(l, byte);
	if (lflag(l, TERM_IEXTEN) && is_cc(l, byte, TERM_VLNEXT)) {
		l->literal = true;
		if (lflag(l, TERM_ECHO) && lflag(l, TERM_ECHOCTL)) {
			put_raw(l, '^');	/* until the byte is known */
			put_raw(l, '\b');
		}
		return 0;
	}
	return input_canonical(l, byte);
}

unsigned int ldisc_input(struct ldisc *l, uint8_t byte)
{
	unsigned int result = 0;

	if (iflag(l, TERM_ISTRIP))
		byte &= 0x7f;
	if (iflag(l, TERM_IXON) && iflag(l, TERM_IXANY))
		result = start_output(l);
	if (l->literal) {
		l->literal = false;
		return result | accept(l, byte);
	}
	if (iflag(l, TERM_IXON)) {
		if (is_cc(l, byte, TERM_VSTART))
			return result | start_output(l);
		if (is_cc(l, byte, TERM_VSTOP)) {
			l->stopped = true;
			return 0;
		}
	}
	return result | input_byte(l, byte);
}

/*
 * Reading and settings.
 */

bool ldisc_readable(const struct ldisc *l)
{
	return l->head != l->ready;
}

size_t ldisc_available(const struct ldisc *l)
{
	uint32_t pos;
	size_t n = 0;

	for (pos = l->head; pos != l->ready; pos++)
		n += !is_end_of_file(l, pos);
	return n;
}

int64_t ldisc_read(struct ldisc *l, void *dst, size_t n)
{
	bool canonical = lflag(l, TERM_ICANON);
	uint8_t *out = dst;
	size_t count = 0;

	if (n == 0)
		return 0;
	if (l->head == l->ready)
		return -EAGAIN;
	while (l->head != l->ready) {
		uint32_t pos = l->head;

		/*
		 * The end of file behind a partial line belongs to that line,
		 * even when the line just filled the buffer.
		 */
		if (is_end_of_file(l, pos)) {
			l->head++;
			break;
		}
		if (count == n)
			break;
		out[count++] = ring_at(l, pos);
		l->head++;
		if (canonical && is_marked(l, pos))
			break;
	}
	return (int64_t)count;
}

void ldisc_flush_input(struct ldisc *l)
{
	l->head = l->tail;
	l->ready = l->tail;
	l->literal = false;
}

unsigned int ldisc_set_termios(struct ldisc *l, const struct tty_termios *t,
			       bool flush)
{
	bool was_readable = ldisc_readable(l);
	unsigned int result = 0;

	l->termios = *t;
	if (flush)
		ldisc_flush_input(l);
	if (!lflag(l, TERM_ICANON)) {
		l->literal = false;
		l->ready = l->tail;
	}
	if (!iflag(l, TERM_IXON))
		result = start_output(l);
	if (!was_readable && ldisc_readable(l))
		result |= LDISC_READABLE;
	return result;
}

void ldisc_init(struct ldisc *l, ldisc_put *put, void *ctx)
{
	memset(l, 0, sizeof(*l));
	l->termios = fresh;
	l->put = put;
	l->ctx = ctx;
}
