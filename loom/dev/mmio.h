// SPDX-License-Identifier: MIT
/*
 * Device registers: one load or store each, used by every driver.
 *
 * The pages that kvm_map_device makes are Device-nGnRE (Arm ARM B2.7.2):
 *
 *   nG   an access is not merged with its neighbours: each call here is one
 *        access of exactly the size that its name says;
 *   nR   accesses by one CPU to one device arrive in program order, so a
 *        driver needs no barrier between two of its own;
 *   E    a write may be acknowledged before the device has it. A driver that
 *        must know reads the device back (or a status bit it waits for).
 *
 * What that leaves open, and who closes it:
 *
 *   - A device access and an access to memory are not ordered against each
 *     other. No device here reads or writes memory, and what CPUs share they
 *     share under locks; so the accessors contain no barrier. The one message
 *     that travels by device is a software-generated interrupt: send_sgi has
 *     the barrier before its write.
 *   - Two devices are not ordered against each other. A handler that quiets
 *     its device and returns may see the interrupt controller deliver the old
 *     level once more. Every handler therefore looks at its device's status
 *     and takes "nothing to do" for an answer.
 *
 * The accesses are assembly so that the compiler emits the plain addressing
 * form (base register only: a hypervisor can emulate it) and neither splits,
 * repeats nor drops one. The "memory" clobber keeps them in program order
 * with each other and with the lock that surrounds them.
 */
#ifndef LOOM_DEV_MMIO_H
#define LOOM_DEV_MMIO_H

#include <stdint.h>

/* @addr is the register's virtual address, aligned to its size. */
static inline uint32_t mmio_read32(uintptr_t addr)
{
	uint32_t value;

	__asm__ volatile("ldr %w0, [%1]"
			 : "=r"(value) : "r"(addr) : "memory");
	return value;
}

static inline void mmio_write32(uintptr_t addr, uint32_t value)
{
	__asm__ volatile("str %w0, [%1]"
			 : : "rZ"(value), "r"(addr) : "memory");
}

static inline uint64_t mmio_read64(uintptr_t addr)
{
	uint64_t value;

	__asm__ volatile("ldr %x0, [%1]"
			 : "=r"(value) : "r"(addr) : "memory");
	return value;
}

static inline void mmio_write64(uintptr_t addr, uint64_t value)
{
	__asm__ volatile("str %x0, [%1]"
			 : : "rZ"(value), "r"(addr) : "memory");
}

static inline void mmio_write8(uintptr_t addr, uint8_t value)
{
	__asm__ volatile("strb %w0, [%1]"
			 : : "rZ"(value), "r"(addr) : "memory");
}

#endif
