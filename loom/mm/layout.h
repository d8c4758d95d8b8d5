// SPDX-License-Identifier: MIT
/*
 * The map of virtual memory. Assembly, C and the linker script include this.
 *
 *   0x0000000000000000  user: TTBR0, 512 GiB
 *   0xffffff8000000000  linear map: physical memory, 2 MiB blocks, 256 GiB
 *   0xffffffc000000000  the kernel image (its alias above is read-only)
 *   0xffffffd000000000  device registers, one guard page between two
 *   0xffffffe000000000  kernel stacks: 16 KiB in 32 KiB slots, guard below
 *   0xfffffff000000000  the device tree, read-only
 */
#ifndef LOOM_MM_LAYOUT_H
#define LOOM_MM_LAYOUT_H

#define USER_TOP	0x0000008000000000
#define LINEAR_BASE	0xffffff8000000000
#define LINEAR_SIZE	0x0000004000000000
#define IMAGE_BASE	0xffffffc000000000
#define DEVICE_BASE	0xffffffd000000000
#define DEVICE_SIZE	0x0000000040000000
#define STACK_BASE	0xffffffe000000000
#define DTB_BASE	0xfffffff000000000

#define PAGE_SHIFT	12
#define PAGE_SIZE	4096
#define BLOCK_SIZE	0x200000

/*
 * A stack fills the upper half of an aligned slot of twice its size: an
 * address below it has the bit STACK_SHIFT clear, which is how the vectors
 * see that a stack is used up.
 */
#define STACK_SHIFT	14
#define STACK_SIZE	0x4000
#define STACK_SLOT	0x8000

#endif
