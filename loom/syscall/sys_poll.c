// SPDX-License-Identifier: MIT
/*
 * Waiting for descriptors: ppoll and pselect6, and eventfd2, which makes one
 * to be waited for. fs/poll.h says how the wait works.
 *
 * Both calls look descriptors up again at each look, as Linux does: one that
 * another thread closes meanwhile is POLLNVAL from then on.
 */
#include "syscall/sys_poll.h"

#include <stdbool.h>
#include <stddef.h>

#include "fs/eventfd.h"
#include "fs/file.h"
#include "fs/poll.h"
#include "lib/bitmap.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/kmem.h"
#include "mm/user.h"
#include "proc/process.h"
#include "sched/clock.h"
#include "signal/signal.h"
#include "syscall/path_arg.h"

#define NS_PER_S UINT64_C(1000000000)

enum {
	EFD_SEMAPHORE = 1,
	FEW = 16,		/* pollfds that the stack has room for */
};

/* How long to wait. */
struct timeout_arg {
	uint64_t addr;		/* of the program's timespec; 0: for ever */
	uint64_t ns;
	uint64_t start_ns, deadline_ns;
};

struct timespec {
	int64_t sec, nsec;
};

/* 0, -EFAULT or -EINVAL. */
static int timeout_get(struct timeout_arg *t, uint64_t addr)
{
	struct timespec ts;

	*t = (struct timeout_arg){ .addr = addr, .deadline_ns = WAIT_FOREVER };
	if (!addr)
		return 0;
	if (copy_from_user(&ts, addr, sizeof(ts)))
		return -EFAULT;
	if (ts.sec < 0 || ts.nsec < 0 || ts.nsec >= (int64_t)NS_PER_S)
		return -EINVAL;
	if (__builtin_mul_overflow((uint64_t)ts.sec, NS_PER_S, &t->ns) ||
	    __builtin_add_overflow(t->ns, (uint64_t)ts.nsec, &t->ns))
		t->ns = UINT64_MAX;
	t->start_ns = clock_now();
	t->deadline_ns = clock_deadline(t->ns);
	return 0;
}

static bool is_zero(const struct timeout_arg *t)
{
	return t->addr && t->ns == 0;
}

/*
 * Write back what is left of the time. That it cannot be written does not
 * undo what the call has done.
 */
static void timeout_put(const struct timeout_arg *t)
{
	uint64_t passed = clock_now() - t->start_ns;
	uint64_t left = passed < t->ns ? t->ns - passed : 0;
	struct timespec ts = {
		.sec = (int64_t)(left / NS_PER_S),
		.nsec = (int64_t)(left % NS_PER_S),
	};

	if (t->addr && t->ns)
		(void)copy_to_user(t->addr, &ts, sizeof(ts));
}

/* The mask of signals for the time of the call, if there is one. */
static int mask_set(uint64_t addr, uint64_t size)
{
	uint64_t set;

	if (!addr)
		return 0;
	if (size != sizeof(set))
		return -EINVAL;
	if (copy_from_user(&set, addr, sizeof(set)))
		return -EFAULT;
	signal_set_temporary_mask(set);
	return 0;
}

/* Look at all that a call waits for: how many are ready. */
typedef long (*look_fn)(void *what, struct poll_table *pt);

/* How many are ready; 0 at the end of the time; -EINTR, -ENOMEM. */
static long wait_for(look_fn look, void *what, const struct timeout_arg *t)
{
	struct poll_table pt;
	long ready;
	int err = 0;

	if (is_zero(t)) {
		ready = look(what, NULL);
		return ready || !signal_pending() ? ready : -EINTR;
	}
	poll_begin(&pt);
	for (;;) {
		poll_round(&pt);
		ready = look(what, &pt);
		if (ready || err)
			break;
		err = poll_sleep(&pt, t->deadline_ns);
	}
	poll_end(&pt);
	if (ready || err == -ETIMEDOUT)
		return ready;
	return err;
}

/* poll */

struct pollfd {
	int32_t fd;
	uint16_t events, revents;
};

struct poll_set {
	struct pollfd *fd;
	size_t n;
};

/* The state of one descriptor; POLLNVAL: there is no file. */
static unsigned state_of(int fd, struct poll_table *pt)
{
	struct file *f = files_lookup(process_current()->files, fd);
	unsigned state = POLLNVAL;

	if (!f)
		return POLLNVAL;
	if (f->ops)
		state = poll_file(f, pt);
	file_put(f);
	return state;
}

static long poll_look(void *what, struct poll_table *pt)
{
	const unsigned always = POLLERR | POLLHUP | POLLNVAL;
	struct poll_set *set = what;
	long ready = 0;

	for (size_t i = 0; i < set->n; i++) {
		struct pollfd *p = &set->fd[i];

		p->revents = 0;
		if (p->fd < 0)
			continue;
		/* Once there is an answer nobody will sleep. */
		p->revents = (uint16_t)(state_of(p->fd, ready ? NULL : pt) &
					(p->events | always));
		ready += p->revents != 0;
	}
	return ready;
}

/* Only revents is the kernel's to write. */
static int put_revents(const struct poll_set *set, uint64_t addr)
{
	for (size_t i = 0; i < set->n; i++) {
		uint64_t at = addr + i * sizeof(struct pollfd) +
			      offsetof(struct pollfd, revents);

		if (copy_to_user(at, &set->fd[i].revents,
				 sizeof(set->fd[i].revents)))
			return -EFAULT;
	}
	return 0;
}

static long do_poll(uint64_t addr, size_t n, const struct timeout_arg *t)
{
	struct pollfd few[FEW];
	struct poll_set set = { .fd = few, .n = n };
	size_t size = n * sizeof(struct pollfd);
	uint32_t soft, hard;
	long ready;

	files_get_limit(process_current()->files, &soft, &hard);
	if (n > soft)
		return -EINVAL;
	if (n > FEW)
		set.fd = kmalloc(size);
	if (!set.fd)
		return -ENOMEM;
	ready = copy_from_user(set.fd, addr, size);
	if (!ready)
		ready = wait_for(poll_look, &set, t);
	if (ready >= 0 && put_revents(&set, addr))
		ready = -EFAULT;
	if (set.fd != few)
		kfree(set.fd);
	return ready;
}

long sys_ppoll(const uint64_t arg[6])
{
	struct timeout_arg t;
	long result = timeout_get(&t, arg[2]);

	if (!result)
		result = mask_set(arg[3], arg[4]);
	if (result)
		return result;
	result = do_poll(arg[0], (uint32_t)arg[1], &t);
	timeout_put(&t);
	return result;
}

/* select */

enum { IN, OUT, EX, SETS };

/* What makes a descriptor ready for each of the three. */
static const unsigned ready_by[SETS] = {
	[IN] = POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR | POLLNVAL,
	[OUT] = POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR | POLLNVAL,
	[EX] = POLLPRI | POLLNVAL,
};

struct select_sets {
	size_t n;		/* descriptors */
	uint64_t *want[SETS], *got[SETS];
};

static size_t set_words(size_t n)
{
	return (n + 63) / 64;
}

static bool is_wanted(const struct select_sets *s, size_t fd)
{
	return bitmap_test(s->want[IN], fd) || bitmap_test(s->want[OUT], fd) ||
	       bitmap_test(s->want[EX], fd);
}

static long select_look(void *what, struct poll_table *pt)
{
	struct select_sets *s = what;
	long ready = 0;

	memset(s->got[0], 0, SETS * set_words(s->n) * sizeof(uint64_t));
	for (size_t fd = 0; fd < s->n; fd++) {
		unsigned state;

		if (!is_wanted(s, fd))
			continue;
		state = state_of((int)fd, ready ? NULL : pt);
		for (unsigned i = 0; i < SETS; i++) {
			if (!bitmap_test(s->want[i], fd) ||
			    !(state & ready_by[i]))
				continue;
			bitmap_set(s->got[i], fd);
			ready++;
		}
	}
	return ready;
}

/* 0, or -EBADF if one that is asked for is not open. */
static int all_open(const struct select_sets *s)
{
	struct files *files = process_current()->files;

	for (size_t fd = 0; fd < s->n; fd++) {
		struct file *f;

		if (!is_wanted(s, fd))
			continue;
		f = files_lookup(files, (int)fd);
		if (!f)
			return -EBADF;
		file_put(f);
	}
	return 0;
}

static int get_sets(struct select_sets *s, const uint64_t addr[SETS])
{
	size_t bytes = set_words(s->n) * sizeof(uint64_t);

	for (unsigned i = 0; i < SETS; i++)
		if (addr[i] && copy_from_user(s->want[i], addr[i], bytes))
			return -EFAULT;
	return 0;
}

static int put_sets(const struct select_sets *s, const uint64_t addr[SETS])
{
	size_t bytes = set_words(s->n) * sizeof(uint64_t);

	for (unsigned i = 0; i < SETS; i++)
		if (addr[i] && copy_to_user(addr[i], s->got[i], bytes))
			return -EFAULT;
	return 0;
}

/* Bits beyond the last descriptor are neither looked at nor changed. */
static long do_select(int n, const uint64_t addr[SETS],
		      const struct timeout_arg *t)
{
	uint32_t size = files_size(process_current()->files);
	struct select_sets s;
	uint64_t *words;
	long ready;

	if (n < 0)
		return -EINVAL;
	s.n = (uint32_t)n < size ? (uint32_t)n : size;
	words = kzalloc((2 * SETS * set_words(s.n) + 1) * sizeof(*words));
	if (!words)
		return -ENOMEM;
	for (unsigned i = 0; i < SETS; i++) {
		s.want[i] = words + i * set_words(s.n);
		s.got[i] = words + (SETS + i) * set_words(s.n);
	}
	ready = get_sets(&s, addr);
	if (!ready)
		ready = all_open(&s);
	if (!ready)
		ready = wait_for(select_look, &s, t);
	if (ready >= 0 && put_sets(&s, addr))
		ready = -EFAULT;
	kfree(words);
	return ready;
}

long sys_pselect6(const uint64_t arg[6])
{
	uint64_t mask[2] = { 0, 0 };	/* address and size */
	struct timeout_arg t;
	long result;

	if (arg[5] && copy_from_user(mask, arg[5], sizeof(mask)))
		return -EFAULT;
	result = timeout_get(&t, arg[4]);
	if (!result)
		result = mask_set(mask[0], mask[1]);
	if (result)
		return result;
	result = do_select((int)arg[0], &arg[1], &t);
	timeout_put(&t);
	return result;
}

long sys_eventfd2(const uint64_t arg[6])
{
	uint32_t flags = (uint32_t)arg[1];
	struct files *files = process_current()->files;
	struct file *f;
	int err, fd;

	if (flags & ~(uint32_t)(EFD_SEMAPHORE | FILE_CLOEXEC | FILE_NONBLOCK))
		return -EINVAL;
	err = eventfd_create((uint32_t)arg[0], flags & EFD_SEMAPHORE,
			     flags & FILE_NONBLOCK, &f);
	if (err)
		return err;
	fd = files_install(files, f, 0, flags & FILE_CLOEXEC);
	if (fd < 0)
		file_put(f);
	return fd;
}
