// SPDX-License-Identifier: MIT
/*
 * The formatter behind every text that the kernel makes; see printf.h.
 *
 * One pass over the format: parse a conversion into a struct spec, produce
 * the digits backwards in a local buffer, and emit sign, padding and digits
 * through put(), the only place that touches the caller's buffer.
 */
#include "lib/printf.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/string.h"

#define DIGITS_MAX 22		/* 2^64 - 1 in octal */

struct out {
	char *buf;
	size_t size;
	size_t len;		/* what the whole text needs so far */
};

struct spec {
	bool left;		/* - */
	bool zero;		/* 0 */
	bool plus;		/* + */
	bool space;
	bool prefix;		/* # */
	int width;
	int precision;		/* -1: not given */
	int size;		/* bytes of the argument of %d, %u, ... */
	char conv;
};

static void put(struct out *o, char c)
{
	if (o->size && o->len < o->size - 1)
		o->buf[o->len] = c;
	o->len++;
}

/*
 * A width of INT_MAX must not keep the CPU for a second: beyond the buffer
 * only the count matters.
 */
static void put_run(struct out *o, char c, int n)
{
	for (; n > 0; n--) {
		if (!o->size || o->len >= o->size - 1) {
			o->len += (size_t)n;
			return;
		}
		put(o, c);
	}
}

static void put_bytes(struct out *o, const char *s, size_t n)
{
	while (n--)
		put(o, *s++);
}

static void put_padded(struct out *o, const struct spec *sp, const char *s,
		       size_t n)
{
	int pad = 0;

	if (sp->width > 0 && n < (size_t)sp->width)
		pad = sp->width - (int)n;
	if (!sp->left)
		put_run(o, ' ', pad);
	put_bytes(o, s, n);
	if (sp->left)
		put_run(o, ' ', pad);
}

static void put_string(struct out *o, const struct spec *sp, const char *s)
{
	if (!s)
		s = "(null)";
	put_padded(o, sp, s, sp->precision < 0 ?
		   strlen(s) : strnlen(s, (size_t)sp->precision));
}

/* Sign or 0x, zeros, digits, padded to the width. */
static void put_number(struct out *o, const struct spec *sp,
		       const char *prefix, uint64_t value, unsigned int base)
{
	const char *set = sp->conv == 'X' ? "0123456789ABCDEF" :
					    "0123456789abcdef";
	char digits[DIGITS_MAX];
	int count = 0;
	int before = (int)strlen(prefix);
	int zeros;
	int pad;

	for (; value; value /= base)
		digits[count++] = set[value % base];
	zeros = (sp->precision < 0 ? 1 : sp->precision) - count;
	if (base == 8 && sp->prefix && zeros <= 0)
		zeros = 1;
	if (zeros < 0)
		zeros = 0;
	pad = sp->width - before - count;
	pad = pad > zeros ? pad - zeros : 0;
	if (sp->zero && !sp->left && sp->precision < 0) {
		zeros += pad;
		pad = 0;
	}

	if (!sp->left)
		put_run(o, ' ', pad);
	put_bytes(o, prefix, (size_t)before);
	put_run(o, '0', zeros);
	while (count)
		put(o, digits[--count]);
	if (sp->left)
		put_run(o, ' ', pad);
}

static void put_signed(struct out *o, const struct spec *sp, int64_t value)
{
	uint64_t magnitude = (uint64_t)value;
	const char *sign = sp->plus ? "+" : sp->space ? " " : "";

	if (value < 0) {
		magnitude = 0 - magnitude;
		sign = "-";
	}
	put_number(o, sp, sign, magnitude, 10);
}

static void put_unsigned(struct out *o, const struct spec *sp, uint64_t value)
{
	const char *prefix = "";

	if (sp->conv == 'o') {
		put_number(o, sp, prefix, value, 8);
	} else if (sp->conv == 'u') {
		put_number(o, sp, prefix, value, 10);
	} else {
		if (sp->prefix && value)
			prefix = sp->conv == 'X' ? "0X" : "0x";
		put_number(o, sp, prefix, value, 16);
	}
}

static const char *parse_flags(struct spec *sp, const char *p)
{
	for (;; p++) {
		if (*p == '-')
			sp->left = true;
		else if (*p == '0')
			sp->zero = true;
		else if (*p == '+')
			sp->plus = true;
		else if (*p == ' ')
			sp->space = true;
		else if (*p == '#')
			sp->prefix = true;
		else
			return p;
	}
}

/* A decimal number; one that is too large counts as INT_MAX. */
static const char *parse_number(const char *p, int *value)
{
	int n = 0;

	for (; *p >= '0' && *p <= '9'; p++) {
		int digit = *p - '0';

		n = n > (INT_MAX - digit) / 10 ? INT_MAX : n * 10 + digit;
	}
	*value = n;
	return p;
}

static const char *parse_length(struct spec *sp, const char *p)
{
	sp->size = sizeof(int);
	if (*p == 'h') {
		sp->size = sizeof(short);
		if (*++p == 'h') {
			sp->size = sizeof(char);
			p++;
		}
	} else if (*p == 'l') {
		sp->size = sizeof(long);
		if (*++p == 'l') {
			sp->size = sizeof(long long);
			p++;
		}
	} else if (*p == 'z') {
		sp->size = sizeof(size_t);
		p++;
	} else if (*p == 'j') {
		sp->size = sizeof(intmax_t);
		p++;
	} else if (*p == 't') {
		sp->size = sizeof(ptrdiff_t);
		p++;
	}
	return p;
}

static int64_t narrow_signed(const struct spec *sp, int64_t value)
{
	if (sp->size == sizeof(char))
		return (signed char)value;
	if (sp->size == sizeof(short))
		return (short)value;
	return value;
}

static uint64_t narrow_unsigned(const struct spec *sp, uint64_t value)
{
	if (sp->size == sizeof(char))
		return (unsigned char)value;
	if (sp->size == sizeof(short))
		return (unsigned short)value;
	return value;
}

/*
 * An argument list, in a struct because a va_list that is an array (as on
 * the hosts that test this) cannot be passed on by address otherwise.
 */
struct arguments {
	va_list list;
};

static uint64_t next_unsigned(const struct spec *sp, struct arguments *args)
{
	if (sp->size == sizeof(uint64_t))
		return va_arg(args->list, uint64_t);
	return narrow_unsigned(sp, va_arg(args->list, unsigned int));
}

static int64_t next_signed(const struct spec *sp, struct arguments *args)
{
	if (sp->size == sizeof(int64_t))
		return va_arg(args->list, int64_t);
	return narrow_signed(sp, va_arg(args->list, int));
}

static const char *parse_spec(struct spec *sp, const char *p,
			      struct arguments *args)
{
	*sp = (struct spec){ .precision = -1 };
	p = parse_flags(sp, p);
	if (*p == '*') {
		sp->width = va_arg(args->list, int);
		if (sp->width < 0) {
			sp->left = true;
			sp->width = sp->width == INT_MIN ? 0 : -sp->width;
		}
		p++;
	} else {
		p = parse_number(p, &sp->width);
	}
	if (*p == '.') {
		p++;
		if (*p == '*') {
			sp->precision = va_arg(args->list, int);
			if (sp->precision < 0)
				sp->precision = -1;
			p++;
		} else {
			p = parse_number(p, &sp->precision);
		}
	}
	p = parse_length(sp, p);
	sp->conv = *p;
	return p;
}

/* False when the conversion is unknown. */
static bool convert(struct out *o, struct spec *sp, struct arguments *args)
{
	char c;

	switch (sp->conv) {
	case 'd':
	case 'i':
		put_signed(o, sp, next_signed(sp, args));
		return true;
	case 'u':
	case 'x':
	case 'X':
	case 'o':
		put_unsigned(o, sp, next_unsigned(sp, args));
		return true;
	case 'p':
		sp->size = sizeof(void *);
		put_number(o, sp, "0x",
			   (uintptr_t)va_arg(args->list, void *), 16);
		return true;
	case 's':
		put_string(o, sp, va_arg(args->list, const char *));
		return true;
	case 'c':
		c = (char)va_arg(args->list, int);
		put_padded(o, sp, &c, 1);
		return true;
	case '%':
		put(o, '%');
		return true;
	default:
		return false;
	}
}

int format_v(char *buf, size_t size, const char *fmt, va_list args)
{
	struct out o = { .buf = buf, .size = size };
	struct arguments copy;
	struct spec sp;
	const char *p;
	const char *end;

	va_copy(copy.list, args);
	for (p = fmt; *p; p++) {
		if (*p != '%') {
			put(&o, *p);
			continue;
		}
		end = parse_spec(&sp, p + 1, &copy);
		if (convert(&o, &sp, &copy)) {
			p = end;
			continue;
		}
		put(&o, '%');	/* the rest follows as ordinary text */
	}
	va_end(copy.list);
	if (size)
		buf[o.len < size ? o.len : size - 1] = '\0';
	return o.len > INT_MAX ? INT_MAX : (int)o.len;
}

int format(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = format_v(buf, size, fmt, args);
	va_end(args);
	return len;
}
