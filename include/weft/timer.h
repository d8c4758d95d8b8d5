// SPDX-License-Identifier: MIT
/*
 * The generic timer of the calling CPU (Arm ARM D11.2): one counter, the same
 * on every CPU, and a comparator that raises a private interrupt.
 *
 * Two pairs: the virtual counter and timer (weft_vtimer_, interrupt PPI 27 by
 * convention), which a kernel uses wherever it may run under a hypervisor, and
 * the physical ones (weft_ptimer_, PPI 30). weft_descend makes both usable at
 * EL1 with an offset of zero; weft_mmu_on lets EL0 read CNTVCT_EL0.
 *
 * The interrupt is level: it stays raised while the timer is enabled and its
 * deadline has passed. A handler stops the timer or sets a later deadline
 * before it ends the interrupt at the controller.
 *
 * Any EL from 1 up, any DAIF; a deadline belongs to the CPU, so the caller
 * must not migrate between thinking of it and setting it.
 */
#ifndef WEFT_TIMER_H
#define WEFT_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include <weft/sysreg.h>

#ifdef __cplusplus
extern "C" {
#endif

/* CNTx_CTL_EL0 */
#define WEFT_TIMER_ENABLE	1
#define WEFT_TIMER_IMASK	2
#define WEFT_TIMER_ISTATUS	4

/* A deadline that never comes */
#define WEFT_TIMER_NEVER	UINT64_MAX

/*
 * Counts a second, as the firmware wrote it into CNTFRQ_EL0: 0 or nonsense if
 * it did not.
 */
static inline uint64_t weft_timer_frequency(void)
{
	return weft_read_cntfrq_el0();
}

/*
 * The counter now: not before what the caller did before. Without the ISB it
 * could be read early, and a time that is taken under a lock could lie before
 * one that the previous holder took.
 */
static inline uint64_t weft_vtimer_now(void)
{
	weft_isb();
	return weft_read_cntvct_el0();
}

/* The physical counter. */
static inline uint64_t weft_ptimer_now(void)
{
	weft_isb();
	return weft_read_cntpct_el0();
}

/* No interrupt any more; its level is down when this returns. */
static inline void weft_vtimer_stop(void)
{
	weft_write_cntv_ctl_el0(0);
	weft_isb();
}

/* Disable the physical timer. */
static inline void weft_ptimer_stop(void)
{
	weft_write_cntp_ctl_el0(0);
	weft_isb();
}

/*
 * Interrupt this CPU when the counter reaches @deadline, at once if it has
 * passed; instead of any deadline before.
 *
 * The comparator first: enabled with its old value it might fire at once. The
 * ISB: a level that was raised is down when this returns, so that the
 * interrupt may be ended.
 */
static inline void weft_vtimer_set(uint64_t deadline)
{
	weft_write_cntv_cval_el0(deadline);
	weft_write_cntv_ctl_el0(WEFT_TIMER_ENABLE);
	weft_isb();
}

/*
 * The same for a timer that is enabled: it has fired, most likely, and goes on.
 */
static inline void weft_vtimer_move(uint64_t deadline)
{
	weft_write_cntv_cval_el0(deadline);
	weft_isb();
}

/* Fire at @deadline of the physical counter. */
static inline void weft_ptimer_set(uint64_t deadline)
{
	weft_write_cntp_cval_el0(deadline);
	weft_write_cntp_ctl_el0(WEFT_TIMER_ENABLE);
	weft_isb();
}

/* Is the timer enabled and its deadline past? */
static inline bool weft_vtimer_fired(void)
{
	return (weft_read_cntv_ctl_el0() &
		(WEFT_TIMER_ENABLE | WEFT_TIMER_ISTATUS)) ==
	       (WEFT_TIMER_ENABLE | WEFT_TIMER_ISTATUS);
}

/* Has the physical timer fired? */
static inline bool weft_ptimer_fired(void)
{
	return (weft_read_cntp_ctl_el0() &
		(WEFT_TIMER_ENABLE | WEFT_TIMER_ISTATUS)) ==
	       (WEFT_TIMER_ENABLE | WEFT_TIMER_ISTATUS);
}

#ifdef __cplusplus
}
#endif
#endif
