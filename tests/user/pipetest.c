// SPDX-License-Identifier: MIT
/*
 * pipetest: pipes with and without a name: sizes, whole and partial writes,
 * both ends closed, signals, opening a named pipe, and copies from files by
 * sendfile and copy_file_range.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/counts.h"
#include "lib/state.h"
#include "lib/tap.h"

enum { SIZE = 65536, PAGE = 4096 };

#define FIFO "/tmp/pipetest.fifo"
#define FILE_A "/tmp/pipetest.a"
#define FILE_B "/tmp/pipetest.b"

static char buf[4 * SIZE];

static void make_pipe(int fd[2], int flags)
{
	if (pipe2(fd, flags))
		tap_bail("pipe2: %s", strerror(errno));
}

static void close_pipe(const int fd[2])
{
	close(fd[0]);
	close(fd[1]);
}

static volatile sig_atomic_t handled;

static void on_signal(int sig)
{
	(void)sig;
	handled++;
}

static void set_handler(int sig, void (*fn)(int), int flags)
{
	struct sigaction act = { .sa_handler = fn, .sa_flags = flags };

	sigaction(sig, &act, NULL);
}

static void test_sizes(void)
{
	int fd[2], n = -1;

	make_pipe(fd, O_NONBLOCK);
	tap_equal(fcntl(fd[0], F_GETPIPE_SZ), SIZE, "a pipe holds 64 KiB");
	tap_equal(write(fd[1], buf, SIZE + 1), SIZE, "so much fits");
	tap_ok(write(fd[1], buf, 1) == -1 && errno == EAGAIN, "and no more");
	tap_equal(ioctl(fd[0], FIONREAD, &n), 0, "FIONREAD");
	tap_equal(n, SIZE, "tells it");
	tap_ok(fcntl(fd[1], F_SETPIPE_SZ, PAGE) == -1 && errno == EBUSY,
	       "it cannot become smaller than what is in it");
	tap_equal(fcntl(fd[1], F_SETPIPE_SZ, SIZE + 1), 2 * SIZE,
		  "it grows to a power of two");
	tap_equal(write(fd[1], buf, 2 * SIZE), SIZE, "there is room again");
	tap_equal(read(fd[0], buf, 4 * SIZE), 2 * SIZE, "all is read");
	tap_equal(fcntl(fd[1], F_SETPIPE_SZ, 1), PAGE, "a page is the least");
	tap_equal(write(fd[1], buf, SIZE), PAGE, "so much fits");
	tap_equal(read(fd[0], buf, SIZE), PAGE, "is read");
	tap_ok(fcntl(0x7000, F_GETPIPE_SZ) == -1 && errno == EBADF,
	       "no descriptor");
	n = open("/dev/null", O_RDWR);
	tap_ok(fcntl(n, F_GETPIPE_SZ) == -1 && errno == EBADF, "no pipe");
	close(n);
	tap_ok(syscall(SYS_pipe2, fd, 1) == -1 && errno == EINVAL, "bad flags");
	close_pipe(fd);
}

static void test_vectors(void)
{
	char a[4] = "", b[8] = "";
	struct iovec in[] = { { a, 3 }, { NULL, 0 }, { b, 7 } };
	struct iovec out[] = { { "abc", 3 }, { "defgh", 5 } };
	int fd[2];

	make_pipe(fd, 0);
	tap_equal(writev(fd[1], out, 2), 8, "writev");
	tap_equal(readv(fd[0], in, 3), 8, "readv takes all pieces");
	tap_ok(!strcmp(a, "abc") && !strcmp(b, "defgh"), "in order");
	tap_equal(write(fd[1], buf, 0), 0, "nothing is written");
	tap_equal(read(fd[0], buf, 0), 0, "nothing is read");
	close_pipe(fd);
}

static void test_ends(void)
{
	struct stat st;
	int fd[2];

	make_pipe(fd, 0);
	tap_ok(fstat(fd[0], &st) == 0 && S_ISFIFO(st.st_mode) &&
	       st.st_size == 0, "fstat says what it is");
	tap_ok(lseek(fd[0], 0, SEEK_SET) == -1 && errno == ESPIPE,
	       "it has no position");
	tap_equal(write(fd[1], "rest", 4), 4, "written");
	close(fd[1]);
	tap_equal(read(fd[0], buf, 9), 4, "read after the writer has gone");
	tap_equal(read(fd[0], buf, 9), 0, "then the end");
	close(fd[0]);

	make_pipe(fd, 0);
	close(fd[0]);
	set_handler(SIGPIPE, on_signal, 0);
	handled = 0;
	tap_ok(write(fd[1], "x", 1) == -1 && errno == EPIPE && handled == 1,
	       "EPIPE and SIGPIPE");
	set_handler(SIGPIPE, SIG_IGN, 0);
	tap_ok(write(fd[1], "x", 1) == -1 && errno == EPIPE && handled == 1,
	       "EPIPE alone if it is ignored");
	set_handler(SIGPIPE, SIG_DFL, 0);
	close(fd[1]);
}

/* Several write, in pieces that must stay whole. */
enum { WRITERS = 3, PIECES = 60, PIECE = 3000 };

static void *write_pieces(void *arg)
{
	int fd = (int)((uintptr_t)arg >> 8);
	char piece[PIECE];

	memset(piece, (int)((uintptr_t)arg & 0xff), sizeof(piece));
	for (int i = 0; i < PIECES; i++)
		if (write(fd, piece, PIECE) != PIECE)
			break;
	return NULL;
}

static bool read_whole(int fd, char *p, size_t len)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = read(fd, p + done, len - done);
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

static void test_atomic(void)
{
	pthread_t thread[WRITERS];
	int fd[2], whole = 0;

	make_pipe(fd, 0);
	for (uintptr_t i = 0; i < WRITERS; i++)
		pthread_create(&thread[i], NULL, write_pieces,
			       (void *)((uintptr_t)fd[1] << 8 | (i + 1)));
	for (int i = 0; i < WRITERS * PIECES; i++) {
		if (!read_whole(fd[0], buf, PIECE))
			break;
		whole += memchr("\1\2\3", buf[0], 3) &&
			 !memcmp(buf, buf + 1, PIECE - 1);
	}
	tap_equal(whole, WRITERS * PIECES, "writes up to PIPE_BUF stay whole");
	for (int i = 0; i < WRITERS; i++)
		pthread_join(thread[i], NULL);
	close_pipe(fd);
}

/* A write of more than fits, in a thread that a signal interrupts. */
struct job {
	int fd;
	size_t len;
	long result;
	int error;
	volatile int tid;	/* right before its call */
};

static void *do_write(void *arg)
{
	struct job *job = arg;

	job->tid = gettid();
	job->result = write(job->fd, buf, job->len);
	job->error = errno;
	return NULL;
}

static void *do_read(void *arg)
{
	struct job *job = arg;
	char byte;

	job->tid = gettid();
	job->result = read(job->fd, &byte, 1);
	job->error = errno;
	return NULL;
}

static void test_interrupted(void)
{
	struct job job;
	pthread_t thread;
	int fd[2];

	set_handler(SIGUSR1, on_signal, SA_RESTART);
	make_pipe(fd, 0);
	job = (struct job){ .fd = fd[1], .len = SIZE + 100 };
	thread = state_start_sleeper(do_write, &job, &job.tid);
	pthread_kill(thread, SIGUSR1);
	pthread_join(thread, NULL);
	tap_equal(job.result, SIZE, "a signal makes a write partial");
	job.len = 1;
	set_handler(SIGUSR1, on_signal, 0);
	thread = state_start_sleeper(do_write, &job, &job.tid);
	pthread_kill(thread, SIGUSR1);
	pthread_join(thread, NULL);
	tap_ok(job.result == -1 && job.error == EINTR, "or ends it");
	tap_equal(read(fd[0], buf, SIZE), SIZE, "all is there");
	set_handler(SIGUSR1, on_signal, SA_RESTART);
	job.fd = fd[0];
	thread = state_start_sleeper(do_read, &job, &job.tid);
	pthread_kill(thread, SIGUSR1);
	state_await_sleep_of(&job.tid);
	tap_equal(write(fd[1], "x", 1), 1, "a read goes on after SA_RESTART");
	pthread_join(thread, NULL);
	tap_equal(job.result, 1, "and gets what comes");
	close_pipe(fd);
}

static void *open_reader(void *arg)
{
	struct job *job = arg;

	job->tid = gettid();
	job->result = open(FIFO, O_RDONLY);
	job->error = errno;
	return NULL;
}

static void *open_writer(void *arg)
{
	struct job *job = arg;

	job->tid = gettid();
	job->result = open(FIFO, O_WRONLY);
	job->error = errno;
	return NULL;
}

static short state(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) < 0 ? -1 : p.revents;
}

static void test_fifo_open(void)
{
	struct job job = { .result = -2 };
	pthread_t thread;
	int fd;

	tap_ok(open(FIFO, O_WRONLY | O_NONBLOCK) == -1 && errno == ENXIO,
	       "named: nobody reads");
	thread = state_start_sleeper(open_reader, &job, &job.tid);
	tap_equal(job.result, -2, "a reader waits for a writer");
	fd = open(FIFO, O_WRONLY);
	tap_ok(fd >= 0, "which comes");
	/* It may be gone before the reader looks. */
	close(fd);
	pthread_join(thread, NULL);
	tap_ok(job.result >= 0, "then it is open");
	tap_equal(read((int)job.result, buf, 1), 0, "and at its end");
	tap_equal(state((int)job.result), POLLHUP, "as poll says");
	close((int)job.result);

	job.result = -2;
	thread = state_start_sleeper(open_writer, &job, &job.tid);
	tap_equal(job.result, -2, "a writer waits for a reader");
	fd = open(FIFO, O_RDONLY | O_NONBLOCK);
	pthread_join(thread, NULL);
	tap_ok(fd >= 0 && job.result >= 0, "which comes");
	close((int)job.result);
	close(fd);

	set_handler(SIGUSR1, on_signal, 0);
	thread = state_start_sleeper(open_writer, &job, &job.tid);
	pthread_kill(thread, SIGUSR1);
	pthread_join(thread, NULL);
	tap_ok(job.result == -1 && job.error == EINTR, "a signal ends a wait");
	tap_ok(open(FIFO, O_WRONLY | O_NONBLOCK) == -1 && errno == ENXIO,
	       "and nobody is left");
}

static void test_fifo_use(void)
{
	int reader, writer, both;

	reader = open(FIFO, O_RDONLY | O_NONBLOCK);
	tap_equal(state(reader), 0, "before the first writer is no end");
	tap_equal(read(reader, buf, 1), 0, "but nothing to read");
	writer = open(FIFO, O_WRONLY | O_NONBLOCK);
	tap_ok(read(reader, buf, 1) == -1 && errno == EAGAIN, "with a writer");
	tap_equal(write(writer, "abc", 3), 3, "which writes");
	close(writer);
	tap_equal(state(reader), POLLIN | POLLHUP, "and goes");
	tap_equal(read(reader, buf, 9), 3, "read");
	close(reader);
	both = open(FIFO, O_RDWR);
	tap_equal(write(both, "self", 4), 4, "one file may be both ends");
	tap_equal(read(both, buf, 9), 4, "of it");
	close(both);
	reader = open(FIFO, O_RDONLY | O_NONBLOCK);
	tap_equal(read(reader, buf, 9), 0, "nothing stays when all have gone");
	close(reader);
}

static void test_fifo(void)
{
	unlink(FIFO);
	if (mkfifo(FIFO, 0600))
		tap_bail("mkfifo: %s", strerror(errno));
	test_fifo_open();
	test_fifo_use();
	unlink(FIFO);
}

static void make_file(const char *path, size_t len)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

	for (size_t i = 0; i < len; i++)
		buf[i] = (char)(i * 31 + i / 777);
	if (write(fd, buf, len) != (ssize_t)len)
		tap_bail("%s: %s", path, strerror(errno));
	close(fd);
}

static void test_sendfile(void)
{
	static char back[3 * PAGE];
	off_t offset = 100;
	int fd[2], in, out;

	make_file(FILE_A, 3 * PAGE);
	in = open(FILE_A, O_RDONLY);
	make_pipe(fd, O_NONBLOCK);
	tap_equal(sendfile(fd[1], in, &offset, PAGE), PAGE, "sendfile");
	tap_equal((long)offset, 100 + PAGE, "moves the offset");
	tap_equal((long)lseek(in, 0, SEEK_CUR), 0, "not the position");
	tap_equal(read(fd[0], back, sizeof(back)), PAGE, "into a pipe");
	tap_ok(!memcmp(back, buf + 100, PAGE), "the right bytes");
	tap_equal(sendfile(fd[1], in, NULL, SIZE), 3 * PAGE, "to the end");
	tap_equal((long)lseek(in, 0, SEEK_CUR), 3 * PAGE, "from the position");
	tap_equal(sendfile(fd[1], in, NULL, SIZE), 0, "where nothing is");
	tap_equal(read(fd[0], back, sizeof(back)), 3 * PAGE, "read");
	tap_ok(!memcmp(back, buf, sizeof(back)), "the right bytes");
	out = open(FILE_B, O_CREAT | O_TRUNC | O_RDWR, 0600);
	offset = 0;
	tap_equal(sendfile(out, in, &offset, 2 * PAGE + 5), 2 * PAGE + 5,
		  "file to file");
	tap_equal((long)lseek(out, 0, SEEK_CUR), 2 * PAGE + 5, "position");
	tap_equal(pread(out, back, sizeof(back), 0), 2 * PAGE + 5, "read");
	tap_ok(!memcmp(back, buf, 2 * PAGE + 5), "the right bytes");
	tap_ok(sendfile(in, in, NULL, 1) == -1 && errno == EBADF,
	       "not to what cannot be written");
	tap_ok(sendfile(out, fd[1], NULL, 1) == -1 && errno == EBADF,
	       "not from what cannot be read");
	offset = -1;
	tap_ok(sendfile(fd[1], in, &offset, 1) == -1 && errno == EINVAL,
	       "no negative offset");
	close(fd[0]);
	set_handler(SIGPIPE, SIG_IGN, 0);
	offset = 0;
	tap_ok(sendfile(fd[1], in, &offset, 1) == -1 && errno == EPIPE,
	       "nobody reads");
	set_handler(SIGPIPE, SIG_DFL, 0);
	close(fd[1]);
	close(in);
	close(out);
	unlink(FILE_A);
	unlink(FILE_B);
}

static long range(int in, off_t *in_pos, int out, off_t *out_pos, size_t len,
		  unsigned flags)
{
	long n = syscall(SYS_copy_file_range, in, in_pos, out, out_pos, len,
			 flags);

	return n < 0 ? -errno : n;
}

static void test_range(void)
{
	static char back[3 * PAGE];
	off_t from = 10, to = 20;
	int in, out, fd[2];

	make_file(FILE_A, 3 * PAGE);
	in = open(FILE_A, O_RDWR);
	out = open(FILE_B, O_CREAT | O_TRUNC | O_RDWR, 0600);
	tap_equal(range(in, &from, out, &to, 2 * PAGE, 0), 2 * PAGE,
		  "copy_file_range");
	tap_ok(from == 10 + 2 * PAGE && to == 20 + 2 * PAGE, "offsets");
	tap_equal(pread(out, back, sizeof(back), 20), 2 * PAGE, "read");
	tap_ok(!memcmp(back, buf + 10, 2 * PAGE), "the right bytes");
	tap_equal(range(in, NULL, out, NULL, 100, 0), 100, "with positions");
	tap_equal((long)lseek(out, 0, SEEK_CUR), 100, "that move");
	from = 3 * PAGE;
	tap_equal(range(in, &from, out, NULL, 100, 0), 0, "at the end");
	from = 0;
	to = 50;
	tap_equal(range(in, &from, in, &to, 100, 0), -EINVAL, "overlapping");
	tap_equal(range(in, &from, out, &to, 1, 1), -EINVAL, "flags");
	make_pipe(fd, 0);
	tap_equal(range(in, NULL, fd[1], NULL, 1, 0), -EINVAL, "to a pipe");
	close_pipe(fd);
	close(in);
	close(out);
	unlink(FILE_A);
	unlink(FILE_B);
}

static void round_of_all(void)
{
	test_sizes();
	test_vectors();
	test_ends();
	test_atomic();
	test_interrupted();
	test_fifo();
	test_sendfile();
	test_range();
}

/* All once more, unseen: what is left of its memory goes with it. */
static int again(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (!freopen("/dev/null", "w", stdout))
			_exit(2);
		round_of_all();
		_exit(tap_failed() != 0);
	}
	return child_wait(pid);
}

int main(int argc, char **argv)
{
	struct counts before;

	(void)argc;
	child_init(argv[0]);
	alarm(60);
	round_of_all();
	tap_equal(again(), 0, "the same in a child");
	counts_take(&before);
	counts_take(&before);
	tap_equal(again(), 0, "and in another");
	counts_check(&before);
	return tap_done();
}
