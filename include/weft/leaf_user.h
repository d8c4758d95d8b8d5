// SPDX-License-Identifier: MIT
/*
 * User memory in leaf functions (weft/leaf.h). An access that faults comes
 * back with an error: the client's page-fault hook may not mend it, for DAIF
 * is masked. But the exception has changed the registers that say where the
 * caller was and why it came, and its frame has no copy of them yet. So they
 * are kept over the access, and put back if it failed.
 *
 * Each is false if not all is accessible: the leaf function defers, and the
 * general way finds out what is wrong. Some bytes may have been copied.
 */
#ifndef WEFT_LEAF_USER_H
#define WEFT_LEAF_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/sysreg.h>
#include <weft/uaccess.h>

#ifdef __cplusplus
extern "C" {
#endif

/* FAR_EL1 is none of them: an SVC leaves it UNKNOWN. */
struct weft_leaf_caller {
	uint64_t elr;		/* where it was */
	uint64_t spsr;		/* its state */
	uint64_t esr;		/* why it came */
};

/* What is there before an access. */
static inline struct weft_leaf_caller weft_leaf_keep(void)
{
	struct weft_leaf_caller caller;

	caller.elr = weft_read_elr_el1();
	caller.spsr = weft_read_spsr_el1();
	caller.esr = weft_read_esr_el1();
	return caller;
}

/* Put them back. No barrier: entry and exit use them in program order. */
static inline bool weft_leaf_failed(struct weft_leaf_caller caller)
{
	weft_write_elr_el1(caller.elr);
	weft_write_spsr_el1(caller.spsr);
	weft_write_esr_el1(caller.esr);
	return false;
}

/* Copy @len bytes of user memory at @src to @dst. */
static inline bool weft_leaf_from_user(void *dst, uint64_t src, size_t len)
{
	struct weft_leaf_caller caller = weft_leaf_keep();

	return !weft_copy_from_user(dst, src, len) || weft_leaf_failed(caller);
}

/* Copy @len bytes at @src to user memory at @dst. */
static inline bool weft_leaf_to_user(uint64_t dst, const void *src, size_t len)
{
	struct weft_leaf_caller caller = weft_leaf_keep();

	return !weft_copy_to_user(dst, src, len) || weft_leaf_failed(caller);
}

/*
 * One word. Orders nothing. On the path where the access fails nothing of its
 * results is looked at.
 */
#define WEFT_LEAF_ENTRY							\
	"\n\t.pushsection .weft_extable, \"a\", %%progbits\n\t"		\
	".balign 4\n\t"							\
	".long (1b - .), (%l[failed] - .)\n\t"				\
	".popsection"

/* The word at @addr, a multiple of 4, in one access. */
static inline bool weft_leaf_load32(uint64_t addr, uint32_t *value)
{
	struct weft_leaf_caller caller = weft_leaf_keep();
	uint32_t now = 0;

	__asm__ goto("1:\tldtr %w[now], [%[addr]]" WEFT_LEAF_ENTRY
		     : [now] "=r"(now) : [addr] "r"(addr) : "memory"
		     : failed);
	*value = now;
	return true;
failed:
	return weft_leaf_failed(caller);
}

/* Eight bytes at @addr, a multiple of 8. */
static inline bool weft_leaf_load64(uint64_t addr, uint64_t *value)
{
	struct weft_leaf_caller caller = weft_leaf_keep();
	uint64_t now = 0;

	__asm__ goto("1:\tldtr %[now], [%[addr]]" WEFT_LEAF_ENTRY
		     : [now] "=r"(now) : [addr] "r"(addr) : "memory"
		     : failed);
	*value = now;
	return true;
failed:
	return weft_leaf_failed(caller);
}

/* Store eight bytes at @addr, a multiple of 8. */
static inline bool weft_leaf_store64(uint64_t addr, uint64_t value)
{
	struct weft_leaf_caller caller = weft_leaf_keep();

	__asm__ goto("1:\tsttr %[value], [%[addr]]" WEFT_LEAF_ENTRY
		     :: [value] "r"(value), [addr] "r"(addr) : "memory"
		     : failed);
	return true;
failed:
	return weft_leaf_failed(caller);
}

#ifdef __cplusplus
}
#endif
#endif
