// SPDX-License-Identifier: MIT
/*
 * Arm semihosting (Arm 100863), and on top of it the protocol between the
 * kernel and ./run (tools/run.py):
 *
 *   - ":tt" opened for writing is the program's standard output, opened for
 *     appending its standard error;
 *   - standard input comes as files stdin.0, stdin.1, ... in QEMU's working
 *     directory. Each is complete when it appears and is removed when it has
 *     been read, which lets ./run write more; an empty one is the end;
 *   - the file "status" has one line that says how the machine ended;
 *   - a traced kernel writes files trace.0, trace.1, ... (trace/trace.c).
 *
 * Called by dev/hostdev.c for programs and dev/power.c at the end.
 */
#include "dev/host.h"

#include <weft/config.h>

#include "lib/errno.h"
#include "lib/lock.h"
#include "lib/printf.h"
#include "lib/string.h"

enum {
	SYS_OPEN = 0x01,
	SYS_CLOSE = 0x02,
	SYS_WRITE = 0x05,
	SYS_READ = 0x06,
	SYS_FLEN = 0x0c,
	SYS_REMOVE = 0x0e,
	SYS_ERRNO = 0x13,
	SYS_EXIT_EXTENDED = 0x20,
};

enum {
	MODE_READ = 1,		/* "rb" */
	MODE_WRITE = 4,		/* "w" */
	MODE_WRITE_BINARY = 5,	/* "wb" */
	MODE_APPEND = 8,	/* "a" */
};

#define EXIT_APPLICATION	UINT64_C(0x20026)
#define NO_HANDLE		HOST_NO_FILE

static bool present;
static int64_t output[2];	/* by enum host_stream; set once */

static struct spinlock lock = SPINLOCK_INIT(RANK_UART, "host");
/* lock */
static struct {
	char name[24];		/* of the open file, to remove it */
	uint32_t number;	/* of the open file, or the next one */
	int64_t handle;
	uint64_t left;		/* bytes of it not yet read */
	bool ended;
} input = { .handle = NO_HANDLE };

/* One call: QEMU reads and writes the memory that @block points to. */
static int64_t call(uint64_t operation, const void *block)
{
	register uint64_t x0 __asm__("x0") = operation;
	register uint64_t x1 __asm__("x1") = (uintptr_t)block;

	__asm__ volatile("hlt #0xf000" : "+r"(x0) : "r"(x1) : "memory");
	return (int64_t)x0;
}

static int64_t open_file(const char *name, uint64_t mode)
{
	uint64_t block[3] = { (uintptr_t)name, mode, strlen(name) };

	return call(SYS_OPEN, block);
}

static void close_file(int64_t handle)
{
	uint64_t block[1] = { (uint64_t)handle };

	call(SYS_CLOSE, block);
}

static void remove_file(const char *name)
{
	uint64_t block[2] = { (uintptr_t)name, strlen(name) };

	call(SYS_REMOVE, block);
}

/* SYS_READ and SYS_WRITE: how many bytes were done of @len. */
static size_t transfer(uint64_t operation, int64_t handle, uintptr_t data,
		       size_t len)
{
	uint64_t block[3] = { (uint64_t)handle, data, len };
	int64_t undone = call(operation, block);

	return undone < 0 || (uint64_t)undone > len ? 0 : len - (size_t)undone;
}

static size_t write_all(int64_t handle, const char *data, size_t len)
{
	size_t done = 0;

	while (done < len) {
		size_t n = transfer(SYS_WRITE, handle,
				    (uintptr_t)(data + done), len - done);

		if (n == 0)
			break;
		done += n;
	}
	return done;
}

void host_init(bool there)
{
	if (!there)
		return;
	output[HOST_OUT] = open_file(":tt", MODE_WRITE);
	output[HOST_ERR] = open_file(":tt", MODE_APPEND);
	present = true;
}

bool host_probe(void)
{
	register uint64_t x0 __asm__("x0") = SYS_ERRNO;
	register uint64_t x1 __asm__("x1") = 0;
	uint32_t answered;

	__asm__ volatile("	mov	%w2, #0\n"
			 "1:	hlt	#0xf000\n"
			 "	mov	%w2, #1\n"
			 "2:\n"
			 "	.pushsection .weft_extable, \"a\"\n"
			 "	.balign	4\n"
			 "	.long	(1b - .), (2b - .)\n"
			 "	.popsection\n"
			 : "+r"(x0), "+r"(x1), "=&r"(answered) :: "memory");
	return answered;
}

bool host_present(void)
{
	return present;
}

long host_write(enum host_stream stream, const void *data, size_t len)
{
	uint64_t daif;
	size_t done;

	if (!present || output[stream] == NO_HANDLE)
		return -EIO;
	daif = spin_lock_irqsave(&lock);
	done = write_all(output[stream], data, len);
	spin_unlock_irqrestore(&lock, daif);
	return done == 0 && len > 0 ? -EPIPE : (long)done;
}

/* Open the next file: 0, -EAGAIN, or -EIO. The end is an empty one. */
static int input_open(void)
{
	uint64_t block[1];
	int64_t size;

	format(input.name, sizeof(input.name), "stdin.%u", input.number);
	input.handle = open_file(input.name, MODE_READ);
	if (input.handle == NO_HANDLE)
		return -EAGAIN;
	block[0] = (uint64_t)input.handle;
	size = call(SYS_FLEN, block);
	if (size > 0) {
		input.left = (uint64_t)size;
		return 0;
	}
	close_file(input.handle);
	input.handle = NO_HANDLE;
	if (size < 0)
		return -EIO;
	input.ended = true;
	return 0;
}

static void input_close(void)
{
	close_file(input.handle);
	input.handle = NO_HANDLE;
	remove_file(input.name);
	input.number++;
}

static long input_read(void *data, size_t len)
{
	size_t n;

	if (input.handle == NO_HANDLE && !input.ended) {
		int err = input_open();

		if (err < 0)
			return err;
	}
	if (input.ended)
		return 0;

	n = transfer(SYS_READ, input.handle, (uintptr_t)data,
		     len < input.left ? len : input.left);
	if (n == 0)
		return -EIO;
	input.left -= n;
	if (input.left == 0)
		input_close();
	return (long)n;
}

long host_read(void *data, size_t len)
{
	uint64_t daif;
	long n;

	if (!present)
		return -EIO;
	if (len == 0)
		return 0;
	daif = spin_lock_irqsave(&lock);
	n = input_read(data, len);
	spin_unlock_irqrestore(&lock, daif);
	return n;
}

bool host_readable(void)
{
	uint64_t daif;
	bool readable = true;

	if (!present)
		return true;
	daif = spin_lock_irqsave(&lock);
	if (input.handle == NO_HANDLE && !input.ended)
		readable = input_open() != -EAGAIN;
	spin_unlock_irqrestore(&lock, daif);
	return readable;
}

void host_status(const char *line)
{
	char text[160];
	size_t len, i;
	int64_t handle;

	if (!present)
		return;
	len = strlcpy(text, line, sizeof(text) - 1);
	if (len > sizeof(text) - 2)
		len = sizeof(text) - 2;
	for (i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			text[i] = '?';
	text[len++] = '\n';

	handle = open_file("status", MODE_WRITE_BINARY);
	if (handle == NO_HANDLE)
		return;		/* ./run takes a missing status as failure */
	write_all(handle, text, len);
	close_file(handle);
}

#if WEFT_TRACE
int64_t host_create(const char *name)
{
	return open_file(name, MODE_WRITE_BINARY);
}

size_t host_append(int64_t file, const void *data, size_t len)
{
	return write_all(file, data, len);
}

void host_complain(const char *text)
{
	if (present && output[HOST_ERR] != NO_HANDLE)
		write_all(output[HOST_ERR], text, strlen(text));
}
#endif

void host_exit(int code)
{
	uint64_t block[2] = { EXIT_APPLICATION, (uint64_t)code };

	if (present)
		call(SYS_EXIT_EXTENDED, block);
}
