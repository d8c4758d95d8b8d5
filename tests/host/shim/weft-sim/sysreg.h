// SPDX-License-Identifier: MIT
/*
 * System registers, barriers and TLB operations of a native build of weft:
 * each is noted, in order, so that a test can look at what was done when
 * (sim.c). What include/weft/sysreg.h includes on other machines.
 */
#ifndef WEFT_SIM_SYSREG_H
#define WEFT_SIM_SYSREG_H

#include <stddef.h>
#include <stdint.h>

enum sim_op {
	SIM_ISB, SIM_DSB_ISH, SIM_DSB_ISHST, SIM_DSB_NSH, SIM_DSB_NSHST,
	SIM_TTBR0, SIM_TLBI_ALL, SIM_TLBI_ALL_LOCAL, SIM_TLBI_ASID,
	SIM_TLBI_ASID_LOCAL, SIM_TLBI_VA, SIM_TLBI_VA_LEAF,
	SIM_TLBI_VA_KERNEL, SIM_TLBI_VA_KERNEL_LEAF,
	SIM_TLBI_VA_LOCAL, SIM_TLBI_VA_LEAF_LOCAL,
	SIM_TLBI_VA_KERNEL_LOCAL, SIM_TLBI_VA_KERNEL_LEAF_LOCAL,
	SIM_TLBI_RANGE, SIM_TLBI_RANGE_LEAF,
	SIM_TLBI_RANGE_KERNEL, SIM_TLBI_RANGE_KERNEL_LEAF,
	SIM_TLBI_RANGE_LOCAL, SIM_TLBI_RANGE_LEAF_LOCAL,
	SIM_TLBI_RANGE_KERNEL_LOCAL, SIM_TLBI_RANGE_KERNEL_LEAF_LOCAL,
	SIM_DSB_SY, SIM_DC_CVAU, SIM_DC_CVAC, SIM_DC_CIVAC, SIM_DC_IVAC,
	SIM_IC_IVAU, SIM_IC_ALL,
};

struct sim_event {
	enum sim_op op;
	uint64_t arg;
};

enum { SIM_EVENTS_MAX = 4096 };

extern struct sim_event sim_events[SIM_EVENTS_MAX];
extern size_t sim_count;
extern uint64_t sim_ttbr0;
extern uint64_t sim_ctr;		/* CTR_EL0 */

/* If set, called at each operation: what else may happen at this moment. */
extern void (*sim_hook)(enum sim_op op);

/* The last call of weft_debug_tlbi, and how many there were. */
struct sim_tlbi_note {
	int64_t asid;
	uint64_t va, size;
	uint64_t leaf_only;
};

extern struct sim_tlbi_note sim_tlbi;
extern size_t sim_tlbi_count;

/* Forget what was noted. */
void sim_clear(void);
void sim_note(enum sim_op op, uint64_t arg);

#define SIM_OPERATION(name, op)						\
	static inline void weft_##name(void)				\
	{								\
		sim_note(op, 0);					\
	}
#define SIM_OPERATION_ARG(name, op)					\
	static inline void weft_##name(uint64_t arg)			\
	{								\
		sim_note(op, arg);					\
	}

SIM_OPERATION(isb, SIM_ISB)
SIM_OPERATION(dsb_ish, SIM_DSB_ISH)
SIM_OPERATION(dsb_ishst, SIM_DSB_ISHST)
SIM_OPERATION(dsb_nsh, SIM_DSB_NSH)
SIM_OPERATION(dsb_nshst, SIM_DSB_NSHST)
SIM_OPERATION(tlbi_vmalle1is, SIM_TLBI_ALL)
SIM_OPERATION(tlbi_vmalle1, SIM_TLBI_ALL_LOCAL)
SIM_OPERATION_ARG(tlbi_aside1is, SIM_TLBI_ASID)
SIM_OPERATION_ARG(tlbi_aside1, SIM_TLBI_ASID_LOCAL)
SIM_OPERATION_ARG(tlbi_vae1is, SIM_TLBI_VA)
SIM_OPERATION_ARG(tlbi_vale1is, SIM_TLBI_VA_LEAF)
SIM_OPERATION_ARG(tlbi_vaae1is, SIM_TLBI_VA_KERNEL)
SIM_OPERATION_ARG(tlbi_vaale1is, SIM_TLBI_VA_KERNEL_LEAF)
SIM_OPERATION_ARG(tlbi_vae1, SIM_TLBI_VA_LOCAL)
SIM_OPERATION_ARG(tlbi_vale1, SIM_TLBI_VA_LEAF_LOCAL)
SIM_OPERATION_ARG(tlbi_vaae1, SIM_TLBI_VA_KERNEL_LOCAL)
SIM_OPERATION_ARG(tlbi_vaale1, SIM_TLBI_VA_KERNEL_LEAF_LOCAL)
SIM_OPERATION_ARG(tlbi_rvae1is, SIM_TLBI_RANGE)
SIM_OPERATION_ARG(tlbi_rvale1is, SIM_TLBI_RANGE_LEAF)
SIM_OPERATION_ARG(tlbi_rvaae1is, SIM_TLBI_RANGE_KERNEL)
SIM_OPERATION_ARG(tlbi_rvaale1is, SIM_TLBI_RANGE_KERNEL_LEAF)
SIM_OPERATION_ARG(tlbi_rvae1, SIM_TLBI_RANGE_LOCAL)
SIM_OPERATION_ARG(tlbi_rvale1, SIM_TLBI_RANGE_LEAF_LOCAL)
SIM_OPERATION_ARG(tlbi_rvaae1, SIM_TLBI_RANGE_KERNEL_LOCAL)
SIM_OPERATION_ARG(tlbi_rvaale1, SIM_TLBI_RANGE_KERNEL_LEAF_LOCAL)

SIM_OPERATION(dsb_sy, SIM_DSB_SY)
SIM_OPERATION_ARG(dc_cvau, SIM_DC_CVAU)
SIM_OPERATION_ARG(dc_cvac, SIM_DC_CVAC)
SIM_OPERATION_ARG(dc_civac, SIM_DC_CIVAC)
SIM_OPERATION_ARG(dc_ivac, SIM_DC_IVAC)
SIM_OPERATION_ARG(ic_ivau, SIM_IC_IVAU)
SIM_OPERATION(ic_ialluis, SIM_IC_ALL)

/* Nothing interrupts. */
static inline uint64_t weft_read_daif(void)
{
	return 0;
}

static inline void weft_write_daif(uint64_t value)
{
	(void)value;
}

static inline void weft_mask_all(void)
{
}

static inline uint64_t weft_read_ctr_el0(void)
{
	return sim_ctr;
}

static inline uint64_t weft_read_ttbr0_el1(void)
{
	return sim_ttbr0;
}

static inline void weft_write_ttbr0_el1(uint64_t value)
{
	sim_note(SIM_TTBR0, value);
	sim_ttbr0 = value;
}

#endif
