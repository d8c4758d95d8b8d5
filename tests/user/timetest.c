// SPDX-License-Identifier: MIT
/*
 * timetest: clocks, sleeps, and timers that send signals. Times are checked
 * from below only: nothing ends too early; how late it ends says little about
 * a machine that is emulated.
 *
 * `timetest set` sets the real-time clock too, and puts it back.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/counts.h"
#include "lib/tap.h"

#ifndef SIGEV_THREAD_ID
#define SIGEV_THREAD_ID 4
#endif

#define MS 1000000L
#define NS_PER_S 1000000000L

static long now_ns(clockid_t clock)
{
	struct timespec ts;

	if (clock_gettime(clock, &ts))
		return -1;
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static struct timespec spec(long ns)
{
	return (struct timespec){ ns / NS_PER_S, ns % NS_PER_S };
}

/* Keep the CPU busy for so much CPU time of this process. */
static void burn(long ns)
{
	long end = now_ns(CLOCK_PROCESS_CPUTIME_ID) + ns;

	while (now_ns(CLOCK_PROCESS_CPUTIME_ID) < end)
		;
}

/* Clocks */

static void check_clock(clockid_t clock, const char *name)
{
	struct timespec res = { -1, -1 };
	long a = now_ns(clock), b = now_ns(clock);

	tap_ok(a >= 0 && b >= a, "%s does not go back", name);
	tap_ok(clock_getres(clock, &res) == 0 && res.tv_sec == 0 &&
	       res.tv_nsec > 0, "%s has a resolution", name);
}

static long fails(int result)
{
	return result == -1 ? errno : result;
}

static void check_clocks(void)
{
	clockid_t clock = 0;
	struct timespec ts;
	long a, b;

	check_clock(CLOCK_REALTIME, "CLOCK_REALTIME");
	check_clock(CLOCK_MONOTONIC, "CLOCK_MONOTONIC");
	check_clock(CLOCK_MONOTONIC_RAW, "CLOCK_MONOTONIC_RAW");
	check_clock(CLOCK_REALTIME_COARSE, "CLOCK_REALTIME_COARSE");
	check_clock(CLOCK_MONOTONIC_COARSE, "CLOCK_MONOTONIC_COARSE");
	check_clock(CLOCK_BOOTTIME, "CLOCK_BOOTTIME");
	check_clock(CLOCK_TAI, "CLOCK_TAI");
	check_clock(CLOCK_PROCESS_CPUTIME_ID, "CLOCK_PROCESS_CPUTIME_ID");
	check_clock(CLOCK_THREAD_CPUTIME_ID, "CLOCK_THREAD_CPUTIME_ID");
	tap_equal(fails(clock_gettime(99, &ts)), EINVAL,
		  "there is no clock 99");
	tap_equal(clock_getcpuclockid(getpid(), &clock), 0,
		  "a process has a clock");
	a = now_ns(clock);
	burn(5 * MS);
	b = now_ns(clock);
	tap_ok(b - a >= 5 * MS, "which tells its CPU time");
	tap_equal(fails(clock_getcpuclockid(0x3fffff, &clock)), ESRCH,
		  "a process that is not there has none");
	a = now_ns(CLOCK_THREAD_CPUTIME_ID);
	ts = spec(20 * MS);
	nanosleep(&ts, NULL);
	b = now_ns(CLOCK_THREAD_CPUTIME_ID);
	tap_ok(b - a < 20 * MS, "who sleeps uses no CPU time");
}

/* What a program reads by itself. */
static void check_registers(void)
{
	uint64_t a, b, frequency, cache, zero;
	long before, after;

	before = now_ns(CLOCK_MONOTONIC);
	__asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(a) :: "memory");
	burn(3 * MS);
	__asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(b) :: "memory");
	after = now_ns(CLOCK_MONOTONIC);
	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
	tap_ok(frequency > 0 && b > a &&
	       (b - a) * 1000 / (frequency / 1000) <=
	       (uint64_t)(after - before) / 1000 + 2,
	       "CNTVCT_EL0 counts as the clock does");
	__asm__ volatile("mrs %0, ctr_el0" : "=r"(cache));
	__asm__ volatile("mrs %0, dczid_el0" : "=r"(zero));
	tap_ok(cache >> 31 & 1, "CTR_EL0 can be read");
	tap_ok((zero & 15) <= 9, "DCZID_EL0 can be read");
}

static sigjmp_buf back;

static void leave(int sig)
{
	siglongjmp(back, sig);
}

/* SIGILL where Linux has it; 0: the instruction ran. */
static int run_physical_counter(void)
{
	struct sigaction action = { .sa_handler = leave }, old;
	uint64_t value;
	int sig;

	sigaction(SIGILL, &action, &old);
	sig = sigsetjmp(back, 1);
	if (!sig)
		__asm__ volatile("mrs %0, cntp_ctl_el0" : "=r"(value));
	sigaction(SIGILL, &old, NULL);
	return sig;
}

static void check_closed_registers(void)
{
	tap_equal(run_physical_counter(), SIGILL,
		  "the physical timer is the kernel's");
}

/* Sleeps */

static void note(int sig)
{
	(void)sig;
}

static void check_sleeps(void)
{
	struct timespec ts = spec(15 * MS), rest;
	long a = now_ns(CLOCK_MONOTONIC);
	struct timespec bad[] = { { -1, 0 }, { 0, -1 }, { 0, NS_PER_S } };

	tap_equal(nanosleep(&ts, NULL), 0, "nanosleep");
	tap_ok(now_ns(CLOCK_MONOTONIC) - a >= 15 * MS, "is not shorter");
	for (int i = 0; i < 3; i++)
		tap_equal(fails(nanosleep(&bad[i], NULL)), EINVAL,
			  "nanosleep refuses time %d", i);
	ts = spec(now_ns(CLOCK_MONOTONIC) + 15 * MS);
	tap_equal(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL),
		  0, "clock_nanosleep to a moment");
	tap_ok(now_ns(CLOCK_MONOTONIC) >= ts.tv_sec * NS_PER_S + ts.tv_nsec,
	       "is not shorter");
	ts = spec(now_ns(CLOCK_REALTIME) + 15 * MS);
	tap_equal(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &ts, NULL),
		  0, "clock_nanosleep to a moment of real time");
	tap_ok(now_ns(CLOCK_REALTIME) >= ts.tv_sec * NS_PER_S + ts.tv_nsec,
	       "is not shorter");
	ts = spec(0);
	tap_equal(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &ts, &rest),
		  0, "one that has passed");
	tap_equal(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &ts, NULL),
		  EINVAL, "nobody sleeps for his own CPU time");
}

static void check_interrupted(void)
{
	struct sigaction action = { .sa_handler = note };
	/* Again and again: the first may come before the sleep. */
	struct itimerval timer = { { 0, 20000 }, { 0, 20000 } };
	struct itimerval off = { { 0, 0 }, { 0, 0 } };
	struct timespec ts = { 100, 0 }, rest = { 0, 0 };

	action.sa_flags = SA_RESTART;	/* has no effect on sleeps */
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	tap_equal(fails(nanosleep(&ts, &rest)), EINTR, "a signal ends a sleep");
	setitimer(ITIMER_REAL, &off, NULL);
	tap_ok(rest.tv_sec >= 50 && rest.tv_sec < 100,
	       "and what is left is told");
}

/* setitimer */

static volatile int rung;

static void ring(int sig)
{
	(void)sig;
	rung++;
}

static void handle(int sig, void (*fn)(int))
{
	struct sigaction action = { .sa_handler = fn };

	sigaction(sig, &action, NULL);
}

static void check_itimer(int which, int sig, const char *name)
{
	struct itimerval timer = { { 0, 15000 }, { 0, 15000 } }, left;
	struct itimerval off = { { 0, 0 }, { 0, 0 } };
	clockid_t clock = which == ITIMER_REAL ? CLOCK_MONOTONIC :
						 CLOCK_PROCESS_CPUTIME_ID;
	long a = now_ns(clock);

	rung = 0;
	handle(sig, ring);
	tap_equal(setitimer(which, &timer, NULL), 0, "%s", name);
	tap_ok(getitimer(which, &left) == 0 &&
	       left.it_interval.tv_usec > 0 && left.it_value.tv_sec == 0 &&
	       left.it_value.tv_usec > 0, "%s tells what is left", name);
	while (rung < 3)
		;
	tap_ok(now_ns(clock) - a >= 40 * MS, "%s keeps its intervals", name);
	tap_ok(setitimer(which, &off, &left) == 0 &&
	       left.it_interval.tv_usec > 0, "%s was still set", name);
	tap_ok(getitimer(which, &left) == 0 && left.it_value.tv_sec == 0 &&
	       left.it_value.tv_usec == 0, "%s is off", name);
}

static void check_alarm(void)
{
	sigset_t set;
	int sig = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	tap_equal(alarm(100), 0, "alarm: none was set");
	tap_ok(alarm(1) > 90, "alarm tells what was left");
	sigwait(&set, &sig);
	tap_equal(sig, SIGALRM, "alarm rings");
	tap_equal(alarm(0), 0, "alarm rings once");
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/*
 * By then there may be no time for the program between two signals: on a
 * slow machine the next one waits when the handler returns.
 */
static void ring_until_50(int sig)
{
	struct itimerval off = { { 0, 0 }, { 0, 0 } };

	(void)sig;
	if (++rung == 50)
		setitimer(ITIMER_REAL, &off, NULL);
}

/* What nobody takes costs nothing, however short its interval is. */
static void check_short(void)
{
	struct itimerval timer = { { 0, 1 }, { 0, 1 } };
	struct itimerval off = { { 0, 0 }, { 0, 0 } };
	struct timespec ts = spec(20 * MS);
	sigset_t set;

	rung = 0;
	handle(SIGALRM, ring);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	nanosleep(&ts, NULL);
	burn(5 * MS);
	setitimer(ITIMER_REAL, &off, NULL);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	tap_equal(rung, 1, "a blocked signal comes once");
	rung = 0;
	handle(SIGALRM, ring_until_50);
	setitimer(ITIMER_REAL, &timer, NULL);
	while (rung < 50)
		;
	tap_ok(true, "an interval of 1 us rings again and again");
	handle(SIGALRM, SIG_IGN);
	setitimer(ITIMER_REAL, &timer, NULL);
	burn(20 * MS);
	setitimer(ITIMER_REAL, &off, NULL);
	tap_ok(true, "also if its signal is ignored");
	handle(SIGALRM, SIG_DFL);
}

static void check_itimer_errors(void)
{
	struct itimerval timer = { { 0, 0 }, { 0, 1000000 } };

	tap_equal(fails((int)syscall(SYS_setitimer, 0, &timer, NULL)), EINVAL,
		  "setitimer: too many microseconds");
	timer.it_value = (struct timeval){ -1, 0 };
	tap_equal(fails((int)syscall(SYS_setitimer, 0, &timer, NULL)), EINVAL,
		  "setitimer: negative");
	timer.it_value = (struct timeval){ 0, 0 };
	tap_equal(fails((int)syscall(SYS_setitimer, 3, &timer, NULL)), EINVAL,
		  "setitimer: no such timer");
	tap_equal(fails((int)syscall(SYS_getitimer, 3, &timer)), EINVAL,
		  "getitimer: no such timer");
}

/* A timer is its process's only, and goes with it. */
static void check_inheritance(void)
{
	struct itimerval timer = { { 0, 0 }, { 100, 0 } }, left;
	struct itimerval off = { { 0, 0 }, { 0, 0 } };
	int status;
	pid_t pid;

	setitimer(ITIMER_REAL, &timer, NULL);
	pid = fork();
	if (pid == 0) {
		getitimer(ITIMER_REAL, &left);
		timer = (struct itimerval){ { 0, 5000 }, { 0, 5000 } };
		handle(SIGALRM, SIG_DFL);
		if (left.it_value.tv_sec || left.it_value.tv_usec)
			_exit(1);
		setitimer(ITIMER_REAL, &timer, NULL);
		for (;;)
			pause();
	}
	waitpid(pid, &status, 0);
	setitimer(ITIMER_REAL, &off, NULL);
	tap_ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM,
	       "a child has no timer of its parent's, and its own ends it");
}

/* timer_create */

static volatile int timer_code, timer_value, timer_overruns;

static void timer_rings(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	timer_code = info->si_code;
	timer_value = info->si_value.sival_int;
	timer_overruns = info->si_overrun;
	rung++;
}

static timer_t make_timer(clockid_t clock, int notify, int sig)
{
	struct sigaction action = { .sa_sigaction = timer_rings };
	struct sigevent event;
	timer_t timer;

	action.sa_flags = SA_SIGINFO;
	if (sig)
		sigaction(sig, &action, NULL);
	memset(&event, 0, sizeof(event));
	event.sigev_notify = notify;
	event.sigev_signo = sig;
	event.sigev_value.sival_int = 77;
	if (notify == SIGEV_THREAD_ID)
		((int *)&event)[4] = (int)syscall(SYS_gettid);
	if (timer_create(clock, &event, &timer))
		tap_bail("timer_create: %s", strerror(errno));
	return timer;
}

static void set_timer(timer_t timer, int flags, long value, long interval)
{
	struct itimerspec its = { spec(interval), spec(value) };

	if (timer_settime(timer, flags, &its, NULL))
		tap_bail("timer_settime: %s", strerror(errno));
}

static void check_timer(clockid_t clock, int notify, const char *name)
{
	clockid_t with = clock == CLOCK_REALTIME ? CLOCK_MONOTONIC : clock;
	timer_t timer = make_timer(clock, notify, SIGRTMIN + 1);
	struct itimerspec left;
	long a;

	rung = timer_value = 0;
	a = now_ns(with);
	set_timer(timer, 0, 15 * MS, 15 * MS);
	tap_ok(timer_gettime(timer, &left) == 0 &&
	       left.it_interval.tv_nsec == 15 * MS && left.it_value.tv_nsec > 0,
	       "%s: what is left", name);
	while (rung < 3)
		;
	tap_ok(now_ns(with) - a >= 40 * MS, "%s: it keeps its intervals", name);
	tap_ok(timer_code == SI_TIMER && timer_value == 77,
	       "%s: the signal says what it is", name);
	tap_equal(timer_delete(timer), 0, "%s: deleted", name);
	tap_equal(fails(timer_delete(timer)), EINVAL, "%s: it is gone", name);
}

static void check_timer_moments(void)
{
	timer_t timer = make_timer(CLOCK_REALTIME, SIGEV_SIGNAL, SIGUSR1);
	long then = now_ns(CLOCK_REALTIME) + 15 * MS;

	rung = 0;
	set_timer(timer, TIMER_ABSTIME, then, 0);
	while (!rung)
		;
	tap_ok(now_ns(CLOCK_REALTIME) >= then, "a timer for a moment");
	set_timer(timer, TIMER_ABSTIME, 1, 0);
	while (rung < 2)
		;
	tap_ok(true, "one that has passed");
	timer_delete(timer);
}

static void check_overrun(void)
{
	timer_t timer = make_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1);
	struct timespec ts = spec(30 * MS);
	sigset_t set;

	rung = 0;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	set_timer(timer, 0, MS, MS);
	nanosleep(&ts, NULL);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	set_timer(timer, 0, 0, 0);
	tap_ok(rung >= 1 && rung < 10, "what is pending does not pile up");
	timer_delete(timer);

	timer = make_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1);
	rung = 0;
	sigprocmask(SIG_BLOCK, &set, NULL);
	set_timer(timer, 0, MS, 1000 * MS);
	nanosleep(&ts, NULL);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	tap_ok(rung == 1 && timer_overruns == 0 &&
	       timer_getoverrun(timer) == 0, "nothing is overrun");
	rung = 0;
	sigprocmask(SIG_BLOCK, &set, NULL);
	set_timer(timer, 0, MS, 5 * MS);
	nanosleep(&ts, NULL);
	set_timer(timer, 0, MS, 5 * MS);
	nanosleep(&ts, NULL);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	tap_ok(rung >= 1, "it rings when it is let");
	timer_delete(timer);
}

static void check_overrun_count(void)
{
	timer_t timer = make_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR2);
	struct timespec ts = spec(52 * MS);
	sigset_t set;
	siginfo_t info;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	set_timer(timer, 0, MS, 5 * MS);
	nanosleep(&ts, NULL);
	sig = sigwaitinfo(&set, &info);
	tap_ok(sig == SIGUSR2 && info.si_code == SI_TIMER &&
	       info.si_overrun >= 10 &&
	       timer_getoverrun(timer) == info.si_overrun,
	       "what was missed is counted");
	timer_delete(timer);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void check_silent(void)
{
	timer_t timer = make_timer(CLOCK_MONOTONIC, SIGEV_NONE, 0);
	struct timespec ts = spec(5 * MS);
	struct itimerspec left;

	set_timer(timer, 0, 1000 * 1000 * MS, 0);
	nanosleep(&ts, NULL);
	tap_ok(timer_gettime(timer, &left) == 0 && left.it_value.tv_sec > 0 &&
	       left.it_value.tv_sec < 1000, "a silent timer counts");
	set_timer(timer, 0, MS, 0);
	nanosleep(&ts, NULL);
	tap_ok(timer_gettime(timer, &left) == 0 && !left.it_value.tv_sec &&
	       !left.it_value.tv_nsec, "to its end");
	timer_delete(timer);
}

static void check_timer_errors(void)
{
	struct sigevent event;
	struct itimerspec its = { { 0, 0 }, { 0, NS_PER_S } };
	timer_t timer;

	memset(&event, 0, sizeof(event));
	event.sigev_notify = SIGEV_SIGNAL;
	event.sigev_signo = 65;
	tap_equal(fails(timer_create(CLOCK_MONOTONIC, &event, &timer)), EINVAL,
		  "timer_create: no such signal");
	event.sigev_signo = SIGUSR1;
	event.sigev_notify = 9;
	tap_equal(fails((int)syscall(SYS_timer_create, CLOCK_MONOTONIC, &event,
				     &timer)), EINVAL,
		  "timer_create: no such way");
	event.sigev_notify = SIGEV_THREAD_ID;
	((int *)&event)[4] = 1;
	tap_equal(fails((int)syscall(SYS_timer_create, CLOCK_MONOTONIC, &event,
				     &timer)), EINVAL,
		  "timer_create: another process's thread");
	tap_equal(fails(timer_create(99, NULL, &timer)), EINVAL,
		  "timer_create: no such clock");
	tap_equal(fails((int)syscall(SYS_timer_create, CLOCK_MONOTONIC_RAW,
				     NULL, &timer)), EOPNOTSUPP,
		  "timer_create: a clock without timers");
	timer = make_timer(CLOCK_MONOTONIC, SIGEV_NONE, 0);
	tap_equal(fails(timer_settime(timer, 0, &its, NULL)), EINVAL,
		  "timer_settime: too many nanoseconds");
	timer_delete(timer);
}

/* Time used */

static void check_usage(void)
{
	struct rusage a, b;
	struct tms tms;

	getrusage(RUSAGE_SELF, &a);
	burn(30 * MS);
	getrusage(RUSAGE_SELF, &b);
	tap_ok((b.ru_utime.tv_sec + b.ru_stime.tv_sec -
		a.ru_utime.tv_sec - a.ru_stime.tv_sec) * 1000000 +
	       b.ru_utime.tv_usec + b.ru_stime.tv_usec -
	       a.ru_utime.tv_usec - a.ru_stime.tv_usec >= 25000,
	       "getrusage tells what was used");
	tap_ok(times(&tms) > 0 && tms.tms_utime + tms.tms_stime >= 2,
	       "times does");
	tap_equal(fails(getrusage(7, &a)), EINVAL,
		  "getrusage: of nobody");
}

static void check_adjtimex(void)
{
	struct timex t;

	memset(&t, 0, sizeof(t));
	tap_ok(adjtimex(&t) >= 0 && t.tick >= 9000 && t.tick <= 11000 &&
	       t.time.tv_sec > 0, "adjtimex reads");
}

/* Setting the clock */

static void check_setting(void)
{
	long real = now_ns(CLOCK_REALTIME), mono = now_ns(CLOCK_MONOTONIC);
	struct timespec ts = spec(real + 1000 * NS_PER_S), bad = { 0, -1 };
	timer_t timer = make_timer(CLOCK_REALTIME, SIGEV_SIGNAL, SIGUSR1);
	pid_t pid;
	int status;

	rung = 0;
	set_timer(timer, TIMER_ABSTIME, real + 500 * NS_PER_S, 0);
	pid = fork();
	if (pid == 0) {
		struct timespec then = spec(real + 500 * NS_PER_S);

		_exit(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &then,
				      NULL));
	}
	clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){ 0, 20 * MS },
			NULL);
	tap_equal(rung, 0, "timers wait for their moment");
	tap_equal(clock_settime(CLOCK_REALTIME, &ts), 0, "clock_settime");
	tap_ok(now_ns(CLOCK_REALTIME) >= real + 1000 * NS_PER_S,
	       "it is later now");
	tap_ok(now_ns(CLOCK_MONOTONIC) < mono + 500 * NS_PER_S,
	       "but not on the monotonic clock");
	while (!rung)
		;
	waitpid(pid, &status, 0);
	tap_equal(status, 0, "who waited for a moment in between wakes up");
	timer_delete(timer);
	tap_equal(fails(clock_settime(CLOCK_REALTIME, &bad)), EINVAL,
		  "clock_settime: negative");
	tap_equal(fails(clock_settime(CLOCK_MONOTONIC, &ts)), EINVAL,
		  "clock_settime: not the monotonic clock");
	ts = spec(0);
	tap_equal(fails(clock_settime(CLOCK_REALTIME, &ts)), EINVAL,
		  "clock_settime: not before the machine started");
	ts = spec(real + now_ns(CLOCK_MONOTONIC) - mono);
	tap_equal(clock_settime(CLOCK_REALTIME, &ts), 0, "it is put back");
}

static void check_timers(void)
{
	check_itimer(ITIMER_REAL, SIGALRM, "ITIMER_REAL");
	check_itimer(ITIMER_VIRTUAL, SIGVTALRM, "ITIMER_VIRTUAL");
	check_itimer(ITIMER_PROF, SIGPROF, "ITIMER_PROF");
	check_itimer_errors();
	check_alarm();
	check_short();
	check_inheritance();
	check_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, "monotonic timer");
	check_timer(CLOCK_REALTIME, SIGEV_THREAD_ID, "timer for a thread");
	check_timer(CLOCK_PROCESS_CPUTIME_ID, SIGEV_SIGNAL,
		    "timer of CPU time");
	check_timer(CLOCK_THREAD_CPUTIME_ID, SIGEV_SIGNAL,
		    "timer of a thread's CPU time");
	check_timer_moments();
	check_overrun();
	check_overrun_count();
	check_silent();
	check_timer_errors();
}

/* A process ends with timers of every kind set. */
static void leave_timers(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct itimerval timer = { { 0, 3000 }, { 0, 3000 } };

		for (int which = 0; which < 3; which++)
			setitimer(which, &timer, NULL);
		handle(SIGALRM, ring);
		handle(SIGVTALRM, ring);
		handle(SIGPROF, ring);
		for (int i = 0; i < 20; i++)
			set_timer(make_timer(i % 2 ? CLOCK_MONOTONIC :
					     CLOCK_PROCESS_CPUTIME_ID,
					     SIGEV_SIGNAL, SIGUSR1),
				  0, MS, MS);
		burn(20 * MS);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
	struct counts before;

	if (argc > 1 && !strcmp(argv[1], "set")) {
		check_setting();
		return tap_done();
	}
	counts_take(&before);
	check_clocks();
	check_registers();
	if (argc > 1 && !strcmp(argv[1], "registers")) {
		check_closed_registers();
		return tap_done();
	}
	check_sleeps();
	check_interrupted();
	check_timers();
	check_usage();
	check_adjtimex();
	leave_timers();
	counts_take(&before);
	leave_timers();
	counts_check(&before);
	return tap_done();
}
