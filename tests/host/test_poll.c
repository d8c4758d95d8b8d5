// SPDX-License-Identifier: MIT
/*
 * Polls, event counters and socket pairs: what they do when memory is short,
 * and whether a poll that sleeps is woken. What programs see otherwise is in
 * tests/user.
 */
#include <pthread.h>
#include <string.h>

#include "fs/poll.h"
#include "proc/process.h"
#include "rig.h"
#include "signal/signal.h"
#include "syscall/sys_poll.h"
#include "syscall/sys_sendfile.h"
#include "syscall/sys_socket.h"

enum { MANY = 600, AF_UNIX = 1, STREAM = 1, DGRAM = 2, DONTWAIT = 0x40 };

struct pollfd {
	int fd;
	uint16_t events, revents;
};

static long poll_all(struct pollfd *p, size_t n, int64_t seconds)
{
	int64_t time[2] = { seconds, 0 };

	return CALL(ppoll, U(p), n, seconds < 0 ? 0 : U(time), 0, 0);
}

static struct pollfd entries[MANY];

/* Entries for all from @first on that wait for the descriptor @fd. */
static void fill(int fd)
{
	for (unsigned i = 0; i < MANY; i++)
		entries[i] = (struct pollfd){ .fd = fd, .events = POLLIN };
}

static void test_memory_short(void **state)
{
	uint64_t one = 1;
	long fd = CALL(eventfd2, 0, FILE_NONBLOCK);
	int ready = 0, failed = 0;

	(void)state;
	fill((int)fd);
	assert_int_equal(poll_all(entries, MANY, 0), 0);
	assert_int_equal(WRITE(fd, &one, 8), 8);
	assert_int_equal(poll_all(entries, MANY, -1), MANY);
	/* The array, then a page for each hundred of queues. */
	assert_int_equal(READ(fd, &one, 8), 8);
	for (long i = 0; i < 12; i++) {
		shim_fail_after(i);
		assert_int_equal(poll_all(entries, MANY, -1), -ENOMEM);
	}
	/* What is ready is told even if some queue is missing. */
	assert_int_equal(WRITE(fd, &one, 8), 8);
	for (unsigned i = 0; i < MANY - 1; i++)
		entries[i].events = 0;
	for (long i = 1; i < 12; i++) {
		shim_fail_after(i);
		ready += poll_all(entries, MANY, -1) == 1;
		failed += shim_failed();
	}
	shim_fail_after(-1);
	assert_int_equal(ready, 11);
	assert_int_equal(failed, 11);
	CLOSE(fd);
	for (long i = 0; i < 3; i++) {
		shim_fail_after(i);
		assert_int_equal(CALL(eventfd2, 0, 0), -ENOMEM);
	}
	shim_fail_after(-1);
}

static void test_sockets_short(void **state)
{
	char buf[9000];
	int fd[2];

	(void)state;
	memset(buf, 7, sizeof(buf));
	for (long i = 0; i < 5; i++) {
		shim_fail_after(i);
		assert_int_equal(CALL(socketpair, AF_UNIX, STREAM, 0, U(fd)),
				 -ENOMEM);
	}
	shim_fail_after(-1);
	assert_int_equal(CALL(socketpair, AF_UNIX, STREAM, 0, U(fd)), 0);
	shim_fail_after(0);
	assert_int_equal(WRITE(fd[0], buf, 9), -ENOBUFS);
	shim_fail_after(1);
	assert_in_range(WRITE(fd[0], buf, 9000), 4000, 4096);
	shim_fail_after(-1);
	assert_in_range(READ(fd[1], buf, 9000), 4000, 4096);
	CLOSE(fd[0]);
	CLOSE(fd[1]);
	assert_int_equal(CALL(socketpair, AF_UNIX, DGRAM, 0, U(fd)), 0);
	for (long i = 0; i < 3; i++) {
		shim_fail_after(i);
		assert_int_equal(WRITE(fd[0], buf, 9000), -ENOBUFS);
	}
	shim_fail_after(-1);
	/* A datagram that cannot be copied is not sent at all. */
	shim_bad_range(buf + 8192, buf + 9000);
	assert_int_equal(WRITE(fd[0], buf, 9000), -EFAULT);
	shim_bad_range(NULL, NULL);
	assert_int_equal(CALL(recvfrom, (uint64_t)fd[1], U(buf), 9000,
			      DONTWAIT, 0, 0), -EAGAIN);
	/* What was refused does not use up the buffer. */
	for (int i = 0; i < 15; i++)
		assert_int_equal(WRITE(fd[0], buf, 9000), 9000);
	CLOSE(fd[0]);
	CLOSE(fd[1]);
}

static void test_sendfile_short(void **state)
{
	long in, fd;

	(void)state;
	make_file("/text", "some text");
	in = OPEN("/text", FILE_RDONLY);
	fd = CALL(eventfd2, 0, 0);
	shim_fail_after(0);
	assert_int_equal(CALL(sendfile, (uint64_t)fd, (uint64_t)in, 0, 9),
			 -ENOMEM);
	shim_fail_after(-1);
	/* Only what can take the kernel's memory. */
	assert_int_equal(CALL(sendfile, (uint64_t)fd, (uint64_t)in, 0, 9),
			 -EINVAL);
	CLOSE(fd);
	CLOSE(in);
	assert_int_equal(UNLINK("/text"), 0);
}

/* A thread, which is a process of its own, polls the file @end. */
struct job {
	struct file *end;
	long result;
	unsigned revents;
};

static void *poll_once(void *arg)
{
	struct job *job = arg;
	struct pollfd p = { .events = POLLIN };

	shim_enter(7);
	file_get(job->end);
	p.fd = files_install(process_current()->files, job->end, 0, false);
	job->result = poll_all(&p, 1, -1);
	job->revents = p.revents;
	shim_leave();
	return NULL;
}

static void begin(pthread_t *thread, struct job *job)
{
	assert_int_equal(pthread_create(thread, NULL, poll_once, job), 0);
	while (shim_sleepers() != 1)
		sched_yield();
}

static void test_woken(void **state)
{
	uint64_t one = 1;
	pthread_t thread;
	struct job job;
	int fd[2];

	(void)state;
	assert_int_equal(CALL(socketpair, AF_UNIX, STREAM, 0, U(fd)), 0);
	job.end = files_lookup(process_current()->files, fd[1]);
	begin(&thread, &job);
	assert_int_equal(WRITE(fd[0], &one, 1), 1);
	pthread_join(thread, NULL);
	assert_int_equal(job.result, 1);
	assert_int_equal(job.revents, POLLIN);
	assert_int_equal(READ(fd[1], &one, 1), 1);
	begin(&thread, &job);
	CLOSE(fd[0]);
	pthread_join(thread, NULL);
	assert_int_equal(job.revents, POLLIN | POLLHUP);
	file_put(job.end);
	CLOSE(fd[1]);
	assert_int_equal(CALL(eventfd2, 0, 0), 0);
	job.end = files_lookup(process_current()->files, 0);
	begin(&thread, &job);
	shim_signal(7);
	pthread_join(thread, NULL);
	assert_int_equal(job.result, -EINTR);
	file_put(job.end);
	CLOSE(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(test_memory_short),
		RIG_TEST(test_sockets_short),
		RIG_TEST(test_sendfile_short),
		RIG_TEST(test_woken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
