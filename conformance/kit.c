// SPDX-License-Identifier: MIT
/* System calls and results for all programs of the kit; see kit.h. */
#include "kit.h"

#include <stdarg.h>

#include "pattern.h"

enum { STDOUT = 1, LINE = 160, SHOWN = 4, SPINS = 2000000 };

/* Compilers make calls of these where there are none in the source. */
void *memset(void *to, int byte, size_t size);
void *memcpy(void *to, const void *from, size_t size);

void *memset(void *to, int byte, size_t size)
{
	char *p = to;

	while (size-- > 0)
		*p++ = (char)byte;
	return to;
}

void *memcpy(void *to, const void *from, size_t size)
{
	const char *q = from;
	char *p = to;

	while (size-- > 0)
		*p++ = *q++;
	return to;
}

static int results, failures;

long kit_call1(long number, long a)
{
	return kit_call(number, a, 0, 0, 0, 0, 0);
}

void kit_yield(void)
{
	kit_call1(NR_SCHED_YIELD, 0);
}

/* ---- lines ---- */

struct line {
	unsigned int used;
	char text[LINE];
};

static void add_char(struct line *line, char c)
{
	if (line->used < LINE)
		line->text[line->used++] = c;
}

static void add_string(struct line *line, const char *s)
{
	while (*s)
		add_char(line, *s++);
}

static void add_hex(struct line *line, uint64_t value)
{
	for (int shift = 60; shift >= 0; shift -= 4)
		add_char(line, "0123456789abcdef"[value >> shift & 15]);
}

static void add_decimal(struct line *line, long value)
{
	uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
	char digits[20];
	int n = 0;

	if (value < 0)
		add_char(line, '-');
	do
		digits[n++] = (char)('0' + rest % 10);
	while ((rest /= 10) != 0);
	while (n > 0)
		add_char(line, digits[--n]);
}

static void add_format(struct line *line, const char *format, va_list args)
{
	for (; *format; format++) {
		if (*format != '%') {
			add_char(line, *format);
			continue;
		}
		do
			format++;
		while (*format == 'l' || (*format >= '0' && *format <= '9'));
		if (*format == 's')
			add_string(line, va_arg(args, const char *));
		else if (*format == 'x')
			add_hex(line, va_arg(args, unsigned long));
		else
			add_decimal(line, va_arg(args, long));
	}
}

/* One write; more only if the kernel takes less than it is given. */
static void put(struct line *line)
{
	unsigned int done = 0;

	if (line->used == LINE)
		line->used--;
	add_char(line, '\n');
	while (done < line->used) {
		long n = kit_call(NR_WRITE, STDOUT, (long)(line->text + done),
				  line->used - done, 0, 0, 0);

		if (n <= 0)
			return;
		done += (unsigned int)n;
	}
}

void kit_note(const char *format, ...)
{
	struct line line;
	va_list args;

	line.used = 0;
	add_string(&line, "# ");
	add_string(&line, kit_name);
	add_string(&line, ": ");
	va_start(args, format);
	add_format(&line, format, args);
	va_end(args);
	put(&line);
}

void kit_plan(int count)
{
	struct line line;

	line.used = 0;
	add_string(&line, "1..");
	add_decimal(&line, count);
	add_string(&line, " # ");
	add_string(&line, kit_name);
	put(&line);
}

static void begin_result(struct line *line, bool passed)
{
	line->used = 0;
	add_string(line, passed ? "ok " : "not ok ");
	add_decimal(line, ++results);
	add_string(line, " - ");
	add_string(line, kit_name);
	add_string(line, ": ");
}

bool kit_ok(bool passed, const char *format, ...)
{
	struct line line;
	va_list args;

	if (!passed)
		failures++;
	begin_result(&line, passed);
	va_start(args, format);
	add_format(&line, format, args);
	va_end(args);
	put(&line);
	return passed;
}

void kit_skip(const char *why, const char *what)
{
	struct line line;

	begin_result(&line, true);
	add_string(&line, what);
	add_string(&line, " # SKIP ");
	add_string(&line, why);
	put(&line);
}

int kit_status(void)
{
	return failures ? 1 : 0;
}

void kit_exit(int status)
{
	kit_call1(NR_EXIT, status);
	/* summary.py knows this note. */
	kit_note("exit came back");
	for (;;) {
		kit_call1(NR_EXIT_GROUP, status);
		kit_yield();	/* the others have yet to end */
	}
}

/* ---- windows ---- */

static void note_origin(uint64_t value)
{
	char name[PATTERN_NAME];
	struct pattern_origin of;

	if (!pattern_origin(value, &of))
		return;
	pattern_name(of.reg, name);
	kit_note("  that is %s of %ld, generation %ld", name,
		 (long)of.identity, (long)of.generation);
}

/* A call that fails, or is not there, has lost no register. */
static void note_result(const char *over, const struct kit_svc *svc,
			long result)
{
	kit_note("%s: call %ld returned %ld, not %ld%s", over, svc->number,
		 result, svc->result,
		 result == -KIT_ENOSYS ? ": is it there?" : "");
	note_origin((uint64_t)result);
}

static void note_register(uint64_t generation, const char *over,
			  const struct pattern_regs *want,
			  const struct pattern_regs *got, int reg)
{
	char name[PATTERN_NAME];
	uint64_t value[2];

	pattern_name(reg, name);
	pattern_values(want, got, reg, value);
	kit_note("%s is wrong over %s, generation %ld", name, over,
		 (long)generation);
	kit_note("  expected %016lx, found %016lx", value[0], value[1]);
	note_origin(value[1]);
}

static bool compare(uint64_t generation, const char *over,
		    const struct pattern_regs *want,
		    const struct pattern_regs *got)
{
	int reg = pattern_differs(want, got, PATTERN_FIRST), n = 0;

	for (; reg < PATTERN_END; reg = pattern_differs(want, got, reg + 1))
		if (n++ < SHOWN)
			note_register(generation, over, want, got, reg);
	if (n > SHOWN)
		kit_note("and %ld more", (long)(n - SHOWN));
	return n == 0;
}

bool kit_window(uint64_t identity, uint64_t generation, unsigned int op,
		const struct kit_svc *svc, const char *over)
{
	struct pattern_regs want, got;
	bool returned = true;

	pattern_fill(&want, identity, generation);
	if (svc) {
		want.x[8] = (uint64_t)svc->number;
		for (int i = 0; i < 4; i++)
			want.x[i] = (uint64_t)svc->arg[i];
	} else if (op == OP_SPIN_X0 || op == OP_SPIN_X30) {
		want.x[op == OP_SPIN_X30 ? 30 : 0] = SPINS;
	}
	pattern_window(&want, &got, op);
	if (svc) {
		want.x[0] = got.x[0];
		returned = got.x[0] == (uint64_t)svc->result;
		if (!returned)
			note_result(over, svc, (long)got.x[0]);
	} else if (op == OP_SPIN_X0 || op == OP_SPIN_X30) {
		want.x[op == OP_SPIN_X30 ? 30 : 0] = 0;
	}
	return compare(generation, over, &want, &got) && returned;
}

bool kit_spin(uint64_t identity, uint64_t generation)
{
	/* What counts is no pattern: they take turns. */
	return kit_window(identity, generation,
			  generation % 2 ? OP_SPIN_X30 : OP_SPIN_X0, NULL,
			  "a loop");
}

bool kit_yields(uint64_t identity, uint64_t generation)
{
	static const struct kit_svc yield = { .number = NR_SCHED_YIELD };

	return kit_window(identity, generation, OP_SVC, &yield,
			  "sched_yield");
}

/*
 * Does the comparison find @reg if it, and nothing else, is changed? If not, it
 * may be the kernel that changes another meanwhile.
 */
static bool finds(int reg)
{
	struct pattern_regs want, got;
	char name[PATTERN_NAME];
	int found;

	pattern_fill(&want, kit_identity, (uint64_t)reg);
	pattern_window(&want, &got, (unsigned int)reg);
	found = pattern_differs(&want, &got, PATTERN_FIRST);
	if (found == reg) {
		found = pattern_differs(&want, &got, reg + 1);
		if (found == PATTERN_END)
			return true;
	}
	pattern_name(reg, name);
	if (found == PATTERN_END) {
		kit_note("a change of %s is not found", name);
		return false;
	}
	kit_note("nothing but %s is changed, and another is found:", name);
	note_register((uint64_t)reg, "that", &want, &got, found);
	return false;
}

void kit_check_checker(void)
{
	int reg = PATTERN_FIRST;

	while (reg <= OP_CORRUPT_TPIDR && (!pattern_has(reg) || finds(reg)))
		reg++;
	kit_ok(reg > OP_CORRUPT_TPIDR, "a change of any register is found");
}

/* ---- processes ---- */

long kit_fork(void)
{
	return kit_call1(NR_CLONE, KIT_SIGCHLD);
}

int kit_wait(long pid)
{
	int status = 0;

	if (kit_call(NR_WAIT4, pid, (long)&status, 0, 0, 0, 0) != pid)
		return -1;
	return status;
}
