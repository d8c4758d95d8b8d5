// SPDX-License-Identifier: MIT
//
// The floor of each operation: a minimal sequence that moves exactly the state
// that the architecture and the ABI of Linux demand, and does what the
// operation is for. No locks, no accounting, no limits, no signals, one CPU:
// nobody gets below it without leaving out something that a program can see.
//
// It is a kernel by itself, measured by ./bench on the same machine. Programs
// at EL0 play the loops; the operations are the handlers of the vectors below.
// They share an entry as system calls do: the class of the exception, then the
// number, then a table. SP_EL1 is the running task, so an entry needs neither
// a subtraction nor a scratch register.
//
// What each floor has in it:
//
//   null     entry, number, one load chain, ERET; only x9 is needed
//   yield-*  all of x0-x30, sp, pc, pstate, TPIDR_EL0 stored and loaded, the
//            queue turned, TTBR0 written if it differs; fp: v0-v31, FPCR, FPSR
//   eventfd  two calls with a descriptor looked up and 8 bytes copied in each,
//   pipe     a waiter woken, the caller parked, one switch; resumed in the
//   futex    kernel where it has to copy; futex: hash, compare, wake, wait
//   ipc-*    an endpoint looked up, its waiting receiver taken, words left in
//            their registers, the badge handed over, the reply right kept
//   signal,  a notification looked up, its word changed; *-switch: the waiter,
//   wait     which is more urgent, gets the word and the CPU; parked, resumed
//   fault    class and address checked against an area, a page from a list,
//            64 lines zeroed, two levels walked, entry written, made visible
//   fork     five table pages zeroed, the entries of FORK_PAGES pages copied
//            and write-protected with their counts, registers and descriptors
//            copied, one TLBI each at fork and exit, two switches, all freed
//   timer    acknowledge, count, next deadline, end of interrupt
//   boot     tables, MMU, vectors, interrupt controller, and into EL0

#include "floor.h"

	.arch_extension fp
	.equ	EC_SVC, 0x15
	.equ	EC_DATA_ABORT, 0x24
	.equ	ENTRY_PAGE, 0xf43	// valid, AF, inner share, EL0, nG
	.equ	AP_READ_ONLY, 1 << 7

	.macro	entry_point name:req
	.globl	\name
	.type	\name, %function
\name:
	.endm

// ---- entry and exit ----------------------------------------------------

	// The class, the number, the table. x9 is free then.
	.macro	decode calls:req
	str	x9, [sp, #T_X9]
	mrs	x9, esr_el1
	lsr	x9, x9, #26
	cmp	x9, #EC_SVC
	b.ne	wrong
	cmp	x8, #((\calls\()_end - \calls) / 8)
	b.hs	wrong
	adr	x9, \calls
	ldr	x9, [x9, x8, lsl #3]
	br	x9
	.endm

	// x10-x13, for those that need more than x9, and back again.
	.macro	scratch op:req
	\op	x10, x11, [sp, #T_X10]
	\op	x12, x13, [sp, #T_X12]
	.endm

	.macro	leave
	scratch	ldp
	ldr	x9, [sp, #T_X9]
	eret
	.endm

	.macro	pairs op:req, first:req, second:req, more:vararg
	\op	x\first, x\second, [sp, #8 * \first]
	.ifnb	\more
	pairs	\op, \more
	.endif
	.endm

	// All that is not stored yet. \result: what x0 will be.
	.macro	park_rest result=xzr
	stp	\result, x1, [sp]
	pairs	stp, 2, 3, 4, 5, 6, 7
	str	x8, [sp, #64]
	pairs	stp, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, \
		28, 29
	park_system
	.endm

	.macro	park
	scratch	stp
	park_rest
	.endm

	.macro	park_system
	mrs	x10, sp_el0
	mrs	x11, elr_el1
	mrs	x12, spsr_el1
	mrs	x13, tpidr_el0
	stp	x30, x10, [sp, #T_X30]
	stp	x11, x12, [sp, #T_PC]
	str	x13, [sp, #T_TPIDR]
	.endm

	// \task runs from here on; its space if it is another.
	.macro	switch task:req, one=x10, other=x11
	ldr	\one, [\task, #T_ROOT]
	ldr	\other, [sp, #T_ROOT]
	cmp	\one, \other
	b.eq	1f
	msr	ttbr0_el1, \one
1:	mov	sp, \task
	.endm

	// Out of the ring; \next is who runs now.
	.macro	unlink next:req, before:req
	ldp	\next, \before, [sp, #T_NEXT]
	str	\next, [\before, #T_NEXT]
	str	\before, [\next, #T_PREV]
	.endm

	// \task into the ring, after the one that runs.
	.macro	ready task:req, next:req
	ldr	\next, [sp, #T_NEXT]
	str	\task, [sp, #T_NEXT]
	mov	x9, sp
	stp	\next, x9, [\task, #T_NEXT]
	str	\task, [\next, #T_PREV]
	.endm

	.macro	resume_next task:req
	switch	\task
	ldr	x10, [\task, #T_RESUME]
	br	x10
	.endm

	.macro	restore
	ldp	x0, x1, [sp, #T_PC]
	msr	elr_el1, x0
	msr	spsr_el1, x1
	ldp	x30, x2, [sp, #T_X30]
	msr	sp_el0, x2
	ldr	x3, [sp, #T_TPIDR]
	msr	tpidr_el0, x3
	pairs	ldp, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, \
		16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29
	eret
	.endm

	.text

	// Where a task that was parked at its frame goes on.
	.balign	64
entry_point resume_frame
	restore

// ---- the calls ---------------------------------------------------------

entry_point call_null
	ldr	x9, [sp, #T_PARENT]
	ldr	w0, [x9, #T_PID]
	ldr	x9, [sp, #T_X9]
	eret

entry_point call_yield
	park
	ldr	x9, [sp, #T_NEXT]
	switch	x9
	restore

	.macro	vectors_fp op:req, first, second, more:vararg
	\op	q\first, q\second, [x10, #16 * \first]
	.ifnb	\more
	vectors_fp \op, \more
	.endif
	.endm

	.macro	all_vectors op:req
	vectors_fp \op, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	vectors_fp \op, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, \
		29, 30, 31
	.endm

entry_point call_yield_fp
	park
	add	x10, sp, #T_FP
	all_vectors stp
	mrs	x11, fpcr
	mrs	x12, fpsr
	add	x10, x10, #512
	stp	x11, x12, [x10]
	ldr	x9, [sp, #T_NEXT]
	switch	x9
	add	x10, x9, #T_FP
	all_vectors ldp
	add	x10, x10, #512
	ldp	x11, x12, [x10]
	msr	fpcr, x11
	msr	fpsr, x12
	restore

	// x0's file in x9, and on to its operation.
	.macro	file_operation operation:req
	scratch	stp
	cmp	x0, #FILES
	b.hs	wrong
	ldr	x9, [sp, #T_FILES]
	ldr	x9, [x9, x0, lsl #3]
	cbz	x9, wrong
	ldr	x10, [x9, #\operation]
	br	x10
	.endm

entry_point call_read
	file_operation F_READ

entry_point call_write
	file_operation F_WRITE

	// Wake who waits for the file x9.
	.macro	wake_reader
	ldr	x10, [x9, #F_WAITER]
	cbz	x10, 2f
	str	xzr, [x9, #F_WAITER]
	ready	x10, x11
2:
	.endm

	// Park in the kernel: at \again with x1, x2 as they are and x9.
	.macro	park_reader again:req
	mov	x10, sp
	str	x10, [x9, #F_WAITER]
	park_rest x0
	str	x9, [sp, #T_KEY]
	adr	x10, \again
	str	x10, [sp, #T_RESUME]
	unlink	x9, x10
	resume_next x9
	.endm

	// Back in the kernel of a task: user memory is its own after the ISB.
	.macro	unpark
	isb
	ldr	x9, [sp, #T_KEY]
	ldr	x1, [sp, #8]
	.endm

entry_point eventfd_write
	cmp	x2, #8
	b.lo	wrong
	ldtr	x11, [x1]
	cmn	x11, #1
	b.eq	wrong
	ldr	x12, [x9, #F_COUNT]
	adds	x12, x12, x11
	b.cs	wrong
	str	x12, [x9, #F_COUNT]
	wake_reader
	mov	x0, #8
	leave

entry_point eventfd_read
	cmp	x2, #8
	b.lo	wrong
	ldr	x12, [x9, #F_COUNT]
	cbz	x12, 3f
	str	xzr, [x9, #F_COUNT]
	sttr	x12, [x1]
	mov	x0, #8
	leave
3:	park_reader eventfd_again

eventfd_again:
	unpark
	ldr	x12, [x9, #F_COUNT]
	str	xzr, [x9, #F_COUNT]
	sttr	x12, [x1]
	mov	x0, #8
	str	x0, [sp]
	restore

entry_point pipe_write
	cbz	x2, wrong
	ldp	x12, x13, [x9, #F_COUNT]
	sub	x10, x13, x12
	cmp	x10, #RING
	b.eq	wrong
	ldtrb	w11, [x1]
	and	x10, x13, #(RING - 1)
	add	x10, x10, #F_RING
	strb	w11, [x9, x10]
	add	x13, x13, #1
	str	x13, [x9, #F_WRITTEN]
	wake_reader
	mov	x0, #1
	leave

	.macro	take_byte
	and	x10, x12, #(RING - 1)
	add	x10, x10, #F_RING
	ldrb	w11, [x9, x10]
	add	x12, x12, #1
	str	x12, [x9, #F_COUNT]
	sttrb	w11, [x1]
	mov	x0, #1
	.endm

entry_point pipe_read
	cbz	x2, wrong
	ldp	x12, x13, [x9, #F_COUNT]
	cmp	x12, x13
	b.eq	3f
	take_byte
	leave
3:	park_reader pipe_again

pipe_again:
	unpark
	ldr	x12, [x9, #F_COUNT]
	take_byte
	str	x0, [sp]
	restore

	// All but x0-x7, which carry a message or its result; x9-x13 are there.
	.macro	park_message
	str	x8, [sp, #64]
	pairs	stp, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, \
		28, 29
	park_system
	.endm

	.macro	restore_message
	ldp	x10, x11, [sp, #T_PC]
	msr	elr_el1, x10
	msr	spsr_el1, x11
	ldp	x30, x12, [sp, #T_X30]
	msr	sp_el0, x12
	ldr	x13, [sp, #T_TPIDR]
	msr	tpidr_el0, x13
	ldr	x8, [sp, #64]
	pairs	ldp, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, \
		24, 25, 26, 27, 28, 29
	.endm

	// A call: the receiver that waits runs on with x1-x7 as they are. The
	// queue of who is ready does not change: it runs in the caller's place.
entry_point endpoint_call
	cbnz	w1, wrong		// what the tag asks for
	ldr	x10, [x9, #F_WAITER]
	cbz	x10, wrong
	str	xzr, [x9, #F_WAITER]
	ldr	x0, [x9, #F_BADGE]
	mov	x9, x10
	mov	x11, sp
	str	x11, [x9, #T_KEY]
	park_message
	switch	x9
	mov	x9, x0
	mov	x0, xzr
	restore_message
	eret

	// The reply to who called, who runs on; nobody else sends.
entry_point endpoint_reply_recv
	cbnz	w1, wrong
	ldr	x10, [sp, #T_KEY]
	cbz	x10, wrong
	str	xzr, [sp, #T_KEY]
	ldr	x12, [x9, #F_COUNT]	// senders that wait
	cbnz	x12, wrong
	mov	x11, sp
	str	x11, [x9, #F_WAITER]
	mov	x9, x10
	park_message
	switch	x9
	mov	x0, xzr
	restore_message
	ldr	x9, [sp, #T_X9]
	eret

entry_point notification_signal
	cbz	x1, wrong
	ldr	x10, [x9, #F_WAITER]
	cbnz	x10, 6f
	ldr	x11, [x9, #F_COUNT]
	orr	x11, x11, x1
	str	x11, [x9, #F_COUNT]
	mov	x0, xzr
	leave
	// The waiter has the bits, and is more urgent.
6:	str	xzr, [x9, #F_WAITER]
	str	x1, [x10, #8]
	ldr	w11, [x10, #T_PRIORITY]
	ldr	w12, [sp, #T_PRIORITY]
	cmp	w11, w12
	b.ls	wrong
	mov	x11, x10
	ready	x11, x12
	mov	x9, x10
	park_rest
	adr	x10, resume_frame
	str	x10, [sp, #T_RESUME]
	switch	x9
	restore

entry_point notification_wait
	ldr	x11, [x9, #F_COUNT]
	cbz	x11, 7f
	str	xzr, [x9, #F_COUNT]
	mov	x1, x11
	mov	x0, xzr
	leave
7:	mov	x11, sp
	str	x11, [x9, #F_WAITER]
	park_rest
	adr	x10, resume_frame
	str	x10, [sp, #T_RESUME]
	unlink	x9, x10
	resume_next x9

	// The bucket of the address x0 in x10.
	.macro	bucket
	tst	x0, #3
	b.ne	wrong
	ubfx	x10, x0, #2, #4
	adr	x11, buckets
	add	x10, x11, x10, lsl #3
	.endm

entry_point call_futex
	scratch	stp
	and	w9, w1, #0x7f
	cbz	w9, futex_wait
	cmp	w9, #1
	b.ne	wrong
	bucket
	ldr	x9, [x10]
	cbz	x9, 4f
	ldr	x11, [x9, #T_KEY]
	ldr	x12, [x9, #T_ROOT]
	ldr	x13, [sp, #T_ROOT]
	cmp	x11, x0
	ccmp	x12, x13, #0, eq
	b.ne	wrong
	ldr	x11, [x9, #T_KEY_NEXT]
	str	x11, [x10]
	mov	x10, x9
	ready	x10, x11
	mov	x0, #1
	leave
4:	mov	x0, xzr
	leave

futex_wait:
	ldtr	w11, [x0]
	cmp	w11, w2
	b.ne	5f
	bucket
	ldr	x11, [x10]
	mov	x12, sp
	str	x12, [x10]
	str	x0, [sp, #T_KEY]
	str	x11, [sp, #T_KEY_NEXT]
	park_rest
	adr	x10, resume_frame
	str	x10, [sp, #T_RESUME]
	unlink	x9, x10
	resume_next x9
5:	mov	x0, #-11
	leave

// ---- memory ------------------------------------------------------------

	// Zero the page at \page, which moves.
	.macro	zero_page page:req
	.rept	64
	dc	zva, \page
	add	\page, \page, #64
	.endr
	.endm

	.macro	pop_page page:req, rest:req
	adr	x9, free_pages
	ldr	\page, [x9]
	cbz	\page, wrong
	ldr	\rest, [\page]
	str	\rest, [x9]
	.endm

	.macro	push_page page:req, rest:req
	adr	x9, free_pages
	ldr	\rest, [x9]
	str	\rest, [\page]
	str	\page, [x9]
	.endm

	// A store to FAULTS and above: the first exception that is no call.
	.balign	64
entry_point demand_fault
	str	x9, [sp, #T_X9]
	scratch	stp
	mrs	x10, esr_el1
	lsr	x9, x10, #26
	cmp	x9, #EC_DATA_ABORT
	b.ne	no_fault
	and	x10, x10, #0x3c
	cmp	x10, #4			// a translation fault
	b.ne	wrong
	mrs	x13, far_el1
	ldp	x10, x11, [sp, #T_AREA]
	cmp	x13, x10
	ccmp	x13, x11, #2, hs
	b.hs	wrong
	pop_page x10, x11
	mov	x11, x10
	zero_page x11
	ldr	x11, [sp, #T_TABLE]
	ubfx	x12, x13, #30, #9
	ldr	x11, [x11, x12, lsl #3]
	and	x11, x11, #0x0000fffffffff000
	ubfx	x12, x13, #21, #9
	ldr	x11, [x11, x12, lsl #3]
	and	x11, x11, #0x0000fffffffff000
	ubfx	x12, x13, #12, #9
	movz	x9, #ENTRY_PAGE
	orr	x10, x10, x9
	str	x10, [x11, x12, lsl #3]
	dsb	ishst			// the walker sees it; ERET is the ISB
	leave

no_fault:
	scratch	ldp
	ldr	x9, [sp, #T_X9]
	decode	calls

// ---- fork, exit, wait --------------------------------------------------

	// A table page, zeroed, in \page.
	.macro	new_table page:req
	pop_page \page, x11
	mov	x11, \page
	zero_page x11
	orr	\page, \page, #3
	.endm

entry_point call_fork
	// The caller's frame is whole from here on, and the child's pattern.
	park
	// Tables: root, two below it, two below those.
	new_table x1
	new_table x2
	new_table x3
	new_table x4
	new_table x5
	bic	x1, x1, #3
	stp	x2, x3, [x1]
	bic	x2, x2, #3
	bic	x3, x3, #3
	str	x4, [x2]
	str	x5, [x3]
	bic	x4, x4, #3
	bic	x5, x5, #3
	// The entries, read-only in both, and one more user of each page.
	adr	x6, fork_entries
	adr	x7, fork_counts
	mov	x8, #FORK_PAGES
1:	ldr	x9, [x6]
	orr	x9, x9, #AP_READ_ONLY
	str	x9, [x6], #8
	str	x9, [x4], #8
	ldr	w10, [x7]
	add	w10, w10, #1
	str	w10, [x7], #4
	subs	x8, x8, #1
	b.ne	1b
	dsb	ishst
	ldr	x9, [sp, #T_ROOT]
	tlbi	aside1is, x9
	dsb	ish
	// The child: a record, the registers, descriptors and their counts.
	adr	x2, free_tasks
	ldr	x3, [x2]
	cbz	x3, wrong
	ldr	x4, [x3, #T_NEXT]
	str	x4, [x2]
	.irp	at, 0, 32, 64, 96, 128, 160, 192, 224, 256
	ldp	x4, x5, [sp, #\at]
	ldp	x6, x7, [sp, #\at + 16]
	stp	x4, x5, [x3, #\at]
	stp	x6, x7, [x3, #\at + 16]
	.endr
	// Its root is the parent's but for the ASID: it runs the same code.
	mov	x5, #(1 << 48)
	ldr	x4, [sp, #T_ROOT]
	add	x4, x4, x5
	str	x4, [x3, #T_ROOT]
	str	x1, [x3, #T_TABLE]
	ldr	x4, [x3, #T_FILES]
	ldr	x5, [sp, #T_FILES]
	.irp	at, 0, 16, 32, 48
	ldp	x6, x7, [x5, #\at]
	stp	x6, x7, [x4, #\at]
	.endr
	.irp	at, 0, 8, 16
	ldr	x6, [x4, #\at]
	ldr	w7, [x6, #F_REFS]
	add	w7, w7, #1
	str	w7, [x6, #F_REFS]
	.endr
	mov	x4, sp
	str	x4, [x3, #T_PARENT]
	adr	x4, last_pid
	ldr	w5, [x4]
	add	w5, w5, #1
	str	w5, [x4]
	str	w5, [x3, #T_PID]
	str	wzr, [x3, #T_ENDED]
	str	x5, [sp]		// the parent's result
	str	x3, [sp, #T_CHILD]
	adr	x4, resume_frame
	str	x4, [x3, #T_RESUME]
	ready	x3, x4
	restore

entry_point call_wait
	scratch	stp
	ldr	x9, [sp, #T_CHILD]
	cbz	x9, wrong
	ldr	w10, [x9, #T_PID]
	cmp	w10, w0
	b.ne	wrong
	ldr	w10, [x9, #T_ENDED]
	cbnz	w10, wrong
	park_rest x0
	adr	x10, wait_again
	str	x10, [sp, #T_RESUME]
	unlink	x9, x10
	resume_next x9

	// The child has ended: its record is free again.
wait_again:
	ldr	x9, [sp, #T_CHILD]
	str	xzr, [sp, #T_CHILD]
	ldr	w10, [x9, #T_PID]
	str	x10, [sp]
	adr	x10, free_tasks
	ldr	x11, [x10]
	str	x11, [x9, #T_NEXT]
	str	x9, [x10]
	restore

	// The caller is gone: any register may be used.
entry_point call_exit
	ldr	x1, [sp, #T_TABLE]
	ldp	x2, x3, [x1]
	and	x2, x2, #0x0000fffffffff000
	and	x3, x3, #0x0000fffffffff000
	ldr	x4, [x2]
	ldr	x5, [x3]
	and	x4, x4, #0x0000fffffffff000
	and	x5, x5, #0x0000fffffffff000
	// Its pages have a user less; none is the last.
	adr	x7, fork_counts
	mov	x8, #FORK_PAGES
	mov	x6, x4
1:	ldr	x9, [x6], #8
	cbz	x9, wrong
	ldr	w10, [x7]
	subs	w10, w10, #1
	b.eq	wrong
	str	w10, [x7], #4
	subs	x8, x8, #1
	b.ne	1b
	.irp	at, 0, 8, 16
	ldr	x10, [sp, #T_FILES]
	ldr	x10, [x10, #\at]
	ldr	w11, [x10, #F_REFS]
	subs	w11, w11, #1
	b.eq	wrong
	str	w11, [x10, #F_REFS]
	.endr
	mov	w10, #1
	str	w10, [sp, #T_ENDED]
	ldr	x12, [sp, #T_PARENT]
	ready	x12, x11
	unlink	x13, x10
	// Off its tables before they are free, and its ASID before another's.
	ldr	x6, [sp, #T_ROOT]
	ldr	x10, [x13, #T_ROOT]
	msr	ttbr0_el1, x10
	isb
	dsb	ishst
	tlbi	aside1is, x6
	dsb	ish
	.irp	table, 1, 2, 3, 4, 5
	push_page x\table, x11
	.endr
	mov	sp, x13
	ldr	x10, [x13, #T_RESUME]
	br	x10

// ---- the interrupt -----------------------------------------------------

	.balign	64
entry_point timer_interrupt
	stp	x9, x10, [sp, #T_X9]
	mrs	x9, s3_0_c12_c12_0	// ICC_IAR1_EL1
	cmp	x9, #TIMER_IRQ
	b.ne	wrong
	adr	x10, ticks
	ldr	x9, [x10]
	add	x9, x9, #1
	str	x9, [x10]
	mrs	x9, cntv_cval_el0
	add	x9, x9, #TIMER_TICKS
	msr	cntv_cval_el0, x9
	mov	x9, #TIMER_IRQ
	msr	s3_0_c12_c12_1, x9	// ICC_EOIR1_EL1
	ldp	x9, x10, [sp, #T_X9]
	eret

// ---- the vectors -------------------------------------------------------

	.macro	slot
	.balign	128
	.endm

	.balign	2048
	.globl	vectors
vectors:
	.rept	8
	slot
	b	wrong
	.endr
	slot
	decode	calls
	slot
	b	timer_interrupt
	.rept	6
	slot
	b	wrong
	.endr

	// Where faults come first.
	.balign	2048
	.globl	vectors_fault
vectors_fault:
	.rept	8
	slot
	b	wrong
	.endr
	slot
	b	demand_fault
	.rept	7
	slot
	b	wrong
	.endr

	.balign	8
calls:
	.quad	call_null, call_yield, call_yield_fp, call_read, call_write
	.quad	call_futex, call_fork, call_wait, call_exit, call_end
calls_end:

	.equ	NULL, 0
	.equ	YIELD, 1
	.equ	YIELD_FP, 2
	.equ	READ, 3
	.equ	WRITE, 4
	.equ	FUTEX, 5
	.equ	FORK, 6
	.equ	WAIT, 7
	.equ	EXIT, 8
	.equ	END, 9

// ---- into EL0 and back -------------------------------------------------

	// uint64_t floor_run(struct task *task)
	.balign	64
entry_point floor_run
	stp	x29, x30, [sp, #-96]!
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	mov	x10, sp
	adr	x9, runner
	str	x10, [x9]
	ldr	x10, [x0, #T_ROOT]
	msr	ttbr0_el1, x10
	mov	sp, x0
	b	resume_frame

call_end:
	adr	x9, runner
	ldr	x10, [x9]
	mov	sp, x10
	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	x29, x30, [sp], #96
	ret

	.balign	8
runner:	.quad	0

	.globl	free_pages, free_tasks, last_pid, buckets, fork_entries
	.globl	fork_counts, ticks
free_pages: .quad 0
free_tasks: .quad 0
ticks:	.quad	0
last_pid: .quad	0
buckets: .fill	BUCKETS, 8, 0
fork_entries: .fill FORK_PAGES, 8, ENTRY_PAGE
fork_counts: .fill FORK_PAGES, 4, 1
	.balign	8

// ---- the programs ------------------------------------------------------

	.macro	do_call
	svc	#0
	.endm

	.macro	do_nothing
	nop
	.endm

	.macro	call_with number:req, call:req
	mov	x8, #\number
	\call
	.endm

	.macro	call_file number:req, file:req, size:req, call:req
	mov	x0, #\file
	mov	x1, x23
	mov	x2, #\size
	call_with \number, \call
	.endm

	.macro	call_turn value:req, call:req
	mov	w9, #\value
	str	w9, [x23]
	mov	x0, x23
	mov	x1, #1			// FUTEX_WAKE
	mov	x2, #1
	call_with FUTEX, \call
	mov	x0, x23
	mov	x1, #0			// FUTEX_WAIT
	mov	x2, #\value
	call_with FUTEX, \call
	.endm

	// The bodies of the loops. x23: an address that EL0 can write to.
	.macro	body_null call:req
	call_with NULL, \call
	.endm

	.macro	body_yield call:req
	call_with YIELD, \call
	.endm

	.macro	body_yield_fp call:req
	call_with YIELD_FP, \call
	.endm

	.macro	body_eventfd call:req
	call_file WRITE, 0, 8, \call
	call_file READ, 1, 8, \call
	.endm

	.macro	body_eventfd_other call:req
	call_file READ, 0, 8, \call
	call_file WRITE, 1, 8, \call
	.endm

	.macro	body_pipe call:req
	call_file WRITE, 2, 1, \call
	call_file READ, 3, 1, \call
	.endm

	.macro	body_pipe_other call:req
	call_file READ, 2, 1, \call
	call_file WRITE, 3, 1, \call
	.endm

	.macro	body_futex call:req
	call_turn 1, \call
	.endm

	.macro	body_futex_other call:req
	call_turn 0, \call
	.endm

	.macro	body_fault call:req
	str	xzr, [x23]
	add	x23, x23, #4096
	.endm

	.macro	body_fork call:req
	mov	x0, #1
	call_with FORK, \call
	cbz	x0, 9f
	call_with WAIT, \call
	.endm

	// Twice ROUNDS rounds; what the second half took is the result.
	.macro	program name:req, body:req, call:req
entry_point \name
	mov	x20, #2
8:	mrs	x21, cntvct_el0
	mov	x19, #ROUNDS
7:	\body	\call
	subs	x19, x19, #1
	b.ne	7b
	mrs	x22, cntvct_el0
	subs	x20, x20, #1
	b.ne	8b
	sub	x0, x22, x21
	mov	x8, #END
	svc	#0
	// A child: these two and the CBZ are FORK_CHILD.
9:	mov	x8, #EXIT
	svc	#0
	.endm

	.macro	programs name:req
	program	user_\name, body_\name, do_call
	program	nothing_\name, body_\name, do_nothing
	.endm

	.macro	partner name:req, body:req
entry_point partner_\name
7:	\body	do_call
	subs	x19, x19, #1
	b.ne	7b
	b	.
	.endm

	// The half of a round: from the caller's look to the other's.
	.macro	half_end
	subs	x19, x19, #1
	b.ne	7b
	sub	x0, x2, x21
	sub	x0, x0, #2		// the SVC, a look
	mov	x8, #END
	svc	#0
	.endm

entry_point user_ipc_call
	mov	x19, #ROUNDS
7:	mov	x0, #4
	mov	x1, xzr
	mov	x8, #WRITE
	mrs	x21, cntvct_el0
	svc	#0
	half_end

	// It is parked where it waits for the first call.
entry_point partner_ipc
	mrs	x2, cntvct_el0
	mov	x0, #4
	mov	x1, xzr
	mov	x8, #READ
	svc	#0
	b	partner_ipc

entry_point user_ipc_reply
	mov	x19, #ROUNDS
7:	mov	x0, #4
	mov	x1, xzr
	mov	x8, #WRITE
	svc	#0
	mrs	x20, cntvct_el0
	mov	x21, x2
	mov	x2, x20
	half_end

	// The look is the last thing before the reply.
entry_point partner_ipc_reply
	mov	x0, #4
	mov	x1, xzr
	mov	x8, #READ
	mrs	x2, cntvct_el0
	svc	#0
	b	partner_ipc_reply

entry_point user_signal
	mov	x19, #ROUNDS
7:	mov	x0, #5
	mov	x1, #1
	mov	x8, #WRITE
	mrs	x21, cntvct_el0
	svc	#0
	mrs	x2, cntvct_el0
	half_end

entry_point user_wait
	mov	x19, #ROUNDS
7:	mov	x0, #5
	mov	x1, #1
	mov	x8, #WRITE
	svc	#0
	mov	x0, #5
	mov	x8, #READ
	mrs	x21, cntvct_el0
	svc	#0
	mrs	x2, cntvct_el0
	half_end

	// The other looks when it has the CPU, and leaves it in memory.
entry_point user_signal_switch
	mov	x19, #ROUNDS
7:	mov	x0, #5
	mov	x1, #1
	mov	x8, #WRITE
	mrs	x21, cntvct_el0
	svc	#0
	ldr	x2, [x23]
	half_end

	// It is parked where it waits for the first signal.
entry_point partner_signal_switch
	mrs	x2, cntvct_el0
	str	x2, [x23]
	mov	x0, #5
	mov	x8, #READ
	svc	#0
	b	partner_signal_switch

entry_point user_wait_switch
	mov	x19, #ROUNDS
7:	mov	x0, #5
	mov	x1, #1
	mov	x8, #WRITE
	svc	#0
	mrs	x2, cntvct_el0
	ldr	x21, [x23]
	half_end

entry_point partner_wait_switch
	mov	x0, #5
	mov	x8, #READ
	mrs	x2, cntvct_el0
	add	x2, x2, #2		// this and the STR
	str	x2, [x23]
	svc	#0
	b	partner_wait_switch

	.balign	64
	programs null
	programs yield
	programs yield_fp
	programs eventfd
	programs pipe
	programs futex
	programs fault
	programs fork
	partner	yield, body_yield
	partner	yield_fp, body_yield_fp
	partner	eventfd, body_eventfd_other
	partner	pipe, body_pipe_other
	partner	futex, body_futex_other

	// The length of the second jump of the counter.
entry_point user_timer
	mov	x20, #2
1:	mrs	x3, cntvct_el0
2:	mrs	x4, cntvct_el0
	sub	x5, x4, x3
	mov	x3, x4
	cmp	x5, #WATCH
	b.ls	2b
	subs	x20, x20, #1
	b.ne	1b
	sub	x0, x5, #WATCH
	mov	x8, #END
	svc	#0

	// When the first program came to its first instruction.
entry_point user_first
	mrs	x0, cntvct_el0
	mov	x8, #END
	svc	#0

// ---- the start ---------------------------------------------------------

	.section .text.start, "ax"
	.globl	_start
_start:
	adr	x9, stack_end
	mov	sp, x9
	adr	x9, vectors
	msr	vbar_el1, x9
	mov	x9, #(3 << 20)		// FP registers are not trapped
	msr	cpacr_el1, x9
	bl	make_tables
	// MAIR: 0 normal, 1 device. TCR: 39 bits, write-back, 40 bits out.
	mov	x9, #0x00ff
	msr	mair_el1, x9
	ldr	x9, =0x2 << 32 | 1 << 23 | 3 << 12 | 1 << 10 | 1 << 8 | 25
	msr	tcr_el1, x9
	msr	ttbr0_el1, x0
	tlbi	vmalle1
	dsb	nsh
	isb
	ldr	x9, =0x30d0198d | 0x1000 | 1 << 26 | 1 << 14 | 1 << 15
	msr	sctlr_el1, x9
	isb
	bl	floor_main
	b	.
	.ltorg

	// An exception that none of this expects.
	.text
	.globl	wrong
wrong:
	adr	x9, stack_end
	mov	sp, x9
	mrs	x0, esr_el1
	mrs	x1, elr_el1
	b	floor_wrong

	// int semihosting(int operation, const void *what)
entry_point semihosting
	hlt	#0xf000
	ret

	.bss
	.balign	16
	.fill	8192
stack_end:

	.section .note.GNU-stack, "", %progbits
