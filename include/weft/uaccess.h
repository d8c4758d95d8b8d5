// SPDX-License-Identifier: MIT
/*
 * Copies between kernel and user memory, and atomic operations on it.
 *
 * Loads and stores of user memory are the unprivileged LDTR and STTR: they
 * have the rights of EL0, so neither PSTATE.PAN nor a kernel address passed
 * as a user pointer is a way around. Each may fault; the client's page-fault
 * hook may mend that (and sleep, and the thread may migrate meanwhile: the
 * copy's whole state is in its registers); else weft_extable_fixup sends the
 * copy to its end, which returns what is missing. The table of such places is
 * the linker section .weft_extable, between the symbols __weft_extable_start
 * and __weft_extable_end, sorted or not. A client may enter instructions of
 * its own that may take any synchronous exception (the user_access macro).
 *
 * Any address may be passed; the client may check ranges first to refuse
 * tagged pointers. DAIF as the fault hook needs it.
 */
#ifndef WEFT_UACCESS_H
#define WEFT_UACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct weft_frame;

/* How many of @len bytes, at the end, were not copied: 0 is success. */
size_t weft_copy_from_user(void *dst, uint64_t src, size_t len);
size_t weft_copy_to_user(uint64_t dst, const void *src, size_t len);
size_t weft_clear_user(uint64_t dst, size_t len);

/*
 * A string and its NUL, at most @size bytes: its length without the NUL, or
 * WEFT_EFAULT, or WEFT_ENAMETOOLONG if no NUL was among them.
 */
long weft_string_from_user(char *dst, uint64_t src, size_t size);

/*
 * Atomic operations on a 32-bit word of the user's, of which *@old gets the
 * value that was there: swap, add, or, and with the complement, exclusive or;
 * cas stores @desired if it was @expected, and *@old tells. With acquire and
 * release semantics towards other CPUs; load has acquire semantics.
 *
 * 0; WEFT_EFAULT; WEFT_EINVAL, the address is not a multiple of 4; WEFT_EAGAIN
 * if other writers won too many times in a row: let others run, try again.
 *
 * PAN is lifted for the instructions that need it and in force again when
 * they return; what an exception in between runs, it runs under PAN. These
 * accesses have the kernel's rights: addresses of the kernel's half are
 * refused by a check, and a user table must map nothing without WEFT_PT_USER.
 */
int weft_user_swap32(uint64_t addr, uint32_t value, uint32_t *old);
int weft_user_add32(uint64_t addr, uint32_t value, uint32_t *old);
int weft_user_or32(uint64_t addr, uint32_t value, uint32_t *old);
int weft_user_andn32(uint64_t addr, uint32_t value, uint32_t *old);
int weft_user_xor32(uint64_t addr, uint32_t value, uint32_t *old);
int weft_user_cas32(uint64_t addr, uint32_t expected, uint32_t desired,
		    uint32_t *old);
int weft_user_load32(uint64_t addr, uint32_t *value);

/*
 * If @frame is a fault of one of the above: make it resume at the fix-up, and
 * return true.
 */
bool weft_extable_fixup(struct weft_frame *frame);

/* Is @pc one of the instructions that may fault on user memory? */
bool weft_extable_covers(uint64_t pc);

#ifdef __cplusplus
}
#endif
#endif
