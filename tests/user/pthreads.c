// SPDX-License-Identifier: MIT
/*
 * pthreads: the thread library of the C library, as programs use it: mutexes,
 * condition variables, locks for readers and writers, barriers, semaphores,
 * thread-local variables, cancellation, ends of threads, robust and shared
 * mutexes, timed waits. It is built with glibc and with musl.
 *
 * An alarm ends the program if a thread waits for a wake-up that does not come.
 * It is run again by itself, twice, and then nothing may be lost.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/counts.h"
#include "lib/tap.h"

enum {
	WORKERS = 8,
	ROUNDS = 2000,
	MANY = 200,		/* one after the other */
	AT_ONCE = 64,
	CROWD = 150,		/* more than there have been before */
	STACK = 65536,
	LIMIT = 100,		/* seconds; it only detects a hang */
};

static void must(int err, const char *what)
{
	if (err)
		tap_bail("%s: %s", what, strerror(err));
}

static pthread_t start(void *(*fn)(void *), void *arg)
{
	pthread_t thread;

	must(pthread_create(&thread, NULL, fn, arg), "pthread_create");
	return thread;
}

static void *join(pthread_t thread)
{
	void *result = NULL;

	must(pthread_join(thread, &result), "pthread_join");
	return result;
}

static void sleep_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

/* So many milliseconds from now, on @clock. */
static struct timespec in_ms(clockid_t clock, long ms)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	ts.tv_sec += ms / 1000;
	ts.tv_nsec += ms % 1000 * 1000000;
	if (ts.tv_nsec >= 1000000000) {
		ts.tv_nsec -= 1000000000;
		ts.tv_sec++;
	}
	return ts;
}

static bool is_past(clockid_t clock, const struct timespec *then)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec > then->tv_sec || (now.tv_sec == then->tv_sec &&
					     now.tv_nsec >= then->tv_nsec);
}

/* Mutexes */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long counter;

static void *count_up(void *arg)
{
	long spin;

	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&mutex);
		spin = counter;
		if (i % 64 == 0)
			sched_yield();	/* others come and find it locked */
		counter = spin + 1;
		pthread_mutex_unlock(&mutex);
	}
	return arg;
}

static void check_mutex(void)
{
	pthread_t thread[WORKERS];
	bool same = true;

	counter = 0;
	for (long i = 0; i < WORKERS; i++)
		thread[i] = start(count_up, (void *)i);
	for (long i = 0; i < WORKERS; i++)
		same &= join(thread[i]) == (void *)i;
	tap_equal(counter, WORKERS * ROUNDS, "a mutex keeps others out");
	tap_ok(same, "each thread's result is its own");
}

static void check_mutex_kinds(void)
{
	pthread_mutexattr_t attr;
	pthread_mutex_t m;
	int err = 0;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&m, &attr);
	for (int i = 0; i < 2; i++)
		err |= pthread_mutex_lock(&m);
	for (int i = 0; i < 2; i++)
		err |= pthread_mutex_unlock(&m);
	tap_equal(err, 0, "a recursive mutex");
	pthread_mutex_destroy(&m);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&m, &attr);
	pthread_mutex_lock(&m);
	tap_equal(pthread_mutex_lock(&m), EDEADLK, "one that looks for errors");
	pthread_mutex_unlock(&m);
	tap_equal(pthread_mutex_unlock(&m), EPERM, "and is not locked");
	pthread_mutex_destroy(&m);
	pthread_mutexattr_destroy(&attr);
}

static void *lock_with_limit(void *arg)
{
	struct timespec then = in_ms(CLOCK_REALTIME, 40);
	int err = pthread_mutex_timedlock(&mutex, &then);

	(void)arg;
	if (err != ETIMEDOUT || !is_past(CLOCK_REALTIME, &then))
		return (void *)1;
	return pthread_mutex_trylock(&mutex) == EBUSY ? NULL : (void *)2;
}

static void check_timed_lock(void)
{
	pthread_mutex_lock(&mutex);
	tap_ok(!join(start(lock_with_limit, NULL)),
	       "a mutex is waited for until the time is up");
	pthread_mutex_unlock(&mutex);
}

/* Condition variables: a queue with one place, and a broadcast */

static pthread_cond_t filled = PTHREAD_COND_INITIALIZER;
static pthread_cond_t emptied = PTHREAD_COND_INITIALIZER;
static long place;		/* 0: empty */

static void *produce(void *arg)
{
	for (long i = 1; i <= ROUNDS; i++) {
		pthread_mutex_lock(&mutex);
		while (place)
			pthread_cond_wait(&emptied, &mutex);
		place = i;
		pthread_cond_signal(&filled);
		pthread_mutex_unlock(&mutex);
	}
	return arg;
}

static void *consume(void *arg)
{
	long sum = 0;

	(void)arg;
	for (long i = 1; i <= ROUNDS; i++) {
		pthread_mutex_lock(&mutex);
		while (!place)
			pthread_cond_wait(&filled, &mutex);
		sum += place;
		place = 0;
		pthread_cond_signal(&emptied);
		pthread_mutex_unlock(&mutex);
	}
	return (void *)sum;
}

static bool gate_open;
static int waiting;

static void *wait_at_gate(void *arg)
{
	pthread_mutex_lock(&mutex);
	waiting++;
	while (!gate_open)
		pthread_cond_wait(&filled, &mutex);
	waiting--;
	pthread_mutex_unlock(&mutex);
	return arg;
}

static int number_waiting(void)
{
	int n;

	pthread_mutex_lock(&mutex);
	n = waiting;
	pthread_mutex_unlock(&mutex);
	return n;
}

static void check_condition(void)
{
	pthread_t a = start(produce, NULL), b = start(consume, NULL);
	pthread_t thread[WORKERS];

	join(a);
	tap_equal((long)join(b), (long)ROUNDS * (ROUNDS + 1) / 2,
		  "a condition variable: all that was produced is consumed");
	gate_open = false;
	for (int i = 0; i < WORKERS; i++)
		thread[i] = start(wait_at_gate, NULL);
	while (number_waiting() != WORKERS)
		sched_yield();
	pthread_mutex_lock(&mutex);
	gate_open = true;
	pthread_cond_broadcast(&filled);
	pthread_mutex_unlock(&mutex);
	for (int i = 0; i < WORKERS; i++)
		join(thread[i]);
	tap_equal(number_waiting(), 0, "a broadcast wakes all");
}

static void check_timed_wait(void)
{
	struct timespec then = in_ms(CLOCK_REALTIME, 40);
	pthread_condattr_t attr;
	pthread_cond_t cond;
	int err;

	pthread_mutex_lock(&mutex);
	do {
		err = pthread_cond_timedwait(&filled, &mutex, &then);
	} while (!err);
	tap_equal(err, ETIMEDOUT, "a wait ends at a moment of real time");
	tap_ok(is_past(CLOCK_REALTIME, &then), "and not before");
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&cond, &attr);
	then = in_ms(CLOCK_MONOTONIC, 40);
	do {
		err = pthread_cond_timedwait(&cond, &mutex, &then);
	} while (!err);
	tap_equal(err, ETIMEDOUT, "and at one of monotonic time");
	tap_ok(is_past(CLOCK_MONOTONIC, &then), "not before that either");
	pthread_mutex_unlock(&mutex);
	pthread_cond_destroy(&cond);
	pthread_condattr_destroy(&attr);
}

/* Readers and writers */

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static volatile long left, right;	/* equal, but for a writer inside */

static void *read_both(void *arg)
{
	long differ = 0;

	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		pthread_rwlock_rdlock(&rwlock);
		differ += left != right;
		pthread_rwlock_unlock(&rwlock);
	}
	return (void *)differ;
}

static void *write_both(void *arg)
{
	for (int i = 0; i < ROUNDS / 4; i++) {
		pthread_rwlock_wrlock(&rwlock);
		left++;
		if (i % 16 == 0)
			sched_yield();
		right++;
		pthread_rwlock_unlock(&rwlock);
	}
	return arg;
}

static void check_rwlock(void)
{
	pthread_t thread[WORKERS];
	long differ = 0;

	left = right = 0;
	for (int i = 0; i < WORKERS; i++)
		thread[i] = start(i % 4 ? read_both : write_both, NULL);
	for (int i = 0; i < WORKERS; i++)
		differ += (long)join(thread[i]);
	tap_equal(differ, 0, "readers see no writer at work");
	tap_equal(left, WORKERS / 4 * (ROUNDS / 4), "writers exclude writers");
}

/* Barriers and semaphores */

static pthread_barrier_t barrier;
static int arrived[WORKERS];

static void *in_step(void *arg)
{
	long me = (long)arg, serial = 0;

	for (int i = 1; i <= 100; i++) {
		__atomic_store_n(&arrived[me], i, __ATOMIC_RELAXED);
		/* One of them is told so by another number than 0. */
		serial += pthread_barrier_wait(&barrier) != 0;
		for (int j = 0; j < WORKERS; j++)
			if (__atomic_load_n(&arrived[j], __ATOMIC_RELAXED) < i)
				return (void *)-1000;
		pthread_barrier_wait(&barrier);
	}
	return (void *)serial;
}

static void check_barrier(void)
{
	pthread_t thread[WORKERS];
	long serial = 0;

	memset(arrived, 0, sizeof(arrived));
	pthread_barrier_init(&barrier, NULL, WORKERS);
	for (long i = 0; i < WORKERS; i++)
		thread[i] = start(in_step, (void *)i);
	for (int i = 0; i < WORKERS; i++)
		serial += (long)join(thread[i]);
	pthread_barrier_destroy(&barrier);
	tap_equal(serial, 100, "a barrier lets nobody through before all");
}

static sem_t items, echo;

static void *take_items(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		while (sem_wait(&items))
			;
		sem_post(&echo);
	}
	return NULL;
}

static void check_semaphore(void)
{
	struct timespec then;
	pthread_t thread;

	sem_init(&items, 0, 0);
	sem_init(&echo, 0, 0);
	thread = start(take_items, NULL);
	for (int i = 0; i < ROUNDS; i++) {
		sem_post(&items);
		while (sem_wait(&echo))
			;
	}
	join(thread);
	tap_ok(sem_trywait(&items) < 0 && errno == EAGAIN,
	       "a semaphore gives as often as it got");
	then = in_ms(CLOCK_REALTIME, 20);
	tap_ok(sem_timedwait(&items, &then) < 0 && errno == ETIMEDOUT,
	       "and is waited for until the time is up");
	sem_destroy(&items);
	sem_destroy(&echo);
}

/* Thread-local variables */

static _Thread_local int initialized = 42;
static _Thread_local char zeros[3000];
static _Thread_local long aligned __attribute__((aligned(64))) = -7;
static pthread_key_t key;
static int destroyed;

static void count_destroyed(void *value)
{
	__atomic_fetch_add(&destroyed, (int)(long)value, __ATOMIC_RELAXED);
}

static void *own_variables(void *arg)
{
	int me = (int)(long)arg;
	bool good = initialized == 42 && aligned == -7 &&
		    (uintptr_t)&aligned % 64 == 0;

	for (size_t i = 0; i < sizeof(zeros); i++)
		good &= zeros[i] == 0;
	good &= pthread_getspecific(key) == NULL;
	initialized = me;
	memset(zeros, me, sizeof(zeros));
	pthread_setspecific(key, (void *)1L);
	sleep_ms(5);
	good &= initialized == me && zeros[0] == me && zeros[2999] == me &&
		pthread_getspecific(key) == (void *)1L;
	return (void *)(long)good;
}

static void check_local(void)
{
	pthread_t thread[WORKERS];
	long good = 0;

	destroyed = 0;
	pthread_key_create(&key, count_destroyed);
	for (long i = 0; i < WORKERS; i++)
		thread[i] = start(own_variables, (void *)(i + 1));
	for (int i = 0; i < WORKERS; i++)
		good += (long)join(thread[i]);
	tap_equal(good, WORKERS, "thread-local variables are each thread's");
	tap_ok(initialized == 42 && !zeros[0], "and the main thread's its own");
	tap_equal(destroyed, WORKERS, "values of a key are destroyed");
	pthread_key_delete(key);
}

static void *set_errno(void *arg)
{
	errno = EXDEV;
	sleep_ms(5);
	return errno == EXDEV ? NULL : arg;
}

static int once_count;

static void do_once(void)
{
	once_count++;
	sleep_ms(5);
}

static pthread_once_t once;

static void *call_once(void *arg)
{
	(void)arg;
	pthread_once(&once, do_once);
	return (void *)(long)once_count;
}

static void check_once(void)
{
	static const pthread_once_t fresh = PTHREAD_ONCE_INIT;
	pthread_t thread[WORKERS], other;
	long sum = 0;

	once = fresh;
	once_count = 0;
	for (int i = 0; i < WORKERS; i++)
		thread[i] = start(call_once, NULL);
	for (int i = 0; i < WORKERS; i++)
		sum += (long)join(thread[i]);
	tap_equal(sum, WORKERS, "once is once, and the others wait for it");
	errno = 0;
	other = start(set_errno, (void *)1L);
	sleep_ms(1);
	tap_equal(errno, 0, "errno is each thread's");
	tap_ok(!join(other), "the other's, too");
}

/* Cancellation */

static int cleaned;

static void clean(void *arg)
{
	cleaned += (int)(long)arg;
}

static void *sleep_for_ever(void *arg)
{
	pthread_cleanup_push(clean, (void *)1L);
	sem_post(arg);
	for (;;)
		pause();
	pthread_cleanup_pop(0);
	return NULL;
}

static void *read_for_ever(void *arg)
{
	char c;

	if (read(*(int *)arg, &c, 1) < 0)
		return (void *)1L;
	return NULL;
}

static void *burn_for_ever(void *arg)
{
	static volatile long burnt;

	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	sem_post(arg);
	for (;;)
		burnt++;
	return NULL;
}

static void unlock(void *arg)
{
	pthread_mutex_unlock(arg);
}

static void *wait_for_ever(void *arg)
{
	pthread_mutex_lock(&mutex);
	pthread_cleanup_push(unlock, &mutex);
	sem_post(arg);
	for (;;)
		pthread_cond_wait(&filled, &mutex);
	pthread_cleanup_pop(1);
	return NULL;
}

static void *refuse_first(void *arg)
{
	int old;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
	sem_post(arg);
	sleep_ms(20);
	cleaned += 100;
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &old);
	pthread_testcancel();
	return NULL;
}

static bool is_cancelled(void *(*fn)(void *), bool ready)
{
	pthread_t thread;
	sem_t at_work;

	sem_init(&at_work, 0, 0);
	thread = start(fn, &at_work);
	while (ready && sem_wait(&at_work))
		;
	must(pthread_cancel(thread), "pthread_cancel");
	return join(thread) == PTHREAD_CANCELED;
}

static void check_cancel(void)
{
	pthread_t thread;
	int fd[2];

	cleaned = 0;
	tap_ok(is_cancelled(sleep_for_ever, true), "cancelled in a sleep");
	tap_equal(cleaned, 1, "and cleaned up");
	tap_ok(is_cancelled(sleep_for_ever, false), "cancelled at its start");
	tap_ok(is_cancelled(burn_for_ever, true),
	       "cancelled at any instruction");
	tap_ok(is_cancelled(wait_for_ever, true),
	       "cancelled in a condition variable");
	tap_equal(pthread_mutex_trylock(&mutex), 0, "whose mutex it gave back");
	pthread_mutex_unlock(&mutex);
	cleaned = 0;
	tap_ok(is_cancelled(refuse_first, true), "cancelled when it allows it");
	tap_equal(cleaned, 100, "and not before");
	if (pipe(fd))
		tap_bail("pipe: %s", strerror(errno));
	thread = start(read_for_ever, &fd[0]);
	sleep_ms(10);
	pthread_cancel(thread);
	tap_ok(join(thread) == PTHREAD_CANCELED, "cancelled in a read");
	close(fd[0]);
	close(fd[1]);
}

/* Signals */

static pthread_t got_signal;
static int signals;

static void note_signal(int sig)
{
	(void)sig;
	got_signal = pthread_self();
	__atomic_fetch_add(&signals, 1, __ATOMIC_RELAXED);
}

static void *wait_signal(void *arg)
{
	sem_post(arg);
	while (!__atomic_load_n(&signals, __ATOMIC_RELAXED))
		sleep_ms(1);
	return (void *)(long)pthread_equal(got_signal, pthread_self());
}

static void *take_signal(void *arg)
{
	sigset_t set;
	int sig = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sem_post(arg);
	sigwait(&set, &sig);
	return (void *)(long)sig;
}

static void check_signals(void)
{
	struct sigaction action = { .sa_handler = note_signal };
	pthread_t thread;
	sigset_t set;
	sem_t ready;

	sem_init(&ready, 0, 0);
	signals = 0;
	sigaction(SIGUSR1, &action, NULL);
	thread = start(wait_signal, &ready);
	while (sem_wait(&ready))
		;
	must(pthread_kill(thread, SIGUSR1), "pthread_kill");
	tap_ok(join(thread) && signals == 1, "a signal reaches its thread");
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	thread = start(take_signal, &ready);
	while (sem_wait(&ready))
		;
	kill(getpid(), SIGUSR2);
	tap_equal((long)join(thread), SIGUSR2,
		  "a thread takes a signal of the process");
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	sem_destroy(&ready);
}

/* Robust mutexes, and mutexes between processes */

static pthread_mutex_t *shared_mutex(int robust)
{
	pthread_mutex_t *m = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_t attr;

	if (m == MAP_FAILED)
		tap_bail("mmap: %s", strerror(errno));
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setrobust(&attr, robust);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	must(pthread_mutex_init(m, &attr), "pthread_mutex_init");
	pthread_mutexattr_destroy(&attr);
	return m;
}

static sem_t locked;

static void *lock_and_end(void *arg)
{
	pthread_mutex_lock(arg);
	sem_post(&locked);
	sleep_ms(20);		/* another waits by then */
	return NULL;
}

static void check_robust(void)
{
	pthread_mutex_t *m = shared_mutex(PTHREAD_MUTEX_ROBUST);
	pthread_t thread;

	sem_init(&locked, 0, 0);
	thread = start(lock_and_end, m);
	while (sem_wait(&locked))
		;
	tap_equal(pthread_mutex_lock(m), EOWNERDEAD,
		  "a mutex whose owner ended says so");
	tap_equal(pthread_mutex_consistent(m), 0, "it is made consistent");
	tap_equal(pthread_mutex_unlock(m), 0, "and unlocked");
	join(thread);
	join(start(lock_and_end, m));
	tap_equal(pthread_mutex_lock(m), EOWNERDEAD, "it says so again");
	pthread_mutex_unlock(m);
	tap_equal(pthread_mutex_lock(m), ENOTRECOVERABLE,
		  "if nobody makes it consistent it is lost");
	munmap(m, 4096);
}

/* The child's part: hold @m, say so, and be killed. */
static void hold_and_die(pthread_mutex_t *m, int say)
{
	pthread_mutex_lock(m);
	(void)!write(say, "", 1);
	sleep_ms(20);
	kill(getpid(), SIGKILL);
	_exit(1);
}

static void check_robust_process(void)
{
	pthread_mutex_t *m = shared_mutex(PTHREAD_MUTEX_ROBUST);
	int status, said[2];
	pid_t pid;
	char c;

	if (pipe(said))
		tap_bail("pipe: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		tap_bail("fork: %s", strerror(errno));
	if (pid == 0)
		hold_and_die(m, said[1]);
	close(said[1]);
	tap_equal(read(said[0], &c, 1), 1, "another process has a mutex");
	close(said[0]);
	tap_equal(pthread_mutex_lock(m), EOWNERDEAD,
		  "whose owner ended when its process is killed");
	pthread_mutex_consistent(m);
	pthread_mutex_unlock(m);
	waitpid(pid, &status, 0);
	munmap(m, 4096);
}

static void check_shared(void)
{
	pthread_mutex_t *m = shared_mutex(PTHREAD_MUTEX_STALLED);
	long *count = (long *)(m + 1);
	pid_t pid = fork();
	int status = -1;

	if (pid < 0)
		tap_bail("fork: %s", strerror(errno));
	for (int i = 0; i < ROUNDS; i++) {
		long now;

		pthread_mutex_lock(m);
		now = *count;
		if (i % 16 == 0)
			sched_yield();
		*count = now + 1;
		pthread_mutex_unlock(m);
	}
	if (pid == 0)
		_exit(0);
	waitpid(pid, &status, 0);
	tap_equal(*count, 2 * ROUNDS, "a mutex between processes");
	tap_equal(status, 0, "and the other one ends well");
	munmap(m, 4096);
}

/* Births and ends */

static void *nothing(void *arg)
{
	return arg;
}

static void check_many(void)
{
	pthread_t thread[AT_ONCE];
	pthread_attr_t attr;
	long sum = 0;

	for (long i = 0; i < MANY; i++)
		sum += (long)join(start(nothing, (void *)i));
	tap_equal(sum, (long)MANY * (MANY - 1) / 2, "many, one after another");
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	sum = 0;
	for (long i = 0; i < AT_ONCE; i++)
		must(pthread_create(&thread[i], &attr, nothing, (void *)i),
		     "pthread_create");
	for (int i = 0; i < AT_ONCE; i++)
		sum += (long)join(thread[i]);
	tap_equal(sum, (long)AT_ONCE * (AT_ONCE - 1) / 2, "many at once");
	pthread_attr_destroy(&attr);
}

static void *post(void *arg)
{
	sem_post(arg);
	return NULL;
}

static void check_detached(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	sem_t done;

	sem_init(&done, 0, 0);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK);
	for (int i = 0; i < WORKERS; i++)
		must(pthread_create(&thread, &attr, post, &done),
		     "pthread_create");
	for (int i = 0; i < WORKERS; i++)
		while (sem_wait(&done))
			;
	sleep_ms(20);		/* they have posted, and end now */
	tap_ok(true, "detached threads run to their end");
	pthread_attr_destroy(&attr);
	sem_destroy(&done);
}

static void *end_process(void *arg)
{
	join(*(pthread_t *)arg);
	_exit(17);
}

/* --main-ends: the main thread ends by itself, another ends the process. */
static void main_ends(void)
{
	static pthread_t self;

	self = pthread_self();
	start(end_process, &self);
	pthread_exit(NULL);
}

static void *meet(void *arg)
{
	pthread_barrier_wait(arg);
	return NULL;
}

/* --crowd: threads that are all there before the first of them ends. */
static _Noreturn void crowd(void)
{
	static pthread_t thread[CROWD];
	pthread_attr_t attr;

	alarm(LIMIT);
	pthread_barrier_init(&barrier, NULL, CROWD);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	for (int i = 0; i < CROWD; i++)
		must(pthread_create(&thread[i], &attr, meet, &barrier),
		     "pthread_create");
	for (int i = 0; i < CROWD; i++)
		join(thread[i]);
	exit(0);
}

static void check_main_ends(void)
{
	tap_equal(child_wait(child_again("--main-ends", NULL, NULL, -1, -1)),
		  17, "the main thread may end before others");
}

static void check_all(void)
{
	alarm(LIMIT);
	check_mutex();
	check_mutex_kinds();
	check_timed_lock();
	check_condition();
	check_timed_wait();
	check_rwlock();
	check_barrier();
	check_semaphore();
	check_local();
	check_once();
	check_cancel();
	check_signals();
	check_robust();
	check_robust_process();
	check_shared();
	check_many();
	check_detached();
	check_main_ends();
}

/* The same again in a process of its own, whose memory goes with it. */
static void run_again(void)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null < 0)
		tap_bail("/dev/null: %s", strerror(errno));
	tap_equal(child_wait(child_again("--again", NULL, NULL, -1, null)), 0,
		  "all of it again");
	close(null);
}

int main(int argc, char **argv)
{
	struct counts before;

	child_init(argv[0]);
	if (argc > 1 && !strcmp(argv[1], "--main-ends"))
		main_ends();
	if (argc > 1 && !strcmp(argv[1], "--crowd"))
		crowd();
	check_all();
	if (argc > 1)
		return tap_done();
	alarm(2 * LIMIT);
	run_again();
	counts_take(&before);
	run_again();
	tap_equal(child_wait(child_again("--crowd", NULL, NULL, -1, -1)), 0,
		  "a crowd of threads");
	counts_check(&before);
	return tap_done();
}
