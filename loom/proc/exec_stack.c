// SPDX-License-Identifier: MIT
/* The initial stack of a program; see exec_stack.h. Called by execve. */
#include "proc/exec_stack.h"

#include "lib/assert.h"
#include "lib/string.h"

#define PLATFORM	"aarch64"	/* 8 bytes with its NUL */
#define TAIL_SIZE	(EXEC_STACK_RANDOM + sizeof(PLATFORM))

static uint64_t align_down_16(uint64_t v)
{
	return v & ~UINT64_C(15);
}

uint64_t exec_stack_strings_at(const struct exec_stack *s)
{
	return s->top - 8 - s->strings_len;
}

static size_t word_count(const struct exec_stack *s)
{
	return 1 + s->argc + 1 + s->envc + 1 + 2 * EXEC_STACK_AUXV;
}

size_t exec_stack_block_size(const struct exec_stack *s)
{
	return (word_count(s) * 8 + TAIL_SIZE + 15) / 16 * 16;
}

/* Pointers to @n strings from *@offset on, then NULL. */
static uint64_t *put_vector(uint64_t *word, const struct exec_stack *s,
			    unsigned n, size_t *offset)
{
	while (n--) {
		assert(*offset < s->strings_len);
		*word++ = exec_stack_strings_at(s) + *offset;
		*offset += strlen(s->strings + *offset) + 1;
	}
	*word++ = 0;
	return word;
}

/* @tail: the address of the random bytes; @execfn: of the path. */
static void put_auxv(uint64_t *word, const struct exec_stack *s, uint64_t tail,
		     uint64_t execfn)
{
	const uint64_t auxv[EXEC_STACK_AUXV][2] = {
		{ AT_HWCAP, s->hwcap },
		{ AT_HWCAP2, s->hwcap2 },
		{ AT_PAGESZ, 4096 },
		{ AT_CLKTCK, 100 },	/* what times(2) counts in */
		{ AT_PHDR, s->phdr },
		{ AT_PHENT, 56 },	/* sizeof(Elf64_Phdr) */
		{ AT_PHNUM, s->phnum },
		{ AT_BASE, 0 },		/* there is no interpreter */
		{ AT_FLAGS, 0 },
		{ AT_ENTRY, s->entry },
		{ AT_UID, 0 },
		{ AT_EUID, 0 },
		{ AT_GID, 0 },
		{ AT_EGID, 0 },
		{ AT_SECURE, 0 },
		{ AT_RANDOM, tail },
		{ AT_PLATFORM, tail + EXEC_STACK_RANDOM },
		{ AT_EXECFN, execfn },
		{ AT_MINSIGSTKSZ, s->signal_stack },
		{ AT_NULL, 0 },
	};

	memcpy(word, auxv, sizeof(auxv));
}

uint64_t exec_stack_build(const struct exec_stack *s, void *block)
{
	size_t size = exec_stack_block_size(s), offset = 0;
	uint64_t sp = align_down_16(exec_stack_strings_at(s)) - size;
	char *tail = (char *)block + size - TAIL_SIZE;
	uint64_t *word = block;

	memset(block, 0, size);
	*word++ = s->argc;
	word = put_vector(word, s, s->argc, &offset);
	word = put_vector(word, s, s->envc, &offset);
	put_auxv(word, s, sp + size - TAIL_SIZE,
		 exec_stack_strings_at(s) + offset);
	memcpy(tail, s->random, EXEC_STACK_RANDOM);
	memcpy(tail + EXEC_STACK_RANDOM, PLATFORM, sizeof(PLATFORM));
	return sp;
}
