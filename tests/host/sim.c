// SPDX-License-Identifier: MIT
/* What a native build of weft did to the machine; see weft-sim/sysreg.h. */
#include <weft-sim/sysreg.h>

#include <stdio.h>
#include <stdlib.h>

#include <weft/assert.h>
#include <weft/pgtable.h>
#include <weft/tlb.h>

struct sim_event sim_events[SIM_EVENTS_MAX];
size_t sim_count;
uint64_t sim_ttbr0;
uint64_t sim_ctr;
void (*sim_hook)(enum sim_op op);
struct sim_tlbi_note sim_tlbi;
size_t sim_tlbi_count;

void sim_clear(void)
{
	sim_count = 0;
	sim_tlbi_count = 0;
}

void sim_note(enum sim_op op, uint64_t arg)
{
	if (sim_count == SIM_EVENTS_MAX) {
		fprintf(stderr, "sim: too many events\n");
		abort();
	}
	sim_events[sim_count++] = (struct sim_event){ op, arg };
	if (sim_hook)
		sim_hook(op);
}

void weft_assert_failed(const char *file, int line, const char *expr)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, expr);
	abort();
}

void weft_debug_tlbi(int32_t asid, uint64_t va, size_t size, bool leaf_only)
{
	sim_tlbi = (struct sim_tlbi_note){ asid, va, size, leaf_only };
	sim_tlbi_count++;
}
