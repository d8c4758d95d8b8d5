// SPDX-License-Identifier: MIT
//
// The loops that are measured (loops.h). Each kind is one macro, so that what
// is measured, what is traced, the partner and the empty loop are the same
// instructions, but for \call.

#include <asm/unistd.h>

#include "loops.h"

	.arch_extension fp
	.equ	CALL_SIZE, 80
	.equ	CALL_RESULT, 72
	.equ	SIGCHLD, 17

	.macro	function name:req
	.text
	.balign	64
	.globl	\name
	.type	\name, %function
\name:
	.cfi_startproc
	.endm

	.macro	end name:req
	.cfi_endproc
	.size	\name, . - \name
	.endm

	.macro	label name
	.ifnb	\name
	.globl	\name
\name:
	.endif
	.endm

	// void NAME(struct call *calls, size_t count, uint64_t rounds)
	.macro	calls_loop name:req, call:req, fp=0, begin, end
	function \name
	mov	x12, #CALL_SIZE
	mov	x13, x0			// calls
	madd	x14, x1, x12, x0	// their end
	mov	x15, x2			// rounds
1:
	label	\begin
	mov	x12, x13
2:	ldp	x8, x0, [x12]
	ldp	x1, x2, [x12, #16]
	ldp	x3, x4, [x12, #32]
	ldp	x5, x9, [x12, #48]
	ldr	w10, [x12, #64]
	str	w10, [x9]
	.if	\fp
	fmov	d0, x15
	fadd	d31, d31, d0
	.endif
	\call
	str	x0, [x12, #CALL_RESULT]
	add	x12, x12, #CALL_SIZE
	cmp	x12, x14
	b.ne	2b
	subs	x15, x15, #1
	b.ne	1b
	label	\end
	ret
	end	\name
	.endm

	.macro	system_call
	svc	#0
	.endm

	.macro	no_call
	nop
	.endm

	calls_loop loop_calls, system_call
	calls_loop loop_traced, system_call, 0, traced_begin, traced_end
	calls_loop loop_partner, system_call
	calls_loop loop_nothing, no_call
	calls_loop loop_calls_fp, system_call, 1
	calls_loop loop_traced_fp, system_call, 1, \
		traced_fp_begin, traced_fp_end
	calls_loop loop_partner_fp, system_call, 1
	calls_loop loop_nothing_fp, no_call, 1

	// void NAME(void *at, size_t pages)
	.macro	touch_loop name:req, begin, end
	function \name
1:
	label	\begin
	mov	x2, x0			// not the STR, which is executed twice
	str	xzr, [x2]
	add	x0, x0, #4096
	subs	x1, x1, #1
	b.ne	1b
	label	\end
	ret
	end	\name
	.endm

	touch_loop loop_touch
	touch_loop loop_touch_traced, touch_begin, touch_end

	// void loop_watch(uint64_t usual, uint64_t *gap, size_t gaps)
	function loop_watch
	mrs	x3, cntvct_el0
1:	mrs	x4, cntvct_el0
	sub	x5, x4, x3
	mov	x3, x4
	cmp	x5, x0
	b.ls	1b
	str	x5, [x1], #8
	mrs	x3, cntvct_el0		// what the report took is no jump
	subs	x2, x2, #1
	b.ne	1b
	ret
	end	loop_watch

	// void NAME(uint64_t rounds)
	.macro	fork_loop name:req, call:req, begin, end
	function \name
	mov	x15, x0
1:
	label	\begin
	mov	x8, #__NR_clone
	mov	x0, #SIGCHLD
	mov	x1, xzr
	mov	x2, xzr
	mov	x3, xzr
	mov	x4, xzr
	\call
	cbz	x0, 2f
	mov	x8, #__NR_wait4
	mov	x1, xzr
	mov	x2, xzr
	mov	x3, xzr
	\call
	subs	x15, x15, #1
	b.ne	1b
	label	\end
	ret
	// The child: these three and the CBZ are LOOP_FORK_CHILD.
2:	mov	x8, #__NR_exit_group
	mov	x0, xzr
	svc	#0
	end	\name
	.endm

	fork_loop loop_fork, system_call
	fork_loop loop_fork_traced, system_call, fork_begin, fork_end
	fork_loop loop_fork_nothing, no_call

	function loop_nops
	.rept	LOOP_NOPS
	nop
	.endr
	ret
	end	loop_nops

	function loop_no_nops
	ret
	end	loop_no_nops

	function trace_on
	ret
	end	trace_on

	function trace_off
	ret
	end	trace_off

	// void loop_pause(void)
	function loop_pause
1:	mov	x8, #__NR_ppoll
	mov	x0, xzr
	mov	x1, xzr
	mov	x2, xzr
	mov	x3, xzr
	svc	#0
	b	1b
	end	loop_pause

	.section .note.GNU-stack, "", %progbits
