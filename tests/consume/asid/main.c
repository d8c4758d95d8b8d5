// SPDX-License-Identifier: MIT
/*
 * Takes weft/asid.c and its headers and nothing else of weft: more spaces than
 * ASIDs on two CPUs of somebody's kernel, which writes TTBR0 and drops TLBs
 * itself. Here both are variables, so it runs on any machine.
 */
#include <stdio.h>
#include <stdlib.h>

#include <weft/asid.h>
#include <weft/space.h>

enum { CPUS = 2, SPACES = 7, ASIDS = 5, SWITCHES = 1000 };

static uint64_t map[WEFT_ASID_MAP_WORDS(ASIDS)];
static struct weft_asid_cpu cpus[CPUS];
static struct weft_asid_domain domain;
static struct weft_space spaces[SPACES];

/* What each CPU runs, and whose translations its TLB has under each ASID. */
static struct weft_space *running[CPUS];
static struct weft_space *tlb[CPUS][ASIDS];

static uint64_t asid_of(const struct weft_space *space)
{
	return space->ttbr >> 48;
}

static void require(int truth, const char *what)
{
	if (truth)
		return;
	printf("asid: %s\n", what);
	exit(1);
}

static void switch_to(unsigned cpu, struct weft_space *space)
{
	unsigned i;

	if (weft_asid_assign(&domain, cpu, space)) {
		for (i = 0; i < ASIDS; i++)
			tlb[cpu][i] = NULL;
	}
	require(asid_of(space) > 0 && asid_of(space) < ASIDS, "out of range");
	require(!tlb[cpu][asid_of(space)] ||
		tlb[cpu][asid_of(space)] == space, "another's translations");
	tlb[cpu][asid_of(space)] = space;
	running[cpu] = space;
}

int main(void)
{
	unsigned i;

	require(!weft_asid_init(&domain, WEFT_ASID_GENERATIONS, ASIDS, map,
				cpus, CPUS), "refused");
	for (i = 0; i < SPACES; i++) {
		spaces[i].ttbr = (i + 1) * UINT64_C(4096);
		spaces[i].domain = &domain;
	}
	for (i = 0; i < SWITCHES; i++) {
		switch_to(i % 3 == 0, &spaces[i * 5 % SPACES]);
		require(!running[0] || !running[1] ||
			running[0] == running[1] ||
			asid_of(running[0]) != asid_of(running[1]),
			"two spaces under one ASID");
	}
	require(domain.rollovers > 10, "no new generation ever began");
	printf("asid: %d switches, every space alone under its ASID\n",
	       SWITCHES);
	return 0;
}
