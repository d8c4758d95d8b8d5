// SPDX-License-Identifier: MIT
/*
 * System registers, barriers and TLB operations of the model: each is a step
 * of the simulated machine (machine.c). What include/weft/sysreg.h includes
 * on other machines.
 */
#ifndef WEFT_SIM_SYSREG_H
#define WEFT_SIM_SYSREG_H

#include <stdint.h>

enum model_barrier {
	MODEL_ISB, MODEL_DSB_ISH, MODEL_DSB_ISHST, MODEL_DSB_NSH,
	MODEL_DSB_NSHST, MODEL_DSB_SY,
};

/* What a TLBI reaches: by address leaves or all, of one ASID or of any. */
enum model_scope {
	MODEL_ALL, MODEL_ASID, MODEL_VA, MODEL_VA_LEAF, MODEL_VAA,
	MODEL_VAA_LEAF, MODEL_RANGE, MODEL_RANGE_LEAF, MODEL_RANGE_ANY,
	MODEL_RANGE_ANY_LEAF,
};

void model_barrier(enum model_barrier which);
void model_tlbi(enum model_scope scope, int broadcast, uint64_t arg,
		const char *name);
void model_write_ttbr0(uint64_t value);
uint64_t model_read_ttbr0(void);

#define MODEL_BARRIER(name, which)					\
	static inline void weft_##name(void)				\
	{								\
		model_barrier(which);					\
	}
#define MODEL_TLBI(name, scope, broadcast)				\
	static inline void weft_tlbi_##name(void)			\
	{								\
		model_tlbi(scope, broadcast, 0, #name);			\
	}
#define MODEL_TLBI_ARG(name, scope, broadcast)				\
	static inline void weft_tlbi_##name(uint64_t arg)		\
	{								\
		model_tlbi(scope, broadcast, arg, #name);		\
	}

MODEL_BARRIER(isb, MODEL_ISB)
MODEL_BARRIER(dsb_sy, MODEL_DSB_SY)
MODEL_BARRIER(dsb_ish, MODEL_DSB_ISH)
MODEL_BARRIER(dsb_ishst, MODEL_DSB_ISHST)
MODEL_BARRIER(dsb_nsh, MODEL_DSB_NSH)
MODEL_BARRIER(dsb_nshst, MODEL_DSB_NSHST)

MODEL_TLBI(vmalle1is, MODEL_ALL, 1)
MODEL_TLBI(vmalle1, MODEL_ALL, 0)
MODEL_TLBI_ARG(aside1is, MODEL_ASID, 1)
MODEL_TLBI_ARG(aside1, MODEL_ASID, 0)
MODEL_TLBI_ARG(vae1is, MODEL_VA, 1)
MODEL_TLBI_ARG(vae1, MODEL_VA, 0)
MODEL_TLBI_ARG(vale1is, MODEL_VA_LEAF, 1)
MODEL_TLBI_ARG(vale1, MODEL_VA_LEAF, 0)
MODEL_TLBI_ARG(vaae1is, MODEL_VAA, 1)
MODEL_TLBI_ARG(vaae1, MODEL_VAA, 0)
MODEL_TLBI_ARG(vaale1is, MODEL_VAA_LEAF, 1)
MODEL_TLBI_ARG(vaale1, MODEL_VAA_LEAF, 0)
MODEL_TLBI_ARG(rvae1is, MODEL_RANGE, 1)
MODEL_TLBI_ARG(rvale1is, MODEL_RANGE_LEAF, 1)
MODEL_TLBI_ARG(rvaae1is, MODEL_RANGE_ANY, 1)
MODEL_TLBI_ARG(rvaale1is, MODEL_RANGE_ANY_LEAF, 1)
MODEL_TLBI_ARG(rvae1, MODEL_RANGE, 0)
MODEL_TLBI_ARG(rvale1, MODEL_RANGE_LEAF, 0)
MODEL_TLBI_ARG(rvaae1, MODEL_RANGE_ANY, 0)
MODEL_TLBI_ARG(rvaale1, MODEL_RANGE_ANY_LEAF, 0)

static inline uint64_t weft_read_ttbr0_el1(void)
{
	return model_read_ttbr0();
}

static inline void weft_write_ttbr0_el1(uint64_t value)
{
	model_write_ttbr0(value);
}

#endif
