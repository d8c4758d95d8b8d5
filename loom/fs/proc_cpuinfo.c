// SPDX-License-Identifier: MIT
/*
 * /proc/cpuinfo as Linux on arm64 writes it: the features that programs may
 * use by the names of their AT_HWCAP bits, and the fields of MIDR_EL1 (Arm
 * ARM D19.2).
 */
#include <weft/sysreg.h>
#include <weft/timer.h>

#include "fs/proc.h"
#include "proc/exec.h"
#include "sched/cpu.h"

/* By bit number of AT_HWCAP and AT_HWCAP2. */
static const char *const hwcap_names[64] = {
	"fp", "asimd", "evtstrm", "aes", "pmull", "sha1", "sha2", "crc32",
	"atomics", "fphp", "asimdhp", "cpuid", "asimdrdm", "jscvt", "fcma",
	"lrcpc", "dcpop", "sha3", "sm3", "sm4", "asimddp", "sha512", "sve",
	"asimdfhm", "dit", "uscat", "ilrcpc", "flagm", "ssbs", "sb", "paca",
	"pacg",
};

static const char *const hwcap2_names[64] = {
	"dcpodp", "sve2", "sveaes", "svepmull", "svebitperm", "svesha3",
	"svesm4", "flagm2", "frint", "svei8mm", "svef32mm", "svef64mm",
	"svebf16", "i8mm", "bf16", "dgh", "rng", "bti", "mte", "ecv", "afp",
	"rpres", "mte3", "sme", "smei16i64", "smef64f64", "smei8i32",
	"smef16f32", "smeb16f32", "smef32f32", "smefa64", "wfxt", "ebf16",
	"sveebf16",
};

static void add_names(struct proc_text *t, uint64_t word,
		      const char *const names[64])
{
	for (unsigned bit = 0; bit < 64; bit++)
		if (word >> bit & 1 && names[bit])
			proc_add(t, " %s", names[bit]);
}

/* All are alike: boot/secondary.c uses no others. */
static void add_cpu(struct proc_text *t, unsigned index)
{
	uint64_t hwcap, hwcap2, midr = weft_read_midr_el1();
	unsigned long hz = (unsigned long)weft_timer_frequency();

	exec_hwcaps(&hwcap, &hwcap2);
	/* Linux waits by the timer's counter, and counts two a "bogus" MIPS. */
	proc_add(t, "processor\t: %u\nBogoMIPS\t: %lu.%02lu\nFeatures\t:",
		 index, hz / 500000, hz / 5000 % 100);
	add_names(t, hwcap, hwcap_names);
	add_names(t, hwcap2, hwcap2_names);
	proc_add(t, "\nCPU implementer\t: 0x%02x\nCPU architecture: 8\n",
		 (unsigned)(midr >> 24 & 0xff));
	proc_add(t, "CPU variant\t: 0x%x\nCPU part\t: 0x%03x\n"
		 "CPU revision\t: %u\n\n", (unsigned)(midr >> 20 & 0xf),
		 (unsigned)(midr >> 4 & 0xfff), (unsigned)(midr & 0xf));
}

int proc_cpuinfo(struct proc_text *t, struct proc_id id)
{
	uint64_t online = cpu_online();

	(void)id;
	for (unsigned i = 0; i < CPU_MAX; i++)
		if (online >> i & 1)
			add_cpu(t, i);
	return 0;
}
