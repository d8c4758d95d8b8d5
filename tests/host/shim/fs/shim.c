// SPDX-License-Identifier: MIT
/*
 * The kernel around the file system, for host tests; see shim.h.
 */
#include "shim.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dev/hostdev.h"
#include "fs/file.h"
#include "fs/fs_context.h"
#include "fs/inode.h"
#include "lib/assert.h"
#include "lib/errno.h"
#include "lib/panic.h"
#include "lib/random.h"
#include "mm/filemap.h"
#include "mm/kmem.h"
#include "mm/kvm.h"
#include "mm/page.h"
#include "mm/tables.h"
#include "mm/user.h"
#include "proc/own_files.h"
#include "proc/process.h"
#include "sched/clock.h"
#include "signal/signal.h"
#include "syscall/syscall.h"
#include "tty/tty.h"

#define USER_END (UINT64_C(1) << 47)

enum { MAX_HELD = 12 };

/* Of sched/sched.h and sched/thread.h, whose names the C library has too. */
uint64_t sched_switch_count(void);
uint64_t sched_idle_ns(void);
unsigned thread_count(void);

_Noreturn static void die(const char *what)
{
	fprintf(stderr, "shim: %s\n", what);
	abort();
}

void assert_failed(const char *file, int line, const char *expr)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, expr);
	abort();
}

void fatal(const char *fmt, ...)
{
	die(fmt);
}

/* Memory */

static unsigned objects, pages;
static size_t pages_free = 1 << 20, pages_total = 1 << 20;
static long fail_after = -1;
static bool failed;

void shim_fail_after(long n)
{
	fail_after = n;
	failed = false;
}

bool shim_failed(void)
{
	return failed;
}

static bool may_allocate(void)
{
	if (fail_after < 0)
		return true;
	if (fail_after > 0) {
		fail_after--;
		return true;
	}
	fail_after = -1;
	failed = true;
	return false;
}

void *kmalloc(size_t size)
{
	void *p = may_allocate() ? malloc(size) : NULL;

	if (p) {
		memset(p, 0xa5, size);
		__atomic_add_fetch(&objects, 1, __ATOMIC_RELAXED);
	}
	return p;
}

void *kzalloc(size_t size)
{
	void *p = kmalloc(size);

	return p ? memset(p, 0, size) : NULL;
}

void kfree(void *p)
{
	if (!p)
		return;
	__atomic_sub_fetch(&objects, 1, __ATOMIC_RELAXED);
	free(p);
}

/* The caller has a reference to each. */
static struct page adopted[64];
static uint64_t adopted_at, adopted_count;

void shim_adopt(void *start, size_t n)
{
	if (n > sizeof(adopted) / sizeof(adopted[0]))
		die("more adopted than there is room for");
	adopted_at = start ? virt_to_phys(start) : 0;
	adopted_count = n;
	for (size_t i = 0; i < n; i++)
		adopted[i] = (struct page){ .refs = 1 };
}

unsigned shim_adopted_refs(size_t n)
{
	return adopted[n].refs;
}

uint64_t page_adopted(uint64_t pa, uint64_t count)
{
	uint64_t room;

	if (pa < adopted_at || pa >= adopted_at + adopted_count * PAGE_SIZE)
		return 0;
	room = adopted_count - (pa - adopted_at) / PAGE_SIZE;
	return count < room ? count : room;
}

void page_get_file_run(uint64_t pa, uint64_t count)
{
	for (; count; count--, pa += PAGE_SIZE) {
		page_get(pa);
		page_set_file(pa);
	}
}

/* A page's description is behind it. */
struct page *page_of(uint64_t pa)
{
	if (page_adopted(pa, 1))
		return &adopted[(pa - adopted_at) / PAGE_SIZE];
	return (struct page *)((char *)phys_to_virt(pa) + PAGE_SIZE);
}

uint64_t page_alloc(unsigned order)
{
	uint8_t *p;

	if (order || !pages_free || !may_allocate())
		return 0;
	p = aligned_alloc(PAGE_SIZE, 2 * PAGE_SIZE);
	if (!p)
		die("out of memory");
	memset(p, 0xa5, PAGE_SIZE);
	memset(p + PAGE_SIZE, 0, PAGE_SIZE);
	page_of(virt_to_phys(p))->refs = 1;
	__atomic_add_fetch(&pages, 1, __ATOMIC_RELAXED);
	__atomic_sub_fetch(&pages_free, 1, __ATOMIC_RELAXED);
	return virt_to_phys(p);
}

uint64_t page_alloc_zeroed(void)
{
	uint64_t pa = page_alloc(0);

	if (pa)
		memset(phys_to_virt(pa), 0, PAGE_SIZE);
	return pa;
}

void page_free(uint64_t pa, unsigned order)
{
	if (order)
		die("page_free of an order that was never allocated");
	if (page_of(pa)->refs != 1)
		die("page_free of a page that others have");
	__atomic_sub_fetch(&pages, 1, __ATOMIC_RELAXED);
	__atomic_add_fetch(&pages_free, 1, __ATOMIC_RELAXED);
	free(phys_to_virt(pa));
}

uint64_t page_alloc_user_zeroed(void)
{
	return page_alloc_zeroed();
}

void page_get(uint64_t pa)
{
	__atomic_add_fetch(&page_of(pa)->refs, 1, __ATOMIC_RELAXED);
}

void page_put(uint64_t pa)
{
	if (__atomic_sub_fetch(&page_of(pa)->refs, 1, __ATOMIC_ACQ_REL))
		return;
	page_of(pa)->refs = 1;
	page_free(pa, 0);
}

void page_set_file(uint64_t pa)
{
	page_of(pa)->is_file = true;
}

void page_set_code(uint64_t pa, bool is_code)
{
	__atomic_store_n(&page_of(pa)->is_code, is_code, __ATOMIC_RELAXED);
}

size_t page_free_count(void)
{
	return __atomic_load_n(&pages_free, __ATOMIC_RELAXED);
}

size_t page_total_count(void)
{
	return pages_total;
}

void shim_set_pages(size_t unused, size_t total)
{
	pages_free = unused;
	pages_total = total;
}

unsigned shim_objects(void)
{
	return objects;
}

unsigned shim_pages(void)
{
	return pages;
}

/* Locks, with the order of their ranks */

static _Thread_local struct {
	const void *lock;
	unsigned rank;
} held[MAX_HELD];
static _Thread_local unsigned nheld;
static _Thread_local bool preparing;	/* between wait_prepare and sleep */

static void note_lock(const void *lock, unsigned rank, bool nested)
{
	if (nheld == MAX_HELD)
		die("too many locks held");
	for (unsigned i = 0; i < nheld; i++) {
		if (held[i].lock == lock)
			die("lock taken twice");
		if (held[i].rank > rank || (held[i].rank == rank && !nested))
			die("locks taken out of order");
		/* Two directories only under the rename lock. */
		if (rank == RANK_DIR && held[i].rank == RANK_DIR &&
		    held[0].rank != RANK_RENAME && held[1].rank != RANK_RENAME)
			die("two directories without the rename lock");
	}
	if (preparing && rank <= RANK_LAST_MUTEX)
		die("mutex taken before a sleep");
	held[nheld].lock = lock;
	held[nheld++].rank = rank;
}

static void note_unlock(const void *lock)
{
	for (unsigned i = 0; i < nheld; i++) {
		if (held[i].lock == lock) {
			held[i] = held[--nheld];
			return;
		}
	}
	die("unlock of a lock that is not held");
}

static bool is_held(const void *lock)
{
	for (unsigned i = 0; i < nheld; i++)
		if (held[i].lock == lock)
			return true;
	return false;
}

static void check_may_fault(void)
{
	for (unsigned i = 0; i < nheld; i++)
		if (held[i].rank >= RANK_ASPACE)
			die("user copy with a spinlock held");
	if (preparing)
		die("user copy before a sleep");
}

void mutex_init(struct mutex *mutex, enum lock_rank rank, const char *name)
{
	memset(mutex, 0, sizeof(*mutex));
	mutex->rank = (uint16_t)rank;
	mutex->name = name;
}

static void take_mutex(struct mutex *mutex, bool nested)
{
	struct thread *none;

	note_lock(mutex, mutex->rank, nested);
	do {
		none = NULL;
		if (__atomic_compare_exchange_n(&mutex->owner, &none,
						(struct thread *)&nheld, false,
						__ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED))
			return;
		sched_yield();
	} while (true);
}

void mutex_lock(struct mutex *mutex)
{
	take_mutex(mutex, false);
}

void mutex_lock_nested(struct mutex *mutex)
{
	take_mutex(mutex, true);
}

void mutex_unlock(struct mutex *mutex)
{
	note_unlock(mutex);
	__atomic_store_n(&mutex->owner, NULL, __ATOMIC_RELEASE);
}

void spin_init(struct spinlock *lock, enum lock_rank rank, const char *name)
{
	memset(lock, 0, sizeof(*lock));
	lock->rank = (uint16_t)rank;
	lock->name = name;
}

static void take_spin(struct spinlock *lock, bool nested)
{
	note_lock(lock, lock->rank, nested);
	while (__atomic_exchange_n(&lock->next, 1, __ATOMIC_ACQUIRE))
		sched_yield();
}

void spin_lock(struct spinlock *lock)
{
	take_spin(lock, false);
}

void spin_lock_nested(struct spinlock *lock)
{
	take_spin(lock, true);
}

/* There are no interrupts here. */
uint64_t spin_lock_irqsave(struct spinlock *lock)
{
	take_spin(lock, false);
	return 0;
}

void spin_unlock_irqrestore(struct spinlock *lock, uint64_t daif)
{
	(void)daif;
	spin_unlock(lock);
}

void spin_unlock(struct spinlock *lock)
{
	note_unlock(lock);
	__atomic_store_n(&lock->next, 0, __ATOMIC_RELEASE);
}

void spin_lock_masked(struct spinlock *lock)
{
	take_spin(lock, false);
}

void spin_unlock_masked(struct spinlock *lock)
{
	spin_unlock(lock);
}

void spin_lock_masked_nested(struct spinlock *lock)
{
	take_spin(lock, true);
}

/* Processes: one for each thread of the test */

static _Thread_local struct process *current;
static struct process *everyone[64];	/* by pid; under wait_lock */
static const int *listed;
static unsigned listed_count;

/* Sleep and wake, all under one lock */
static pthread_mutex_t wait_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wait_changed = PTHREAD_COND_INITIALIZER;
static unsigned sleepers;

struct process *process_current(void)
{
	return current;
}

void shim_enter(int pid)
{
	current = calloc(1, sizeof(*current));
	if (!current)
		die("out of memory");
	current->pid = pid;
	current->files = files_create();
	current->fs = fs_context_create(fs_root(), 022);
	pthread_mutex_lock(&wait_lock);
	everyone[pid] = current;
	pthread_mutex_unlock(&wait_lock);
}

void shim_leave(void)
{
	pthread_mutex_lock(&wait_lock);
	everyone[current->pid] = NULL;
	pthread_mutex_unlock(&wait_lock);
	files_put(current->files);
	fs_context_put(current->fs);
	free(current);
	current = NULL;
	if (nheld)
		die("a lock is held at the end");
}

void shim_processes(const int *pids, unsigned n)
{
	listed = pids;
	listed_count = n;
}

static struct process *counted(int pid)
{
	struct process *p = calloc(1, sizeof(*p));

	if (!p)
		die("out of memory");
	p->pid = pid;
	return p;
}

struct process *process_find(int pid)
{
	for (unsigned i = 0; i < listed_count; i++)
		if (listed[i] == pid)
			return counted(pid);
	return NULL;
}

struct process *process_next(int pid)
{
	for (unsigned i = 0; i < listed_count; i++)
		if (listed[i] > pid)
			return counted(listed[i]);
	return NULL;
}

void process_put(struct process *p)
{
	free(p);
}

void process_info(struct process *p, struct process_info *info)
{
	*info = (struct process_info){
		.pid = p->pid,
		.ppid = 1,
		.pgid = 5,
		.sid = 6,
		.state = 'S',
		.name = "a (b) c",
		.utime_ns = 1230000000,
		.stime_ns = 20000000,
		.child_utime_ns = 30000000,
		.child_stime_ns = 40000000,
		.start_ns = 5000000000,
		.nice = -3,
	};
}

unsigned process_count(void)
{
	return listed_count;
}

unsigned thread_count(void)
{
	return 9;
}

/* Leaf calls are not played here. */
void own_files_know(void)
{
}

size_t kvm_spare_pages(void)
{
	return 3;
}

size_t tables_spare(void)
{
	return 1;
}

uint64_t sched_switch_count(void)
{
	return 12345678901;
}

uint64_t sched_idle_ns(void)
{
	return 61230000000;
}

uint64_t clock_now(void)
{
	return 3723450000000;
}

/* Every time but "for ever" has passed: see watch_sleep. */
uint64_t clock_deadline(uint64_t delta_ns)
{
	(void)delta_ns;
	return 0;
}

uint64_t clock_realtime(void)
{
	static uint64_t now = 1700000000000000000;

	return __atomic_add_fetch(&now, 1000, __ATOMIC_RELAXED);
}

/*
 * process->signals.harmless: a signal has come and ends sleeps. status: the
 * last one that signal_send sent.
 */
void shim_signal(int pid)
{
	pthread_mutex_lock(&wait_lock);
	if (everyone[pid])
		everyone[pid]->signals.harmless = 1;
	pthread_cond_broadcast(&wait_changed);
	pthread_mutex_unlock(&wait_lock);
}

bool signal_pending(void)
{
	return __atomic_load_n(&current->signals.harmless, __ATOMIC_RELAXED);
}

bool signal_is_deadly(void)
{
	return current && signal_pending();
}

/* There are no address spaces. */
void filemap_cut(struct inode *inode, uint64_t first)
{
	(void)first;
	if (inode->mappings)
		die("a file is mapped");
	if (!is_held(&inode->lock))
		die("truncation without the file's lock");
}

void signal_send(struct process *p, int sig)
{
	p->status = (uint32_t)sig;
}

void signal_set_temporary_mask(uint64_t set)
{
	(void)set;
	die("masks are not simulated");
}

int shim_sent_signal(void)
{
	int sig = (int)current->status;

	current->status = 0;
	return sig;
}

long syscall_part_missing(enum syscall_part part)
{
	(void)part;
	return -ENOSYS;
}

unsigned shim_sleepers(void)
{
	unsigned n;

	pthread_mutex_lock(&wait_lock);
	n = sleepers;
	pthread_mutex_unlock(&wait_lock);
	return n;
}

void waitq_init(struct waitq *queue, const char *name)
{
	spin_init(&queue->lock, RANK_WAITQ, name);
	list_init(&queue->waiters);
	list_init(&queue->watchers);
}

void wait_prepare(struct waitq *queue, struct waiter *waiter,
		  enum wait_mode mode)
{
	if (mode != WAIT_INTERRUPTIBLE)
		die("a wait for a program that cannot be interrupted");
	if (nheld)
		die("wait with a lock held");
	preparing = true;
	waiter->queue = queue;
	pthread_mutex_lock(&wait_lock);
	list_add_tail(&queue->waiters, &waiter->link);
	pthread_mutex_unlock(&wait_lock);
}

int wait_sleep(struct waiter *waiter, uint64_t deadline_ns)
{
	int err = 0;

	if (deadline_ns != WAIT_FOREVER)
		die("deadlines are not simulated");
	preparing = false;
	pthread_mutex_lock(&wait_lock);
	sleepers++;
	while (!list_empty(&waiter->link) && !signal_pending())
		pthread_cond_wait(&wait_changed, &wait_lock);
	if (!list_empty(&waiter->link))
		err = -EINTR;
	list_del(&waiter->link);	/* the next wait_prepare puts it on */
	sleepers--;
	pthread_mutex_unlock(&wait_lock);
	return err;
}

void wait_finish(struct waiter *waiter)
{
	preparing = false;
	pthread_mutex_lock(&wait_lock);
	list_del(&waiter->link);
	pthread_mutex_unlock(&wait_lock);
}

/* wait_lock is held. */
static void ring_watchers(struct waitq *queue)
{
	struct watcher *watcher;

	list_for_each_entry(watcher, &queue->watchers, struct watcher, link)
		watcher->watch->rung = true;
}

void wait_wake_all(struct waitq *queue)
{
	struct list *node;

	pthread_mutex_lock(&wait_lock);
	ring_watchers(queue);
	while ((node = list_pop(&queue->waiters)))
		;
	pthread_cond_broadcast(&wait_changed);
	pthread_mutex_unlock(&wait_lock);
}

void watch_init(struct watch *watch)
{
	watch->thread = NULL;
	watch->rung = false;
}

void watch_ring(struct watch *watch)
{
	pthread_mutex_lock(&wait_lock);
	watch->rung = true;
	pthread_cond_broadcast(&wait_changed);
	pthread_mutex_unlock(&wait_lock);
}

void watcher_add(struct watcher *watcher, struct watch *watch,
		 struct waitq *queue)
{
	pthread_mutex_lock(&wait_lock);
	watcher->watch = watch;
	watcher->queue = queue;
	list_add_tail(&queue->watchers, &watcher->link);
	pthread_mutex_unlock(&wait_lock);
}

void watcher_remove(struct watcher *watcher)
{
	pthread_mutex_lock(&wait_lock);
	list_del(&watcher->link);
	pthread_mutex_unlock(&wait_lock);
}

void watch_begin(struct watch *watch)
{
	pthread_mutex_lock(&wait_lock);
	watch->rung = false;
	pthread_mutex_unlock(&wait_lock);
}

/* A deadline has passed already, or is never reached. */
int watch_sleep(struct watch *watch, uint64_t deadline_ns)
{
	if (nheld)
		die("wait with a lock held");
	if (deadline_ns != WAIT_FOREVER)
		return -ETIMEDOUT;
	pthread_mutex_lock(&wait_lock);
	sleepers++;
	while (!watch->rung && !signal_pending())
		pthread_cond_wait(&wait_changed, &wait_lock);
	sleepers--;
	pthread_mutex_unlock(&wait_lock);
	return signal_pending() ? -EINTR : 0;
}

/* User memory: this program's own, but for what is said to be bad */

static uintptr_t bad_start, bad_end;

void shim_bad_range(const void *start, const void *end)
{
	bad_start = (uintptr_t)start;
	bad_end = (uintptr_t)end;
}

bool user_range_ok(uint64_t addr, size_t len)
{
	return addr <= USER_END && len <= USER_END - addr;
}

/* How many of @len bytes at @addr are there. */
static size_t accessible(uint64_t addr, size_t len)
{
	check_may_fault();
	if (!user_range_ok(addr, len) || addr < PAGE_SIZE)
		return 0;
	if (addr >= bad_start && addr < bad_end)
		return 0;
	if (addr < bad_start && len > bad_start - addr)
		return bad_start - addr;
	return len;
}

size_t copy_from_user_partial(void *dst, uint64_t src, size_t len)
{
	size_t n = accessible(src, len);

	if (n)
		memcpy(dst, (const void *)(uintptr_t)src, n);
	/* As the kernel's may do: bytes behind those that it reports. */
	if (n < len)
		((uint8_t *)dst)[n] = 0xee;
	return n;
}

size_t copy_to_user_partial(uint64_t dst, const void *src, size_t len)
{
	size_t n = accessible(dst, len);

	if (n)
		memcpy((void *)(uintptr_t)dst, src, n);
	return n;
}

int copy_from_user(void *dst, uint64_t src, size_t len)
{
	return copy_from_user_partial(dst, src, len) == len ? 0 : -EFAULT;
}

int copy_to_user(uint64_t dst, const void *src, size_t len)
{
	return copy_to_user_partial(dst, src, len) == len ? 0 : -EFAULT;
}

int clear_user(uint64_t dst, size_t len)
{
	if (accessible(dst, len) != len)
		return -EFAULT;
	memset((void *)(uintptr_t)dst, 0, len);
	return 0;
}

long string_from_user(char *dst, uint64_t src, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (copy_from_user(dst + i, src + i, 1))
			return -EFAULT;
		if (!dst[i])
			return (long)i;
	}
	return -ENAMETOOLONG;
}

void random_bytes(void *buf, size_t n)
{
	static uint32_t state = 1;

	for (size_t i = 0; i < n; i++) {
		state = state * 1664525 + 1013904223;
		((uint8_t *)buf)[i] = (uint8_t)(state >> 24);
	}
}

/* Devices that only have to be found */

static long tty_read(struct file *f, uint64_t buf, size_t len, uint64_t *pos)
{
	(void)f;
	(void)pos;
	return copy_to_user(buf, "t", 1) ? -EFAULT : (long)(len > 1 ? 1 : len);
}

const struct file_ops tty_file_ops = { .read = tty_read };

static int no_host(struct file *f)
{
	(void)f;
	return -ENODEV;
}

const struct file_ops hostdev_file_ops = { .open = no_host };
