// SPDX-License-Identifier: MIT
/*
 * Pipes: without waiting through the system calls, with waiting between
 * threads that each stand for a process.
 */
#include <pthread.h>
#include <string.h>

#include "fs/pipe.h"
#include "rig.h"
#include "signal/signal.h"

enum { CAPACITY = 65536, ATOMIC = 4096 };

static void open_pipe(int fd[2], uint64_t flags)
{
	assert_int_equal(CALL(pipe2, U(fd), flags), 0);
}

static void test_bytes_and_ends(void **state)
{
	struct arm64_stat st;
	uint32_t waiting = 0;
	char buf[16];
	int fd[2];

	(void)state;
	open_pipe(fd, 0);
	assert_int_equal(WRITE(fd[1], "hello", 5), 5);
	assert_int_equal(CALL(ioctl, (uint64_t)fd[0], 0x541b, U(&waiting)), 0);
	assert_int_equal(waiting, 5);
	assert_int_equal(READ(fd[0], buf, 3), 3);
	assert_int_equal(READ(fd[0], buf + 3, 9), 2);
	assert_memory_equal(buf, "hello", 5);
	assert_int_equal(READ(fd[0], buf, 0), 0);
	assert_int_equal(READ(fd[1], buf, 1), -EBADF);
	assert_int_equal(WRITE(fd[0], buf, 1), -EBADF);
	assert_int_equal(SEEK(fd[0], 0, 0), -ESPIPE);
	assert_int_equal(CALL(pread64, (uint64_t)fd[0], U(buf), 1, 0), -ESPIPE);
	assert_int_equal(CALL(ftruncate, (uint64_t)fd[1], 0), -EINVAL);
	assert_int_equal(CALL(fsync, (uint64_t)fd[1]), -EINVAL);
	assert_int_equal(CALL(fstat, (uint64_t)fd[0], U(&st)), 0);
	assert_int_equal(st.mode, 010600);
	assert_int_equal(WRITE(fd[1], "end", 3), 3);
	CLOSE(fd[1]);
	assert_int_equal(READ(fd[0], buf, 9), 3);
	assert_int_equal(READ(fd[0], buf, 9), 0);
	CLOSE(fd[0]);
}

static void test_nobody_reads(void **state)
{
	int fd[2];

	(void)state;
	open_pipe(fd, 0);
	CLOSE(fd[0]);
	assert_int_equal(WRITE(fd[1], "x", 0), 0);
	assert_int_equal(shim_sent_signal(), 0);
	assert_int_equal(WRITE(fd[1], "x", 1), -EPIPE);
	assert_int_equal(shim_sent_signal(), SIGPIPE);
	CLOSE(fd[1]);
}

static void test_second_writer_keeps_it_open(void **state)
{
	char buf[4];
	int fd[2];
	long copy;

	(void)state;
	open_pipe(fd, FILE_NONBLOCK);
	copy = CALL(dup, (uint64_t)fd[1]);
	CLOSE(fd[1]);
	assert_int_equal(READ(fd[0], buf, 4), -EAGAIN);
	CLOSE(copy);
	assert_int_equal(READ(fd[0], buf, 4), 0);
	CLOSE(fd[0]);
}

static void test_full(void **state)
{
	char *buf = calloc(1, CAPACITY + 1);
	unsigned pages = shim_pages();
	int fd[2];

	(void)state;
	open_pipe(fd, FILE_NONBLOCK);
	assert_int_equal(shim_pages(), pages);
	assert_int_equal(WRITE(fd[1], buf, 10), 10);
	assert_int_equal(shim_pages(), pages + 1);
	assert_int_equal(WRITE(fd[1], buf, CAPACITY), CAPACITY - 10);
	assert_int_equal(WRITE(fd[1], buf, 1), -EAGAIN);
	/* What is small enough goes whole or not at all. */
	assert_int_equal(READ(fd[0], buf, ATOMIC - 1), ATOMIC - 1);
	assert_int_equal(WRITE(fd[1], buf, ATOMIC), -EAGAIN);
	assert_int_equal(WRITE(fd[1], buf, ATOMIC + 1), ATOMIC - 1);
	assert_int_equal(READ(fd[0], buf, ATOMIC), ATOMIC);
	assert_int_equal(WRITE(fd[1], buf, ATOMIC), ATOMIC);
	assert_int_equal(READ(fd[0], buf, CAPACITY + 1), CAPACITY);
	CLOSE(fd[0]);
	CLOSE(fd[1]);
	free(buf);
}

/* A pipe that is emptied each time uses one page for ever. */
static void test_little_uses_little(void **state)
{
	unsigned pages = shim_pages();
	char buf[100] = "";
	int fd[2];

	(void)state;
	open_pipe(fd, 0);
	for (int i = 0; i < 2000; i++) {
		assert_int_equal(WRITE(fd[1], buf, 100), 100);
		assert_int_equal(READ(fd[0], buf, 100), 100);
	}
	assert_int_equal(shim_pages(), pages + 1);
	CLOSE(fd[0]);
	CLOSE(fd[1]);
}

static unsigned char byte_at(size_t pos)
{
	return (unsigned char)(pos * 167 >> 3);
}

static void test_order_random(void **state)
{
	uint64_t seed = check_seed(0x9e3779b9), random = seed;
	unsigned char *buf = malloc(CAPACITY);
	size_t in = 0, out = 0;
	int fd[2];

	(void)state;
	print_message("# seed %llu\n", (unsigned long long)seed);
	open_pipe(fd, FILE_NONBLOCK);
	for (int i = 0; i < 4000; i++) {
		size_t len = check_below(&random, i % 2 ? 20000 : 50) + 1;
		long n;

		if (check_below(&random, 2)) {
			for (size_t j = 0; j < len; j++)
				buf[j] = byte_at(in + j);
			n = WRITE(fd[1], buf, len);
			assert_true(n > 0 || n == -EAGAIN);
			in += n > 0 ? (size_t)n : 0;
		} else {
			n = READ(fd[0], buf, len);
			assert_true(n > 0 || (n == -EAGAIN && in == out));
			for (long j = 0; j < n; j++)
				assert_int_equal(buf[j], byte_at(out +
								 (size_t)j));
			out += n > 0 ? (size_t)n : 0;
		}
		assert_true(in - out <= CAPACITY);
	}
	CLOSE(fd[0]);
	CLOSE(fd[1]);
	free(buf);
}

static void test_vectors(void **state)
{
	char a[4] = "abc", b[8] = "defgh", out[16];
	struct io_vector iov[] = {
		{ U(a), 3 }, { U(a), 0 }, { U(b), 5 }, { 0, 0 },
	};
	struct io_vector in[] = { { U(out), 0 }, { U(out), 6 },
				   { U(out + 6), 9 } };
	int fd[2];

	(void)state;
	open_pipe(fd, FILE_NONBLOCK);
	assert_int_equal(CALL(writev, (uint64_t)fd[1], U(iov), 4), 8);
	/* What is there fills the pieces; the rest is not waited for. */
	assert_int_equal(CALL(readv, (uint64_t)fd[0], U(in), 3), 8);
	assert_memory_equal(out, "abcdefgh", 8);
	assert_int_equal(CALL(readv, (uint64_t)fd[0], U(in), 3), -EAGAIN);
	assert_int_equal(CALL(writev, (uint64_t)fd[1], U(iov), 0), 0);
	CLOSE(fd[0]);
	CLOSE(fd[1]);
}

static void test_bad_addresses(void **state)
{
	char *buf = calloc(1, 2 * 4096);
	int fd[2];

	(void)state;
	open_pipe(fd, 0);
	shim_bad_range(buf + 5000, buf + 8192);
	assert_int_equal(WRITE(fd[1], buf, 8192), 5000);
	assert_int_equal(WRITE(fd[1], buf + 5000, 1), -EFAULT);
	shim_bad_range(buf + 100, buf + 8192);
	assert_int_equal(READ(fd[0], buf, 8192), 100);
	assert_int_equal(READ(fd[0], buf + 100, 8192), -EFAULT);
	shim_bad_range(NULL, NULL);
	assert_int_equal(READ(fd[0], buf, 8192), 4900);
	CLOSE(fd[0]);
	CLOSE(fd[1]);
	/* No place to tell the descriptors: there are none. */
	assert_int_equal(CALL(pipe2, 8, 0), -EFAULT);
	assert_int_equal(CALL(pipe2, U(fd), 1), -EINVAL);
	free(buf);
}

static void test_memory_short(void **state)
{
	char *buf = calloc(1, 3 * 4096);
	struct file *end[2];
	int fd[2];

	(void)state;
	for (int i = 0; i < 4; i++) {
		shim_fail_after(i);
		assert_int_equal(pipe_create(0, &end[0], &end[1]), -ENOMEM);
	}
	shim_fail_after(-1);
	open_pipe(fd, 0);
	shim_fail_after(0);
	assert_int_equal(WRITE(fd[1], buf, 9), -ENOMEM);
	/* The rest comes at the second attempt, like a partial write. */
	shim_fail_after(2);
	assert_int_equal(WRITE(fd[1], buf, 3 * 4096), 3 * 4096);
	assert_true(shim_failed());
	CLOSE(fd[0]);
	CLOSE(fd[1]);
	free(buf);
}

static void test_resize(void **state)
{
	char *buf = calloc(1, CAPACITY), *back = malloc(CAPACITY);
	unsigned pages;
	uint64_t fd[2];
	int ends[2];

	(void)state;
	for (size_t i = 0; i < CAPACITY; i++)
		buf[i] = (char)(i * 7 + i / 251);
	open_pipe(ends, FILE_NONBLOCK);
	fd[0] = (uint64_t)ends[0];
	fd[1] = (uint64_t)ends[1];
	assert_int_equal(CALL(fcntl, fd[0], 1032), CAPACITY);
	assert_int_equal(CALL(fcntl, 50, 1032), -EBADF);
	/* The bytes wrap around the end of the ring. */
	assert_int_equal(WRITE(fd[1], buf, CAPACITY), CAPACITY);
	assert_int_equal(READ(fd[0], back, 5000), 5000);
	assert_int_equal(WRITE(fd[1], buf, 900), 900);
	assert_int_equal(CALL(fcntl, fd[0], 1031, CAPACITY / 2), -EBUSY);
	pages = shim_pages();
	for (long i = 0; i < 16; i++) {
		shim_fail_after(i);
		assert_int_equal(CALL(fcntl, fd[0], 1031, 2 * CAPACITY),
				 -ENOMEM);
		assert_int_equal(shim_pages(), pages);
	}
	shim_fail_after(-1);
	assert_int_equal(CALL(fcntl, fd[0], 1031, CAPACITY + 1), 2 * CAPACITY);
	assert_int_equal(WRITE(fd[1], buf + 900, 100), 100);
	assert_int_equal(READ(fd[0], back, CAPACITY), CAPACITY - 4000);
	assert_memory_equal(back, buf + 5000, CAPACITY - 5000);
	assert_memory_equal(back + CAPACITY - 5000, buf, 1000);
	assert_int_equal(CALL(fcntl, fd[0], 1031, 1), ATOMIC);
	assert_int_equal(WRITE(fd[1], buf, ATOMIC + 1), ATOMIC);
	assert_int_equal(CALL(fcntl, fd[0], 1031, UINT32_C(1) << 21), -EPERM);
	assert_int_equal(CALL(fcntl, fd[0], 1031, UINT32_MAX), -EINVAL);
	CLOSE(ends[0]);
	CLOSE(ends[1]);
	free(buf);
	free(back);
}

static void test_named(void **state)
{
	long reader, writer, both;
	char buf[8];

	(void)state;
	assert_int_equal(fs_mknod(fs_root(), "/fifo", MODE_FIFO | 0600, 0), 0);
	assert_int_equal(OPEN("/fifo", FILE_WRONLY | FILE_NONBLOCK), -ENXIO);
	reader = OPEN("/fifo", FILE_RDONLY | FILE_NONBLOCK);
	assert_true(reader >= 0);
	assert_int_equal(READ(reader, buf, 8), 0);
	writer = OPEN("/fifo", FILE_WRONLY);
	assert_true(writer >= 0);
	assert_int_equal(READ(reader, buf, 8), -EAGAIN);
	assert_int_equal(WRITE(writer, "named", 5), 5);
	both = OPEN("/fifo", FILE_RDWR);
	CLOSE(reader);
	assert_int_equal(READ(both, buf, 3), 3);
	CLOSE(writer);
	assert_int_equal(OPEN("/fifo", FILE_ACCMODE), -EINVAL);
	for (long i = 0; i < 2; i++) {
		shim_fail_after(i);
		assert_true(OPEN("/fifo", FILE_RDWR) < 0);
		assert_true(shim_failed());
	}
	shim_fail_after(-1);
	/* Nobody is there any more: what was left has gone. */
	CLOSE(both);
	reader = OPEN("/fifo", FILE_RDONLY | FILE_NONBLOCK);
	assert_int_equal(READ(reader, buf, 8), 0);
	assert_int_equal(UNLINK("/fifo"), 0);
	CLOSE(reader);
}

/* Waiting: threads. */

struct job {
	struct file *end;
	int pid;
	size_t size, count;
	long result;
};

static pthread_t start(struct job *job, void *(*fn)(void *))
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, fn, job), 0);
	return thread;
}

static void await_sleepers(unsigned n)
{
	while (shim_sleepers() != n)
		sched_yield();
}

static void *read_once(void *arg)
{
	struct job *job = arg;
	char *buf = malloc(job->size);

	shim_enter(job->pid);
	job->result = file_read(job->end, U(buf), job->size);
	shim_leave();
	free(buf);
	return NULL;
}

static void *write_once(void *arg)
{
	struct job *job = arg;
	char *buf = calloc(1, job->size);

	shim_enter(job->pid);
	job->result = file_write(job->end, U(buf), job->size);
	shim_leave();
	free(buf);
	return NULL;
}

static void test_reader_waits(void **state)
{
	struct file *reader, *writer;
	struct job job = { .pid = 2, .size = 10 };
	pthread_t thread;

	(void)state;
	assert_int_equal(pipe_create(0, &reader, &writer), 0);
	job.end = reader;
	thread = start(&job, read_once);
	await_sleepers(1);
	assert_int_equal(file_write(writer, U("abc"), 3), 3);
	pthread_join(thread, NULL);
	assert_int_equal(job.result, 3);
	/* The last writer goes: end of file. */
	thread = start(&job, read_once);
	await_sleepers(1);
	file_put(writer);
	pthread_join(thread, NULL);
	assert_int_equal(job.result, 0);
	file_put(reader);
}

static void test_writer_waits(void **state)
{
	struct job job = { .pid = 2, .size = CAPACITY + 5000 };
	char *buf = malloc(2 * CAPACITY);
	struct file *reader, *writer;
	pthread_t thread;

	(void)state;
	assert_int_equal(pipe_create(0, &reader, &writer), 0);
	job.end = writer;
	thread = start(&job, write_once);
	await_sleepers(1);
	assert_int_equal(file_read(reader, U(buf), 2 * CAPACITY), CAPACITY);
	pthread_join(thread, NULL);
	assert_int_equal(job.result, CAPACITY + 5000);
	/* The last reader goes: what was taken counts, and SIGPIPE. */
	thread = start(&job, write_once);
	await_sleepers(1);
	file_put(reader);
	pthread_join(thread, NULL);
	assert_int_equal(job.result, CAPACITY - 5000);
	file_put(writer);
	free(buf);
}

static void test_killed_while_waiting(void **state)
{
	struct job job = { .pid = 2, .size = 2 * CAPACITY };
	struct file *reader, *writer;
	pthread_t thread;

	(void)state;
	assert_int_equal(pipe_create(0, &reader, &writer), 0);
	job.end = reader;
	thread = start(&job, read_once);
	await_sleepers(1);
	shim_signal(2);
	pthread_join(thread, NULL);
	assert_int_equal(job.result, -EINTR);
	job.end = writer;
	thread = start(&job, write_once);
	await_sleepers(1);
	shim_signal(2);
	pthread_join(thread, NULL);
	assert_int_equal(job.result, CAPACITY);
	job.size = 1;
	thread = start(&job, write_once);
	await_sleepers(1);
	shim_signal(2);
	pthread_join(thread, NULL);
	assert_int_equal(job.result, -EINTR);
	file_put(reader);
	file_put(writer);
}

/* Messages: length (2 bytes), writer, then bytes that follow from both. */
static void *write_messages(void *arg)
{
	struct job *job = arg;
	unsigned char buf[ATOMIC];
	uint64_t random = (uint64_t)job->pid;

	shim_enter(job->pid);
	for (size_t i = 0; i < job->count; i++) {
		size_t len = 3 + check_below(&random, ATOMIC - 2);
		struct io_vector iov[2] = {
			{ U(buf), 3 }, { U(buf + 3), len - 3 },
		};

		memset(buf, (int)len + job->pid, len);
		buf[0] = (unsigned char)len;
		buf[1] = (unsigned char)(len >> 8);
		buf[2] = (unsigned char)job->pid;
		if (i % 2)
			job->result += file_write(job->end, U(buf), len);
		else
			job->result += file_writev(job->end, iov, 2);
	}
	shim_leave();
	file_put(job->end);
	return NULL;
}

static void read_exactly(struct file *f, unsigned char *buf, size_t len)
{
	while (len) {
		long n = file_read(f, U(buf), len);

		assert_true(n > 0);
		buf += n;
		len -= (size_t)n;
	}
}

static void test_messages_stay_whole(void **state)
{
	enum { WRITERS = 4, MESSAGES = 300 };
	struct job jobs[WRITERS];
	pthread_t threads[WRITERS];
	struct file *reader, *writer;
	unsigned char buf[ATOMIC];
	long total = 0;

	(void)state;
	assert_int_equal(pipe_create(0, &reader, &writer), 0);
	for (int i = 0; i < WRITERS; i++) {
		file_get(writer);
		jobs[i] = (struct job){
			.end = writer, .pid = 10 + i, .count = MESSAGES,
		};
		threads[i] = start(&jobs[i], write_messages);
	}
	file_put(writer);
	for (int i = 0; i < WRITERS * MESSAGES; i++) {
		size_t len;

		read_exactly(reader, buf, 3);
		len = buf[0] | (size_t)buf[1] << 8;
		assert_in_range(len, 3, ATOMIC);
		assert_in_range(buf[2], 10, 10 + WRITERS - 1);
		total += (long)len;
		if (len == 3)
			continue;
		memset(buf + 3, (int)len + buf[2] + 1, len - 3);
		read_exactly(reader, buf + 3, len - 3);
		for (size_t j = 3; j < len; j++)
			assert_int_equal(buf[j], (unsigned char)(len + buf[2]));
	}
	assert_int_equal(file_read(reader, U(buf), 1), 0);
	for (int i = 0; i < WRITERS; i++) {
		pthread_join(threads[i], NULL);
		total -= jobs[i].result;
	}
	assert_int_equal(total, 0);
	file_put(reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(test_bytes_and_ends),
		RIG_TEST(test_nobody_reads),
		RIG_TEST(test_second_writer_keeps_it_open),
		RIG_TEST(test_full),
		RIG_TEST(test_little_uses_little),
		RIG_TEST(test_order_random),
		RIG_TEST(test_vectors),
		RIG_TEST(test_bad_addresses),
		RIG_TEST(test_memory_short),
		RIG_TEST(test_resize),
		RIG_TEST(test_named),
		RIG_TEST(test_reader_waits),
		RIG_TEST(test_writer_waits),
		RIG_TEST(test_killed_while_waiting),
		RIG_TEST(test_messages_stay_whole),
	};

	return cmocka_run_group_tests_name("pipe", tests, NULL, NULL);
}
