// SPDX-License-Identifier: MIT
/*
 * signals: who is interrupted by a handler does not notice. Handlers leave
 * rubbish in all registers, at a call's return, and wherever another process
 * sends one; the frame holds what was interrupted; what a handler changes in
 * it is changed.
 */
#include "handlers.h"
#include "kit.h"
#include "pattern.h"

enum {
	RESULTS = 7,
	ROUNDS = 200 * KIT_ROUNDS,
	SPINS = 64 * KIT_ROUNDS,
	PATIENCE = 2000,
	PAUSE = 20000,
	SA_SIGINFO = 4,
	SA_RESTORER = 0x04000000,
	FPSIMD_MAGIC = 0x46508001,
};

/* The frame, as Linux has it on AArch64. */
struct mcontext {
	uint64_t fault_address, x[31], sp, pc, pstate;
	struct {
		uint32_t magic, size;
		uint32_t fpsr, fpcr;
		uint64_t v[32][2];
	} fpsimd __attribute__((aligned(16)));
};

struct ucontext {
	uint64_t flags;
	struct ucontext *link;
	uint64_t stack[3];
	uint64_t mask[16];
	struct mcontext mcontext __attribute__((aligned(16)));
};

typedef void handler_fn(int sig, void *info, void *context);

static void set(handler_fn *handler)
{
	const struct {
		handler_fn *handler;
		uint64_t flags;
		void (*restorer)(void);
		uint64_t mask;
	} action = { handler, SA_SIGINFO | SA_RESTORER, own_restorer, 0 };
	long err = kit_call(NR_RT_SIGACTION, KIT_SIGUSR1, (long)&action, 0, 8,
			    0, 0);

	if (err)
		kit_note("rt_sigaction: error %ld", -err);
}

static struct kit_svc to_itself(void)
{
	return (struct kit_svc){
		.number = NR_KILL,
		.arg = { kit_call1(NR_GETPID, 0), KIT_SIGUSR1 },
	};
}

/* A handler at the return of every call. */
static void check_calls(handler_fn *handler, const char *what)
{
	struct kit_svc svc = to_itself();
	bool kept = true;

	trash_count = 0;
	set(handler);
	for (uint64_t i = 0; i < ROUNDS && kept; i++)
		kept = kit_window(kit_identity, i, OP_SVC, &svc, what);
	if (trash_count == 0)
		kit_note("no handler ran");
	kit_ok(kept && trash_count > 0, "registers are kept over %s", what);
}

/* It takes its time: see below. */
_Noreturn static void send_signals(long to)
{
	for (;;) {
		kit_call(NR_KILL, to, KIT_SIGUSR1, 0, 0, 0, 0);
		kit_yield();
		for (volatile int i = 0; i < PAUSE; i++)
			;
	}
}

/*
 * A child that sends signals: they come wherever the parent is. The handler
 * does not yield, and the child does not hurry: or on one CPU the next signal
 * would be there at each return of the handler.
 */
static void check_loops(void)
{
	long parent = kit_call1(NR_GETPID, 0), pid;
	bool kept = true;

	trash_count = 0;
	set(trash);
	pid = kit_fork();
	if (pid == 0)
		send_signals(parent);
	for (uint64_t i = 0; kept && (i < SPINS || trash_count == 0) &&
	     i < PATIENCE; i++)
		kept = kit_spin(kit_identity, i);
	kit_call(NR_KILL, pid, KIT_SIGKILL, 0, 0, 0, 0);
	while (kit_wait(pid) != KIT_SIGKILL)
		/* A handler may have ended the wait. */
		;
	if (trash_count == 0)
		kit_note("no handler ran");
	kit_ok(kept && trash_count > 0,
	       "and over a handler that interrupts a loop");
}

static struct {
	struct mcontext saved;
	uint64_t sp;
	int sig;
} seen;

static void look(int sig, void *info, void *context)
{
	const struct ucontext *uc = context;

	(void)info;
	seen.sig = sig;
	seen.saved = uc->mcontext;
	seen.sp = (uint64_t)__builtin_frame_address(0);
}

/* What the frame has of the registers that went into the window. */
static void check_frame(void)
{
	struct pattern_regs want, got, saved;
	struct kit_svc svc = to_itself();
	char name[PATTERN_NAME];
	int reg;

	set(look);
	pattern_fill(&want, kit_identity, 1);
	want.x[8] = NR_KILL;
	want.x[0] = (uint64_t)svc.arg[0];
	want.x[1] = KIT_SIGUSR1;
	pattern_window(&want, &got, OP_SVC);
	want.x[0] = 0;
	for (int i = 0; i < 31; i++)
		saved.x[i] = seen.saved.x[i];
	for (int i = 0; i < 64; i++)
		saved.v[i / 2][i % 2] = seen.saved.fpsimd.v[i / 2][i % 2];
	saved.nzcv = seen.saved.pstate & PATTERN_NZCV_BITS;
	saved.fpcr = seen.saved.fpsimd.fpcr;
	saved.fpsr = seen.saved.fpsimd.fpsr;
	/* They are not in it, or not known here. */
	saved.tpidr = want.tpidr;
	saved.sp = want.sp;
	reg = pattern_differs(&want, &saved, PATTERN_FIRST);
	if (reg != PATTERN_END) {
		pattern_name(reg, name);
		kit_note("%s is wrong in the frame", name);
	}
	kit_ok(reg == PATTERN_END && seen.sig == KIT_SIGUSR1 &&
	       seen.saved.fpsimd.magic == FPSIMD_MAGIC && seen.sp % 16 == 0 &&
	       seen.sp < seen.saved.sp,
	       "the frame holds the registers that were interrupted");
}

static void change(int sig, void *info, void *context)
{
	struct ucontext *uc = context;

	(void)sig;
	(void)info;
	uc->mcontext.x[7] ^= 1;
	uc->mcontext.pstate ^= 0x40000000;
	uc->mcontext.fpsimd.v[31][1] ^= 1;
	uc->mcontext.fpsimd.fpsr ^= 1;
}

static void check_changes(void)
{
	struct kit_svc svc = to_itself();
	struct pattern_regs want, got;

	set(change);
	pattern_fill(&want, kit_identity, 2);
	want.x[8] = NR_KILL;
	want.x[0] = (uint64_t)svc.arg[0];
	want.x[1] = KIT_SIGUSR1;
	pattern_window(&want, &got, OP_SVC);
	want.x[0] = 0;
	want.x[7] ^= 1;
	want.nzcv ^= 0x40000000;
	want.v[31][1] ^= 1;
	want.fpsr ^= 1;
	kit_ok(pattern_differs(&want, &got, PATTERN_FIRST) == PATTERN_END,
	       "what a handler changes in the frame, and only that, is so");
}

void kit_main(void)
{
	kit_note("needs write (64), exit (93), sched_yield (124)");
	kit_note("needs kill (129), rt_sigaction (134), rt_sigreturn (139)");
	kit_note("needs getpid (172), clone (220), wait4 (260), FP at EL0");
	kit_plan(RESULTS);
	kit_check_checker();
	check_calls(trash, "a handler");
	check_calls(trash_yield, "a handler that yields");
	check_loops();
	check_frame();
	check_changes();
	kit_ok(restorer_count > 0, "handlers return by SA_RESTORER");
}
