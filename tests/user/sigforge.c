// SPDX-License-Identifier: MIT
/*
 * sigforge: signal frames. What is in them and where; that a handler disturbs
 * no register of what it interrupted, and that what it changes in its frame is
 * what comes back; and that a frame that was forged is refused, and gives
 * nothing that the program did not have.
 */
#define _GNU_SOURCE
#include "sigforge.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/rng.h"
#include "lib/tap.h"
#include "pattern.h"
#include "scalable.h"

#ifndef HWCAP_SVE
#define HWCAP_SVE (1 << 22)
#endif
#ifndef PR_SVE_SET_VL
#define PR_SVE_SET_VL 50
#endif
#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

#define FPSIMD	0x46508001
#define ESR	0x45535201
#define SVE	0x53564501
#define EXTRA	0x45585401

#define SPINS	3000000

/* Linux's struct rt_sigframe; sizes are asserted. */
struct frame {
	siginfo_t info;
	ucontext_t uc;
};

struct head {
	uint32_t magic, size;
};

struct fpsimd {
	struct head head;
	uint32_t fpsr, fpcr;
	uint64_t v[32][2];
};

struct sve {
	struct head head;
	uint16_t vl, flags, unused[2];
	unsigned char state[];		/* z, p, FFR */
};

struct extra {
	struct head head;
	uint64_t data;
	uint32_t size, unused[3];
};

_Static_assert(offsetof(struct frame, uc) == 128, "siginfo");
_Static_assert(offsetof(ucontext_t, uc_mcontext) == 176, "ucontext");
_Static_assert(offsetof(mcontext_t, __reserved) == 288, "sigcontext");
_Static_assert(sizeof(struct frame) == 4688, "rt_sigframe");
_Static_assert(sizeof(struct fpsimd) == 528, "fpsimd_context");

static bool has_sve;

static unsigned char *reserved(ucontext_t *uc)
{
	return (unsigned char *)uc->uc_mcontext.__reserved;
}

/* The record of @magic, or NULL; *@n of them. Follows "extra". */
static void *find(ucontext_t *uc, uint32_t magic, unsigned int *n)
{
	unsigned char *at = reserved(uc);
	void *found = NULL;

	*n = 0;
	for (;;) {
		struct head *h = (struct head *)(void *)at;
		struct extra *x = (struct extra *)(void *)at;

		if (h->magic == magic) {
			found = found ? found : h;
			++*n;
		}
		if (h->magic == 0)
			return found;
		at = h->magic == EXTRA ? (unsigned char *)x->data :
			at + h->size;
	}
}

static void set_raw(int sig, void (*handler)(int, siginfo_t *, void *),
		    uint64_t flags, void (*restorer)(void))
{
	const struct { uint64_t handler, flags, restorer, mask; } sa = {
		(uintptr_t)handler, flags | SA_SIGINFO, (uintptr_t)restorer, 0
	};

	if (syscall(SYS_rt_sigaction, sig, &sa, NULL, 8) != 0)
		tap_bail("sigaction: errno %d", errno);
}

static void set(int sig, void (*handler)(int, siginfo_t *, void *))
{
	set_raw(sig, handler, 0, NULL);
}

/* The layout */

static struct {
	bool info, record, aligned, reserved_used, returns, uc;
	unsigned int fpsimd, esr, sve, extra;
	uint32_t fpsimd_size, sve_vl;
	struct head first, sve_head;
	uint64_t record_fp, record_lr, fp, lr;
	siginfo_t *info_at;
} look;

void sigforge_inspect(int sig, siginfo_t *info, void *context)
{
	const uint64_t *record = (const uint64_t *)entered[0];
	const uint32_t *code = (const uint32_t *)entered[1];
	struct frame *frame = (struct frame *)entered[2];
	ucontext_t *uc = context;
	struct sve *sve;

	(void)sig;
	look.aligned = entered[2] % 16 == 0;
	look.info = info == &frame->info;
	look.uc = uc == &frame->uc && uc->uc_flags == 0 &&
		  uc->uc_link == NULL;
	/* Above the frame, less than a page: what was interrupted. */
	look.record = record[0] == uc->uc_mcontext.regs[29] &&
		      record[1] == uc->uc_mcontext.regs[30] &&
		      entered[0] % 16 == 0 &&
		      entered[0] >= entered[2] + sizeof(*frame) &&
		      entered[0] + 16 <= uc->uc_mcontext.sp;
	look.returns = code[0] == 0xd2801168 && code[1] == 0xd4000001;
	look.first = *(struct head *)(void *)reserved(uc);
	find(uc, FPSIMD, &look.fpsimd);
	find(uc, ESR, &look.esr);
	find(uc, EXTRA, &look.extra);
	sve = find(uc, SVE, &look.sve);
	if (sve) {
		look.sve_head = sve->head;
		look.sve_vl = sve->vl;
	}
}

static void test_layout(void)
{
	set(SIGUSR1, enter);
	kill(getpid(), SIGUSR1);
	tap_ok(look.aligned, "sp is a multiple of 16");
	tap_ok(look.info && look.uc, "siginfo and ucontext, from sp on");
	tap_ok(look.record, "x29 points to a frame record of the interrupted");
	tap_ok(look.returns, "x30 to mov x8, #139 and svc #0");
	tap_ok(look.first.magic == FPSIMD && look.first.size == 528 &&
	       look.fpsimd == 1, "the FP record comes first");
	tap_ok(look.esr == 0, "no ESR where no fault was");
	tap_ok(look.sve == (has_sve ? 1 : 0) &&
	       (!has_sve || look.sve_vl == sve_vl()),
	       "an SVE record where there is SVE, with the vector length");
	set_raw(SIGUSR1, enter, 0x04000000, own_restorer);
	restorer_count = 0;
	kill(getpid(), SIGUSR1);
	tap_ok(restorer_count == 1, "SA_RESTORER: a return of one's own");
	tap_ok(getauxval(AT_MINSIGSTKSZ) >= sizeof(struct frame) + 16,
	       "AT_MINSIGSTKSZ");
}

/* Registers */

static struct pattern_regs want, got;

static void fill(unsigned int generation)
{
	pattern_fill(&want, (uint64_t)getpid(), generation);
}

static bool same(const char *what)
{
	for (int i = 0; i < 31; i++) {
		if (want.x[i] != got.x[i]) {
			tap_note("%s: x%d: %lx instead of %lx", what, i,
				 (long)got.x[i], (long)want.x[i]);
			return false;
		}
	}
	for (int i = 0; i < 32; i++) {
		if (memcmp(want.v[i], got.v[i], 16) != 0) {
			tap_note("%s: v%d: %lx %lx", what, i,
				 (long)got.v[i][0], (long)got.v[i][1]);
			return false;
		}
	}
	if (got.sp || want.nzcv != got.nzcv || want.fpcr != got.fpcr ||
	    want.fpsr != got.fpsr) {
		tap_note("%s: sp, nzcv, fpcr or fpsr", what);
		return false;
	}
	return true;
}

static void timer(long us, long interval)
{
	const struct itimerval t = { { 0, interval }, { 0, us } };

	if (setitimer(ITIMER_REAL, &t, NULL) != 0)
		tap_bail("setitimer: errno %d", errno);
}

static bool quiet(int generation)
{
	fill((unsigned int)generation);
	want.x[0] = SPINS;
	pattern_window(&want, &got, OP_SPIN_X0);
	want.x[0] = 0;
	want.nzcv = got.nzcv = 0;	/* of the loop's own */
	return same("spin");
}

static void test_asynchronous(void)
{
	bool kept = true;
	uint64_t hits = 0;

	set(SIGALRM, trash);
	trash_count = 0;
	/* The window may be over before the timer is. */
	for (int i = 0; i < 1000 && kept && hits < 10; i++) {
		/* Not outside of the window: there the C library runs. */
		timer(3000, 0);
		kept = quiet(i);
		timer(0, 0);
		hits += trash_count;
		trash_count = 0;
	}
	tap_ok(kept && hits >= 10,
	       "a handler at any moment changes no register");
}

/* The window makes the system call kill(getpid(), SIGUSR1). */
static void kill_in_window(unsigned int generation)
{
	fill(generation);
	want.x[0] = (uint64_t)getpid();
	want.x[1] = SIGUSR1;
	want.x[8] = SYS_kill;
	pattern_window(&want, &got, OP_SVC);
	want.x[0] = 0;
}

/* Another value of each register, in the frame. */
static void alter(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	unsigned int n;
	struct fpsimd *fp = find(uc, FPSIMD, &n);

	(void)sig;
	(void)info;
	for (int i = 0; i < 31; i++)
		uc->uc_mcontext.regs[i] = ~uc->uc_mcontext.regs[i];
	uc->uc_mcontext.pstate ^= PATTERN_NZCV_BITS;
	for (int i = 0; i < 64; i++)
		fp->v[i / 2][i % 2] = ~fp->v[i / 2][i % 2];
	fp->fpcr ^= PATTERN_FPCR_BITS;
	fp->fpsr ^= PATTERN_FPSR_BITS;
}

static void altered(void)
{
	for (int i = 0; i < 31; i++)
		want.x[i] = ~want.x[i];
	for (int i = 0; i < 64; i++)
		want.v[i / 2][i % 2] = ~want.v[i / 2][i % 2];
	want.nzcv ^= PATTERN_NZCV_BITS;
	want.fpcr ^= PATTERN_FPCR_BITS;
	want.fpsr ^= PATTERN_FPSR_BITS;
}

static int64_t result;

static void set_result(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	(void)info;
	uc->uc_mcontext.regs[0] = (uint64_t)result;
	trash_count++;
}

static void test_registers(void)
{
	static const int results[] = { -EINTR, -512, -513, -514, -516 };
	bool good = true;

	set(SIGUSR1, trash);
	kill_in_window(1000);
	tap_ok(same("kill"), "a handler in a system call changes none but x0");
	set(SIGUSR1, alter);
	kill_in_window(1001);
	altered();
	tap_ok(same("altered"), "what it changes in its frame comes back");
	set(SIGUSR1, set_result);
	trash_count = 0;
	for (unsigned int i = 0; i < 5; i++) {
		result = results[i];
		kill_in_window(1002 + i);
		want.x[0] = (uint64_t)result;
		good &= same("result");
	}
	tap_ok(good && trash_count == 5,
	       "x0 of a frame is no system call to be made again");
}

/* Vectors */

static unsigned char image[SVE_IMAGE_MAX], image_got[SVE_IMAGE_MAX];
static volatile unsigned int live_frames, extra_frames;

/* It counts x2 down. */
static bool in_sve_window(const mcontext_t *m)
{
	return m->pc >= (uintptr_t)sve_window &&
	       m->pc < (uintptr_t)sve_change && m->regs[2] > 0 &&
	       m->regs[2] < SPINS;
}

static void alter_sve(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	unsigned int n;
	struct fpsimd *fp = find(uc, FPSIMD, &n);
	struct sve *sve = find(uc, SVE, &n);
	unsigned int vl;

	(void)sig;
	(void)info;
	/* Only in the window, when all is loaded and nothing stored yet. */
	if (!in_sve_window(&uc->uc_mcontext) || !sve ||
	    sve->head.size <= sizeof(*sve))
		return;
	vl = sve->vl;
	live_frames++;
	find(uc, EXTRA, &n);
	extra_frames += n;
	for (unsigned int i = 0; i < 32 * vl + 2 * vl; i++)
		sve->state[i] = (unsigned char)~sve->state[i];
	/* These count, not the low parts of z. */
	for (unsigned int i = 0; i < 64; i++)
		fp->v[i / 2][i % 2] ^= 0x0f0f0f0f0f0f0f0f;
}

static void altered_image(unsigned int vl)
{
	for (unsigned int i = 0; i < 32 * vl + 2 * vl; i++) {
		if (i < 32 * vl && i % vl < 16)
			image[i] ^= 0x0f;
		else
			image[i] = (unsigned char)~image[i];
	}
}

static void fill_image(struct rng *rng, unsigned int vl)
{
	size_t ffr = 32 * vl + 2 * vl;

	for (size_t i = 0; i < ffr; i++)
		image[i] = (unsigned char)(rng_next(rng) >> 32);
	memset(image + ffr, 0, vl / 8);
	memset(image + ffr, 0xff, vl / 16);
}

static bool image_same(unsigned int vl)
{
	size_t size = 32 * vl + 17 * (vl / 8);

	for (size_t i = 0; i < size; i++) {
		if (image[i] != image_got[i]) {
			tap_note("byte %d of the image of length %d: %02x "
				 "instead of %02x", (int)i, (int)vl,
				 image_got[i], image[i]);
			return false;
		}
	}
	return true;
}

/* With a timer in the window. */
static void sve_round(struct rng *rng, unsigned int vl)
{
	fill_image(rng, vl);
	timer(2000, 0);
	sve_window(image, image_got, SPINS, -1, NULL);
	timer(0, 0);
}

static void test_sve_length(struct rng *rng, unsigned int wish)
{
	unsigned int vl, before;
	bool kept = true, changed = true;

	prctl(PR_SVE_SET_VL, wish);
	vl = sve_vl();
	set(SIGALRM, trash);
	trash_count = 0;
	for (int i = 0; i < 200 && kept && trash_count < 4; i++) {
		sve_round(rng, vl);
		kept = image_same(vl);
	}
	tap_ok(kept && trash_count > 0,
	       "vectors of up to %u bytes over a handler", wish);
	set(SIGALRM, alter_sve);
	live_frames = extra_frames = 0;
	for (int i = 0; i < 200 && changed && live_frames < 4; i++) {
		before = live_frames;
		sve_round(rng, vl);
		if (live_frames != before)
			altered_image(vl);
		changed = image_same(vl);
	}
	tap_ok(changed && live_frames > 0,
	       "vectors of up to %u bytes changed by a frame", wish);
	tap_ok(extra_frames == (vl > 96 ? live_frames : 0),
	       "which has more than 4096 bytes if it needs them");
}

static void test_sve(void)
{
	static const unsigned int wishes[] = { 16, 32, 64, 128, 256 };
	struct rng rng;

	rng_seed(&rng, 7, 0);
	for (unsigned int i = 0; i < 5; i++) {
		if (has_sve)
			test_sve_length(&rng, wishes[i]);
		else
			tap_skip("no SVE", "vectors of up to %u bytes",
				 wishes[i]);
	}
	if (has_sve)
		prctl(PR_SVE_SET_VL, 64);
}

/* Forgeries */

static sigjmp_buf back;
static volatile int last_signal;
static volatile bool from_handler;	/* it forged, and returned */
static void *volatile last_address;
static char alternate[65536] __attribute__((aligned(16)));

static void caught(int sig, siginfo_t *info, void *context)
{
	(void)context;
	last_signal = sig;
	last_address = info->si_addr;
	siglongjmp(back, 1);
}

/* The end of the records: where one more could go. */
static struct head *end_of(ucontext_t *uc)
{
	unsigned char *at = reserved(uc);
	struct head *h = (struct head *)(void *)at;

	while (h->magic) {
		at += h->size;
		h = (struct head *)(void *)at;
	}
	return h;
}

static void append(ucontext_t *uc, uint32_t magic, uint32_t size)
{
	struct head *h = end_of(uc);

	memset(h, 0, size + 16);
	h->magic = magic;
	h->size = size;
}

static void append_extra(ucontext_t *uc, uint64_t off, uint32_t size)
{
	struct extra *x = (struct extra *)(void *)end_of(uc);

	append(uc, EXTRA, sizeof(*x));
	x->data = (uintptr_t)x + sizeof(*x) + 16 + off;
	x->size = size;
	if (off <= 16)
		memset(x + 1, 0, 16 + off + 32);
}

#define FORGERIES(F)							\
	F("EL1h", uc->uc_mcontext.pstate |= 5)				\
	F("EL1t", uc->uc_mcontext.pstate |= 4)				\
	F("EL2h", uc->uc_mcontext.pstate |= 9)				\
	F("EL3h", uc->uc_mcontext.pstate |= 13)				\
	F("AArch32", uc->uc_mcontext.pstate |= 0x10)			\
	F("F masked", uc->uc_mcontext.pstate |= 0x40)			\
	F("I masked", uc->uc_mcontext.pstate |= 0x80)			\
	F("A masked", uc->uc_mcontext.pstate |= 0x100)			\
	F("D masked", uc->uc_mcontext.pstate |= 0x200)			\
	F("no FP record", fp->head.magic = 0; fp->head.size = 0)	\
	F("FP record, other magic", fp->head.magic ^= 1)		\
	F("FP record, size 0", fp->head.size = 0)			\
	F("FP record, size 8", fp->head.size = 8)			\
	F("FP record, size 512", fp->head.size = 512)			\
	F("FP record, size 4096", fp->head.size = 4096)			\
	F("FP record, largest size", fp->head.size = UINT32_MAX)	\
	F("two FP records", append(uc, FPSIMD, 528))			\
	F("an unknown record", append(uc, 0x12345678, 16))		\
	F("an ESR record of no size", append(uc, ESR, 0))		\
	F("a misaligned record", append(uc, ESR, 24))			\
	F("an end with a size", end_of(uc)->size = 16)			\
	F("an SVE record too many", append(uc, SVE, 16))		\
	F("an SVE record that is too small", append(uc, SVE, 8))	\
	F("records to the end",						\
	  while ((unsigned char *)end_of(uc) < reserved(uc) + 4064)	\
		append(uc, ESR, 16);					\
	  end_of(uc)->size = 32; end_of(uc)->magic = ESR)		\
	F("extra at another place", append_extra(uc, 16, 32))		\
	F("extra without an end", append_extra(uc, 0, 0))		\
	F("extra of an odd size", append_extra(uc, 0, 24))		\
	F("extra that is too large", append_extra(uc, 0, 0x40000))	\
	F("extra that is nowhere",					\
	  append_extra(uc, (uint64_t)1 << 40, 32))			\
	F("an extra in an extra", append_extra(uc, 0, 48);		\
	  *(struct head *)((char *)end_of(uc) + 16) =			\
		(struct head){ EXTRA, 32 })

#define NAME(name, ...) name,
static const char *const forgery_name[] = { FORGERIES(NAME) };
#define FORGERY_COUNT (int)(sizeof(forgery_name) / sizeof(*forgery_name))

static int forgery;

static void forge(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	unsigned int n;
	struct fpsimd *fp = find(uc, FPSIMD, &n);
	int i = 0;

	(void)sig;
	(void)info;
#define CASE(name, ...)							\
	if (i++ == forgery) {						\
		__VA_ARGS__;						\
	}
	FORGERIES(CASE)
	from_handler = true;
}

static bool refused(void)
{
	from_handler = false;
	last_signal = 0;
	if (!sigsetjmp(back, 1))
		kill(getpid(), SIGUSR1);
	return from_handler && last_signal == SIGSEGV;
}

static void arm(void)
{
	const stack_t s = { .ss_sp = alternate,
			    .ss_size = sizeof(alternate) };

	sigaltstack(&s, NULL);
	set_raw(SIGSEGV, caught, SA_ONSTACK, NULL);
}

static void test_forgeries(void)
{
	arm();
	set(SIGUSR1, forge);
	for (forgery = 0; forgery < FORGERY_COUNT; forgery++)
		tap_ok(refused(), "refused: %s", forgery_name[forgery]);
	forgery = -1;
	tap_ok(!refused() && from_handler, "a frame that was not changed");
}

/* Of SVE records, on a CPU that has them. */

static int sve_forgery;

static void forge_sve(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	unsigned int n;
	struct sve *sve = find(uc, SVE, &n);

	(void)sig;
	(void)info;
	from_handler = true;
	switch (sve_forgery) {
	case 0:
		sve->vl = (uint16_t)(sve->vl * 2);
		break;
	case 1:
		sve->vl = 0;
		break;
	case 2:
		sve->vl = 24;
		break;
	case 3:
		sve->head.size = sizeof(*sve) - 8;
		break;
	case 4:
		/* A little state, not all that the length needs. */
		sve->head.size = sizeof(*sve) + 16;
		((struct head *)((char *)sve + sve->head.size))->magic = 0;
		((struct head *)((char *)sve + sve->head.size))->size = 0;
		break;
	}
}

static void test_sve_forgeries(void)
{
	static const char *const name[] = {
		"twice the length", "no length", "a length that is none",
		"a short record", "a part of the state",
	};

	set(SIGUSR1, forge_sve);
	for (sve_forgery = 0; sve_forgery < 5; sve_forgery++) {
		if (has_sve)
			tap_ok(refused(), "refused: SVE, %s",
			       name[sve_forgery]);
		else
			tap_skip("no SVE", "refused: SVE, %s",
				 name[sve_forgery]);
	}
}

/* What Linux takes, and what then happens. */

static void forge_pstate(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	(void)info;
	/* IL, SS, PAN, UAO and bits without a meaning. */
	uc->uc_mcontext.pstate |= 0xffffffff0cf0e020;
}

static void forge_pc(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	(void)info;
	uc->uc_mcontext.pc = 0xffffffc000080000;
}

static void forge_sp(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	return_at((uintptr_t)context - 128 + result);
}

static void return_to(uint64_t sp, const char *what)
{
	last_signal = 0;
	if (!sigsetjmp(back, 1))
		return_at(sp);
	tap_ok(last_signal == SIGSEGV, "refused: a frame %s", what);
}

static int unmap_return(void)
{
	set(SIGUSR1, enter);
	signal(SIGSEGV, SIG_DFL);
	kill(getpid(), SIGUSR1);
	munmap((void *)(entered[1] & ~UINT64_C(4095)), 4096);
	kill(getpid(), SIGUSR1);
	return 0;
}

static void test_odd_frames(void)
{
	pid_t pid;

	set(SIGUSR1, forge_pstate);
	last_signal = 0;
	if (!sigsetjmp(back, 1))
		kill_in_window(2000);
	tap_ok(last_signal == 0 && same("pstate"),
	       "bits of PSTATE that mean nothing are ignored");
	set(SIGUSR1, forge_pc);
	if (!sigsetjmp(back, 1))
		kill(getpid(), SIGUSR1);
	tap_ok(last_signal == SIGSEGV &&
	       last_address == (void *)0xffffffc000080000,
	       "a pc of the kernel's is a fault of the program");
	set(SIGUSR1, forge_sp);
	result = 8;
	last_signal = 0;
	if (!sigsetjmp(back, 1))
		kill(getpid(), SIGUSR1);
	tap_ok(last_signal == SIGSEGV, "refused: a misaligned frame");
	return_to(0x1000, "that is not there");
	return_to(0, "at zero");
	return_to(0xffffffc000080000, "in the kernel");
	return_to(UINT64_MAX - 15, "at the end of all addresses");
	return_to(UINT64_C(0x7ffffff000), "at the end of the user's");
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(unmap_return());
	tap_equal(child_wait(pid), -SIGSEGV,
		  "a program that unmaps the way back");
}

int main(int argc, char **argv)
{
	(void)argc;
	child_init(argv[0]);
	has_sve = getauxval(AT_HWCAP) & HWCAP_SVE;
	test_layout();
	test_asynchronous();
	test_registers();
	test_sve();
	test_forgeries();
	test_sve_forgeries();
	test_odd_frames();
	return tap_done();
}
