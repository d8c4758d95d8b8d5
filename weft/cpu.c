// SPDX-License-Identifier: MIT
/* What the CPU can do, read from its ID registers (Arm ARM D19.2). */
#include <weft/cpu.h>

#include <weft/sysreg.h>

#include "flags.h"

static unsigned field(uint64_t reg, unsigned shift)
{
	return (reg >> shift) & 0xf;
}

/* Fields for which 15 means "not there" rather than "more than 14" */
static bool signed_field(uint64_t reg, unsigned shift)
{
	return field(reg, shift) != 0xf;
}

static unsigned pa_bits(unsigned range)
{
	static const uint8_t bits[] = { 32, 36, 40, 42, 44, 48, 52, 56 };

	return range < sizeof(bits) ? bits[range] : 32;
}

static void read_memory_model(struct weft_features *f)
{
	uint64_t mmfr0 = weft_read_id_aa64mmfr0_el1();
	uint64_t mmfr1 = weft_read_id_aa64mmfr1_el1();
	uint64_t mmfr2 = weft_read_id_aa64mmfr2_el1();

	f->pa_range = (uint8_t)field(mmfr0, 0);
	f->pa_bits = (uint8_t)pa_bits(f->pa_range);
	f->asid_bits = field(mmfr0, 4) == 2 ? 16 : 8;
	f->granule_4k = signed_field(mmfr0, 28);
	f->pan = field(mmfr1, 20) != 0;
	f->uao = field(mmfr2, 4) != 0;
	f->e0pd = field(mmfr2, 60) != 0;
}

static void read_processor(struct weft_features *f)
{
	uint64_t pfr0 = weft_read_id_aa64pfr0_el1();
	uint64_t pfr1 = weft_read_id_aa64pfr1_el1();

	f->fp = signed_field(pfr0, 16) && signed_field(pfr0, 20);
	f->ras = field(pfr0, 28) != 0;
	f->sve = field(pfr0, 32) != 0;
	f->csv2 = field(pfr0, 56) != 0;
	f->csv3 = field(pfr0, 60) != 0;
	f->bti = field(pfr1, 0) != 0;
	f->ssbs = field(pfr1, 4) != 0;
	f->mte = field(pfr1, 8) >= 2;
	f->sme = field(pfr1, 24) != 0;
}

static void read_instructions(struct weft_features *f)
{
	uint64_t isar0 = weft_read_id_aa64isar0_el1();
	uint64_t isar1 = weft_read_id_aa64isar1_el1();
	uint64_t isar2 = weft_read_id_aa64isar2_el1();

	f->lse = field(isar0, 20) >= 2;
	f->tlbirange = field(isar0, 56) == 2;
	f->rng = field(isar0, 60) != 0;
	f->pauth = field(isar1, 4) || field(isar1, 8) || field(isar2, 12);
	f->sb = field(isar1, 36) != 0;
}

void weft_features_read(struct weft_features *features)
{
	*features = (struct weft_features){ 0 };
	read_memory_model(features);
	read_processor(features);
	read_instructions(features);
}
