// SPDX-License-Identifier: MIT
/*
 * The kernel's own half of virtual memory: image, linear map, devices and
 * stacks, in the page table that TTBR1 holds.
 */
#ifndef LOOM_MM_KVM_H
#define LOOM_MM_KVM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct weft_asid_domain;
struct weft_space;

/*
 * Take over the page tables of boot/early.c; @image is where the image was
 * loaded. First of all here.
 */
void kvm_init(uint64_t image);

/*
 * Put [@start, @end) (whole 2 MiB blocks) into the linear map: writable, but
 * for what touches the image, [@image_start, @image_end). Returns how far it
 * went: less than @end when there are no tables left for more. Before any
 * page is allocated.
 */
uint64_t kvm_map_memory(uint64_t start, uint64_t end, uint64_t image_start,
			uint64_t image_end);

/* Is @pa in the linear map? */
bool kvm_is_memory(uint64_t pa);

/* Is @va mapped in the kernel's half? For reports that follow pointers. */
bool kvm_is_mapped(uint64_t va);

/*
 * The boot's identity mapping is not needed any more, and tables come from the
 * page allocator from here on.
 */
void kvm_leave_identity(void);

/* Map device registers (Device-nGnRE); NULL if there is no room. */
void *kvm_map_device(uint64_t pa, size_t size);

/*
 * A stack with its guard: its lowest byte, or NULL. Any context, DAIF masked or
 * not. It is freed in one of two ways. A few stay mapped for who asks next: to
 * map one, and to drop it from all TLBs, is most of what a thread takes.
 * kvm_stack_keep, which takes no time, says whether @stack is one of them; if
 * not (enough are kept, or memory is short) kvm_stack_free unmaps it, and while
 * memory is short those that were kept.
 */
void *kvm_stack_alloc(void);
bool kvm_stack_keep(void *stack);
void kvm_stack_free(void *stack);

/* Free those that are kept: for tests. */
void kvm_stacks_give_back(void);

/*
 * How many pages of the page allocator the kernel's half has that are nobody's:
 * the stacks that are kept, and tables. Those stay: as many as the most stacks
 * at once have needed so far, at most one for each 2 MiB of stack slots and
 * devices.
 */
size_t kvm_spare_pages(void);

/* The empty user half, under ASID 0: what kernel threads and idle run on. */
struct weft_space *kvm_empty_space(void);

/*
 * Prepare ASIDs for @ncpus CPUs: as many as the CPU has, or loom.asids=N of
 * the command line; 1 lets all spaces share one and flush at each change, 0
 * at each installation.
 */
void kvm_init_asids(const char *cmdline, unsigned ncpus);

/* How TLBs are invalidated here: enum weft_tlb_flags for every page table. */
unsigned kvm_tlb_flags(void);

/* Where the spaces of processes get their ASIDs. */
struct weft_asid_domain *kvm_asid_domain(void);

/* What is known of ASIDs: weft/asid.h. */
struct kvm_asid_usage {
	unsigned policy;	/* enum weft_asid_policy; if generations: */
	uint32_t count;		/* ASIDs, 0 included */
	uint32_t next;		/* where one that is free is looked for */
	uint64_t generation;	/* 1, 2 ... */
	uint64_t rollovers;	/* generations begun since boot */
};

void kvm_asid_usage(struct kvm_asid_usage *usage);

/* How often translations were invalidated on all CPUs. Atomic. */
struct kvm_flushes {
	uint64_t user;		/* of programs */
	uint64_t kernel;
};

extern struct kvm_flushes kvm_flushes;

/*
 * @space is about to be freed (mm/aspace.c): it is asserted to be in no CPU's
 * TTBR0, and no CPU block remembers it afterwards.
 */
void kvm_forget_space(struct weft_space *space);

#endif
