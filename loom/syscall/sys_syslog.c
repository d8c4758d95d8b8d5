// SPDX-License-Identifier: MIT
/*
 * syslog(2), which dmesg uses: the kernel's messages. They are given as
 * Linux does, each line with its priority, which is the same for all. To wait
 * for the next message is not offered.
 */
#include "lib/errno.h"
#include "lib/log.h"
#include "lib/string.h"
#include "mm/kmem.h"
#include "mm/user.h"
#include "syscall/sys_system.h"
#include "syscall/syscall.h"

/* Actions */
enum {
	LOG_CLOSE = 0,
	LOG_OPEN = 1,
	LOG_READ = 2,
	LOG_READ_ALL = 3,
	LOG_READ_CLEAR = 4,
	LOG_CLEAR = 5,
	LOG_CONSOLE_OFF = 6,
	LOG_CONSOLE_ON = 7,
	LOG_CONSOLE_LEVEL = 8,
	LOG_SIZE_UNREAD = 9,
	LOG_SIZE_BUFFER = 10,
};

#define PRIORITY	"<6>"

/* Messages before this are no longer shown; atomic. */
static uint64_t cleared;

/* The start of the last of the lines before @end. */
static const char *line_before(const char *text, const char *end)
{
	for (end--; end > text && end[-1] != '\n'; end--)
		;
	return end;
}

/*
 * Of the lines in [text, end), the last that take @len bytes at most when
 * each has its priority: where they begin.
 */
static const char *last_lines(const char *text, const char *end, size_t len)
{
	const char *start = end;

	while (start > text) {
		const char *line = line_before(text, start);
		size_t size = (size_t)(start - line) + strlen(PRIORITY);

		if (size > len)
			break;
		len -= size;
		start = line;
	}
	return start;
}

/* Bytes written, or -EFAULT. */
static long give_lines(uint64_t buf, const char *text, const char *end)
{
	const uint64_t start = buf;

	while (text < end) {
		const char *line = memchr(text, '\n', (size_t)(end - text));
		size_t n = line ? (size_t)(line - text) + 1 :
				  (size_t)(end - text);

		if (copy_to_user(buf, PRIORITY, strlen(PRIORITY)) ||
		    copy_to_user(buf + strlen(PRIORITY), text, n))
			return -EFAULT;
		buf += strlen(PRIORITY) + n;
		text += n;
	}
	return (long)(buf - start);
}

/* All that is kept and was not cleared, as far as it fits: the newest. */
static long read_all(uint64_t buf, size_t len)
{
	uint64_t pos = __atomic_load_n(&cleared, __ATOMIC_RELAXED);
	char *text = kmalloc(LOG_RING_SIZE);
	size_t n;
	long result;

	if (!text)
		return -ENOMEM;
	n = klog_read(pos, text, LOG_RING_SIZE, &pos);
	result = give_lines(buf, last_lines(text, text + n, len), text + n);
	kfree(text);
	return result;
}

static void clear(void)
{
	__atomic_store_n(&cleared, klog_end(), __ATOMIC_RELAXED);
}

/* syslog(action, buf, len) */
long sys_syslog(const uint64_t arg[6])
{
	int action = (int)arg[0], len = (int)arg[2];
	long n;

	switch (action) {
	case LOG_READ_ALL:
	case LOG_READ_CLEAR:
		if (!arg[1] || len < 0)
			return -EINVAL;
		n = len ? read_all(arg[1], (size_t)len) : 0;
		if (n >= 0 && action == LOG_READ_CLEAR)
			clear();
		return n;
	case LOG_CLEAR:
		clear();
		return 0;
	case LOG_SIZE_BUFFER:
		return 2 * LOG_RING_SIZE;	/* with the priorities */
	case LOG_CLOSE:
	case LOG_OPEN:
		return 0;
	case LOG_READ:
	case LOG_SIZE_UNREAD:
	case LOG_CONSOLE_OFF:
	case LOG_CONSOLE_ON:
	case LOG_CONSOLE_LEVEL:
		return syscall_part_missing(PART_SYSLOG);
	default:
		return -EINVAL;
	}
}
