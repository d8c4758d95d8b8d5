// SPDX-License-Identifier: MIT
/*
 * Around floor.S: the tables, the tasks that play, and the figures. A kernel by
 * itself for ./bench, which prints by semihosting:
 *
 *	floor NAME N D		N instructions for D operations
 *	end
 *
 * It has no FP registers of its own and no C library.
 */
#include "floor.h"

#include <stddef.h>

enum {
	PAGES = 64,
	TASKS = 3,
	WRITE0 = 0x04,		/* of semihosting */
	EXIT = 0x18,
	GICD = 0x08000000,
	GICR = 0x080a0000,
	GICR_FRAME = 0x10000,	/* of its SGIs and PPIs */
};

_Static_assert(offsetof(struct task, x[9]) == T_X9, "");
_Static_assert(offsetof(struct task, x[10]) == T_X10, "");
_Static_assert(offsetof(struct task, x[12]) == T_X12, "");
_Static_assert(offsetof(struct task, x[30]) == T_X30, "");
_Static_assert(offsetof(struct task, pc) == T_PC, "");
_Static_assert(offsetof(struct task, tpidr) == T_TPIDR, "");
_Static_assert(offsetof(struct task, root) == T_ROOT, "");
_Static_assert(offsetof(struct task, next) == T_NEXT, "");
_Static_assert(offsetof(struct task, prev) == T_PREV, "");
_Static_assert(offsetof(struct task, resume) == T_RESUME, "");
_Static_assert(offsetof(struct task, files) == T_FILES, "");
_Static_assert(offsetof(struct task, parent) == T_PARENT, "");
_Static_assert(offsetof(struct task, pid) == T_PID, "");
_Static_assert(offsetof(struct task, ended) == T_ENDED, "");
_Static_assert(offsetof(struct task, key) == T_KEY, "");
_Static_assert(offsetof(struct task, key_next) == T_KEY_NEXT, "");
_Static_assert(offsetof(struct task, area) == T_AREA, "");
_Static_assert(offsetof(struct task, table) == T_TABLE, "");
_Static_assert(offsetof(struct task, child) == T_CHILD, "");
_Static_assert(offsetof(struct task, fp) == T_FP, "");
_Static_assert(offsetof(struct file, read) == F_READ, "");
_Static_assert(offsetof(struct file, write) == F_WRITE, "");
_Static_assert(offsetof(struct file, count) == F_COUNT, "");
_Static_assert(offsetof(struct file, written) == F_WRITTEN, "");
_Static_assert(offsetof(struct file, waiter) == F_WAITER, "");
_Static_assert(offsetof(struct file, refs) == F_REFS, "");
_Static_assert(offsetof(struct file, ring) == F_RING, "");
_Static_assert(offsetof(struct file, badge) == F_BADGE, "");
_Static_assert(offsetof(struct task, priority) == T_PRIORITY, "");

typedef void code(void);

/* floor.S: programs for EL0. */
code user_first, user_timer;
code user_null, user_yield, user_yield_fp, user_eventfd, user_pipe;
code user_futex, user_fault, user_fork;
code nothing_null, nothing_yield, nothing_yield_fp, nothing_eventfd;
code nothing_pipe, nothing_futex, nothing_fault, nothing_fork;
code partner_yield, partner_yield_fp, partner_eventfd, partner_pipe;
code partner_futex;
code user_ipc_call, partner_ipc, user_ipc_reply, partner_ipc_reply;
code user_signal, user_wait, user_signal_switch, partner_signal_switch;
code user_wait_switch, partner_wait_switch;

/* floor.S: what else is there. */
code resume_frame, eventfd_read, eventfd_write, pipe_read, pipe_write;
code endpoint_call, endpoint_reply_recv;
code notification_signal, notification_wait;
extern char vectors[], vectors_fault[];
extern void *free_pages;
extern struct task *free_tasks;
long semihosting(long operation, const void *what);

uint64_t make_tables(void);
void floor_main(void);
_Noreturn void floor_wrong(uint64_t esr, uint64_t elr);

struct test {
	const char *name;
	code *user, *nothing, *partner;
	unsigned each;		/* operations in a round */
	int threads;		/* they share a space */
};

static const struct test tests[] = {
	{ "null", user_null, nothing_null, NULL, 1, 0 },
	{ "yield-process", user_yield, nothing_yield, partner_yield, 2, 0 },
	{ "yield-thread", user_yield, nothing_yield, partner_yield, 2, 1 },
	{ "yield-fp", user_yield_fp, nothing_yield_fp, partner_yield_fp, 2,
	  0 },
	{ "eventfd", user_eventfd, nothing_eventfd, partner_eventfd, 2, 0 },
	{ "pipe", user_pipe, nothing_pipe, partner_pipe, 2, 0 },
	{ "futex", user_futex, nothing_futex, partner_futex, 2, 1 },
	{ "fork", user_fork, nothing_fork, NULL, 1, 0 },
	{ "fault", user_fault, nothing_fault, NULL, 1, 0 },
};

/* One way of a round, by looks at the counter; the partner waits already. */
static const struct test halves[] = {
	{ "ipc-call", user_ipc_call, NULL, partner_ipc, 1, 0 },
	{ "ipc-reply", user_ipc_reply, NULL, partner_ipc_reply, 1, 0 },
	{ "signal", user_signal, NULL, NULL, 1, 0 },
	{ "wait", user_wait, NULL, NULL, 1, 0 },
	{ "signal-switch", user_signal_switch, NULL, partner_signal_switch,
	  1, 0 },
	{ "wait-switch", user_wait_switch, NULL, partner_wait_switch, 1, 0 },
};

static uint64_t root[512] __attribute__((aligned(4096)));
static uint64_t other_root[512] __attribute__((aligned(4096)));
static uint64_t middle[512] __attribute__((aligned(4096)));
static uint64_t leaf[512] __attribute__((aligned(4096)));
static char pages[PAGES][4096] __attribute__((aligned(4096)));
static char written[2 * ROUNDS][4096] __attribute__((aligned(4096)));
static char stacks[2][256] __attribute__((aligned(16)));
static struct task task[TASKS];
static struct file files[6], *descriptors[TASKS][FILES];

static void put(const char *text)
{
	semihosting(WRITE0, text);
}

static void put_number(uint64_t value)
{
	char text[24], *at = text + sizeof(text);

	*--at = '\0';
	do {
		*--at = (char)('0' + value % 10);
	} while ((value /= 10) != 0);
	put(at);
}

static _Noreturn void end(void)
{
	static const uint64_t status[] = { 0x20026, 0 };

	semihosting(EXIT, status);
	for (;;)
		;
}

void floor_wrong(uint64_t esr, uint64_t elr)
{
	put("wrong ");
	put_number(esr);
	put(" ");
	put_number(elr);
	put("\n");
	end();
}

/* Before the MMU is on: the same in both roots. Returns the first. */
uint64_t make_tables(void)
{
	enum {
		VALID = 1, TABLE = 3, DEVICE = 1 << 2, USER = 1 << 6,
		READ_ONLY = 1 << 7, SHARED = 3 << 8, ACCESSED = 1 << 10,
		BLOCK = VALID | SHARED | ACCESSED,
	};
	const uint64_t not_global = 1 << 11;
	const uint64_t pxn = 1ul << 53, uxn = 1ul << 54;

	middle[0] = (uint64_t)leaf | TABLE;
	root[0] = VALID | ACCESSED | DEVICE | pxn | uxn;
	root[1] = RAM | BLOCK | uxn;
	root[2] = RAM | BLOCK | USER | READ_ONLY | pxn | not_global;
	root[3] = RAM | BLOCK | USER | pxn | uxn | not_global;
	root[4] = (uint64_t)middle | TABLE;
	for (int i = 0; i < 5; i++)
		other_root[i] = root[i];
	return (uint64_t)root;
}

static uint64_t for_code(code *at)
{
	return (uint64_t)at + USER_CODE;
}

static uint64_t for_data(const void *at)
{
	return (uint64_t)at + USER_DATA;
}

static void make_task(unsigned number, code *program, int asid)
{
	static uint32_t word;
	struct task *t = &task[number];

	*t = (struct task){ .sp = for_data(stacks[number % 2] + 256),
			    .pc = for_code(program), .resume = resume_frame,
			    .parent = &task[0], .pid = number + 1,
			    .files = descriptors[number] };
	t->x[23] = for_data(&word);
	t->table = asid == 1 ? root : other_root;
	t->root = (uint64_t)t->table | (uint64_t)asid << 48;
	t->area[0] = FAULTS;
	t->area[1] = FAULTS + 0x100000;
	t->next = t->prev = t;
	for (int i = 0; i < 6; i++)
		t->files[i] = &files[i];
	t->priority = number;
}

static void make_files(void)
{
	static code *const reads[] = {
		eventfd_read, eventfd_read, pipe_read, pipe_read,
		endpoint_reply_recv, notification_wait,
	};
	static code *const writes[] = {
		eventfd_write, eventfd_write, pipe_write, pipe_write,
		endpoint_call, notification_signal,
	};

	for (int i = 0; i < 6; i++)
		files[i] = (struct file){
			.read = reads[i], .write = writes[i], .refs = 1,
		};
}

static void link(struct task *a, struct task *b)
{
	a->next = a->prev = b;
	b->next = b->prev = a;
}

static void set_vectors(const char *at)
{
	__asm__ volatile("msr vbar_el1, %0; isb" : : "r"(at) : "memory");
}

static uint64_t play(const struct test *test, code *program)
{
	make_files();
	make_task(0, program, 1);
	make_task(1, test->partner, test->threads ? 1 : 2);
	make_task(2, NULL, 2);
	free_tasks = &task[2];
	if (test->partner)
		link(&task[0], &task[1]);
	if (test->user == user_fault) {
		set_vectors(vectors_fault);
		task[0].x[23] = program == user_fault ?
				FAULTS : for_data(written);
	}
	return floor_run(&task[0]);
}

static void report(const char *name, uint64_t cost, uint64_t operations)
{
	put("floor ");
	put(name);
	put(" ");
	put_number(cost);
	put(" ");
	put_number(operations);
	put("\n");
}

/* What both sides execute in user mode is taken off. */
static void measure(const struct test *test)
{
	uint64_t empty = play(test, test->nothing);
	uint64_t took = play(test, test->user) - empty;

	if (test->partner)
		took -= empty - 2;	/* a MOV and a look at the counter */
	if (test->user == user_fork)
		took -= (uint64_t)ROUNDS * FORK_CHILD;
	report(test->name, took, (uint64_t)ROUNDS * test->each);
}

/* The partner waits at the endpoint and the notification alike. */
static uint64_t measure_half(const struct test *test)
{
	make_files();
	make_task(0, test->user, 1);
	if (test->partner) {
		make_task(1, test->partner, 2);
		files[4].waiter = files[5].waiter = &task[1];
	}
	return floor_run(&task[0]);
}

static void measure_halves(void)
{
	uint64_t took[sizeof(halves) / sizeof(halves[0])];

	for (size_t i = 0; i < sizeof(halves) / sizeof(halves[0]); i++) {
		took[i] = measure_half(&halves[i]);
		report(halves[i].name, took[i], 1);
	}
	report("ipc", took[0] + took[1], 1);
}

static void poke(uint64_t address, uint32_t value)
{
	*(volatile uint32_t *)address = value;
}

static void start_interrupts(void)
{
	poke(GICD, 0x12);			/* ARE, group 1 */
	poke(GICR + 0x14, 0);			/* awake */
	while (*(volatile uint32_t *)(uint64_t)(GICR + 0x14) & 4)
		;
	poke(GICR + GICR_FRAME + 0x80, 1u << TIMER_IRQ);	/* group 1 */
	poke(GICR + GICR_FRAME + 0x100, 1u << TIMER_IRQ);	/* enabled */
	__asm__ volatile("msr s3_0_c12_c12_5, %0; isb" : : "r"(7ul));
	__asm__ volatile("msr s3_0_c4_c6_0, %0" : : "r"(0xfful));
	__asm__ volatile("msr s3_0_c12_c12_7, %0; isb" : : "r"(1ul));
}

static void start_timer(void)
{
	uint64_t now;

	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(now));
	__asm__ volatile("msr cntv_cval_el0, %0" : :
			 "r"(now + TIMER_TICKS));
	__asm__ volatile("msr cntv_ctl_el0, %0; isb" : : "r"(1ul));
}

void floor_main(void)
{
	uint64_t boot, timer;

	__asm__ volatile("msr cntkctl_el1, %0" : : "r"(2ul));
	start_interrupts();
	make_task(0, user_first, 1);
	boot = floor_run(&task[0]);
	make_task(0, user_timer, 1);
	start_timer();
	timer = floor_run(&task[0]);
	__asm__ volatile("msr cntv_ctl_el0, %0; isb" : : "r"(0ul));

	for (int i = 0; i < PAGES; i++) {
		*(void **)pages[i] = free_pages;
		free_pages = pages[i];
	}
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		measure(&tests[i]);
	measure_halves();
	report("timer", timer, 1);
	report("boot", boot, 1);
	put("end\n");
	end();
}
