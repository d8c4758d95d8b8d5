// SPDX-License-Identifier: MIT
/*
 * loom/proc/elf.c. Usage: test_elf STATIC STATIC_PIE DYNAMIC, three programs
 * that the cross compiler linked. The rest is a small program whose headers
 * lie in one way at a time, and then at random: whatever is accepted must
 * keep every promise of elf.h. HOST_TEST_SEED varies the random part.
 */
#include "check.h"

#include <elf.h>
#include <stdbool.h>
#include <string.h>

#include "lib/errno.h"
#include "proc/elf.h"

#define PAGE		4096u
#define USER_START	0x10000u
#define USER_END	(UINT64_C(1) << 39)
#define ROUNDS		60000

static const char *program_names[3];

static const struct elf_rules rules = {
	.user_start = USER_START,
	.user_end = USER_END,
};

/* The headers of a program of three segments; nothing of it is ever run. */
struct program {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[ELF_PHDRS_MAX + 1];
	uint64_t file_size;
};

static struct program good_program(void)
{
	static const Elf64_Phdr ph[4] = {
		{ .p_type = PT_LOAD, .p_flags = PF_R | PF_X,
		  .p_offset = 0, .p_vaddr = 0x400000, .p_filesz = 0x2345,
		  .p_memsz = 0x2345, .p_align = 0x10000 },
		{ .p_type = PT_LOAD, .p_flags = PF_R | PF_W,
		  .p_offset = 0x2ff0, .p_vaddr = 0x412ff0, .p_filesz = 0x100,
		  .p_memsz = 0x5000, .p_align = 0x10000 },
		{ .p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W },
		{ .p_type = PT_LOAD, .p_flags = PF_R,
		  .p_offset = 0x3000, .p_vaddr = 0x500000, .p_filesz = 0x10,
		  .p_memsz = 0x10, .p_align = 0x1000 },
	};
	struct program p = {
		.eh = {
			.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64,
				     ELFDATA2LSB, EV_CURRENT },
			.e_type = ET_EXEC,
			.e_machine = EM_AARCH64,
			.e_version = EV_CURRENT,
			.e_entry = 0x400100,
			.e_phoff = sizeof(Elf64_Ehdr),
			.e_ehsize = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = 4,
		},
		.file_size = 0x4000,
	};

	memcpy(p.ph, ph, sizeof(ph));
	return p;
}

static int parse_with(const struct program *p, struct elf_image *image,
		      const struct elf_rules *r)
{
	unsigned char *header = check_copy(&p->eh, ELF_HEADER_SIZE);
	unsigned char *phdrs;
	int ret = elf_read_header(image, header, ELF_HEADER_SIZE,
				  p->file_size);

	free(header);
	if (ret == 0) {
		phdrs = check_copy(p->ph, elf_headers_size(image));
		ret = elf_read_segments(image, phdrs, p->file_size, r);
		free(phdrs);
	}
	assert_true((ret == 0) == (image->error == NULL));
	return ret;
}

static int parse(const struct program *p, struct elf_image *image)
{
	return parse_with(p, image, &rules);
}

static void reads_a_program(void **state)
{
	struct program p = good_program();
	struct elf_image image;

	(void)state;
	assert_int_equal(parse(&p, &image), 0);
	assert_int_equal(image.entry, 0x400100);
	assert_int_equal(image.phdr_vaddr, 0x400040);
	assert_int_equal(image.phnum, 4);
	assert_int_equal(image.segments, 3);
	assert_int_equal(image.min_vaddr, 0x400000);
	assert_int_equal(image.max_vaddr, 0x501000);
	assert_int_equal(image.align, 0x10000);
	assert_false(image.is_pie);
	assert_false(image.stack_exec);
	assert_int_equal(image.segment[1].vaddr, 0x412ff0);
	assert_int_equal(image.segment[1].offset, 0x2ff0);
	assert_int_equal(image.segment[1].filesz, 0x100);
	assert_int_equal(image.segment[1].memsz, 0x5000);
	assert_int_equal(image.segment[1].flags, ELF_READ | ELF_WRITE);
}

static void reads_variations(void **state)
{
	struct elf_rules lax = rules;
	struct elf_image image;
	struct program p;

	(void)state;
	p = good_program();
	p.ph[2].p_flags |= PF_X;
	assert_int_equal(parse(&p, &image), 0);
	assert_true(image.stack_exec);

	p = good_program();
	p.ph[0].p_flags |= PF_W;
	lax.allow_write_exec = true;
	assert_int_equal(parse_with(&p, &image, &lax), 0);
	assert_int_equal(image.segment[0].flags,
			 ELF_READ | ELF_WRITE | ELF_EXEC);

	p = good_program();	/* program headers in no segment */
	p.ph[0].p_offset = 0x1000;
	p.ph[0].p_filesz = p.ph[0].p_memsz = 0x1000;
	assert_int_equal(parse(&p, &image), 0);
	assert_int_equal(image.phdr_vaddr, 0);

	p = good_program();	/* empty segments are none */
	p.ph[3].p_filesz = p.ph[3].p_memsz = 0;
	p.ph[3].p_vaddr = UINT64_MAX;
	assert_int_equal(parse(&p, &image), 0);
	assert_int_equal(image.segments, 2);

	p = good_program();	/* up to the last user address */
	p.ph[3].p_vaddr = USER_END - PAGE;
	p.ph[3].p_memsz = PAGE;
	assert_int_equal(parse(&p, &image), 0);
	assert_true(image.max_vaddr == USER_END);

	p = good_program();	/* a PIE may start at 0 */
	p.eh.e_type = ET_DYN;
	p.eh.e_entry = 0x100;
	p.ph[0].p_vaddr = 0;
	assert_int_equal(parse(&p, &image), 0);
	assert_true(image.is_pie);
	assert_int_equal(image.phdr_vaddr, 0x40);
}

/* Break one thing in a good program. */
static void lie(struct program *p, int number)
{
	Elf64_Ehdr *eh = &p->eh;
	Elf64_Phdr *ph = p->ph;
	unsigned int i;

	switch (number) {
	case 0: eh->e_ident[EI_MAG1] = 'e'; break;
	case 1: eh->e_ident[EI_CLASS] = ELFCLASS32; break;
	case 2: eh->e_ident[EI_DATA] = ELFDATA2MSB; break;
	case 3: eh->e_ident[EI_VERSION] = 0; break;
	case 4: eh->e_version = 2; break;
	case 5: eh->e_machine = EM_X86_64; break;
	case 6: eh->e_type = ET_REL; break;
	case 7: eh->e_type = ET_CORE; break;
	case 8: eh->e_phnum = 0; break;
	case 9: eh->e_phnum = ELF_PHDRS_MAX + 1; break;
	case 10: eh->e_phnum = PN_XNUM; break;
	case 11: eh->e_phentsize = 32; break;
	case 12: eh->e_phoff = p->file_size; break;
	case 13: eh->e_phoff = p->file_size - 4 * 56 + 1; break;
	case 14: eh->e_phoff = UINT64_MAX - 10; break;
	case 15: p->file_size = 63; break;
	case 16: ph[0].p_filesz = ph[0].p_memsz + 1; break;
	case 17: ph[3].p_filesz = ph[3].p_memsz = 0x1001; break;
	case 18: ph[3].p_offset = UINT64_MAX - 0xfff; break;
	case 19: ph[3].p_filesz = ph[3].p_memsz = UINT64_MAX; break;
	case 20: ph[3].p_memsz = UINT64_MAX; break;
	case 21: ph[3].p_memsz = UINT64_MAX - 0x500000; break;
	case 22: ph[3].p_vaddr = USER_END; break;
	case 23: ph[3].p_vaddr = USER_END - PAGE;
		 ph[3].p_memsz = PAGE + 1; break;
	case 24: ph[3].p_vaddr = 0xffffff8000000000; break;
	case 25: ph[3].p_vaddr += 8; break;
	case 26: ph[3].p_align = 0x3000; break;
	case 27: ph[3].p_align = UINT64_C(1) << 40; break;
	case 28: ph[0].p_flags |= PF_W; break;
	case 29: ph[1].p_flags |= PF_X; break;
	case 30: ph[1].p_vaddr = 0x401ff0; break;	/* bytes overlap */
	case 31: ph[1].p_vaddr = 0x402ff0; break;	/* a page is shared */
	case 32: ph[3].p_vaddr = 0x417000; break;	/* also of zeros */
	case 33: ph[3].p_vaddr = 0x300000; break;	/* not sorted */
	case 34: ph[3].p_type = PT_INTERP; break;
	case 35: eh->e_entry = 0; break;
	case 36: eh->e_entry = 0x413000; break;		/* data */
	case 37: eh->e_entry = 0x400000 + 0x2345; break;
	case 38: eh->e_entry += 2; break;
	case 39: eh->e_entry = UINT64_MAX; break;
	case 40: ph[0].p_flags = PF_R; break;
	case 41: ph[0].p_type = ph[1].p_type = ph[3].p_type = PT_NULL; break;
	case 42: ph[0].p_vaddr = 0; eh->e_entry = 0x100; break;
	case 43: eh->e_type = ET_DYN; ph[0].p_vaddr = 0; eh->e_entry = 0x100;
		 ph[3].p_vaddr = USER_END - PAGE; break;
	case 44:
		eh->e_phnum = ELF_SEGMENTS_MAX + 1;
		for (i = 0; i <= ELF_SEGMENTS_MAX; i++) {
			ph[i] = ph[0];
			ph[i].p_vaddr = 0x400000 + i * 0x10000;
		}
		break;
	}
}

static void refuses_lies(void **state)
{
	static const int wanted[] = {
		[0 ... 15] = -ENOEXEC, [16] = -EINVAL, [17] = -ENOEXEC,
		[18] = -ENOEXEC, [19] = -ENOEXEC, [20 ... 27] = -EINVAL,
		[28] = -ENOEXEC, [29] = -ENOEXEC, [30 ... 33] = -EINVAL,
		[34 ... 41] = -ENOEXEC, [42] = -EINVAL, [43] = -ENOMEM,
		[44] = -ENOEXEC,
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		struct program p = good_program();
		struct elf_image image;
		int ret;

		lie(&p, (int)i);
		ret = parse(&p, &image);
		if (ret != wanted[i])
			print_message("# lie %zu: %d, %s\n", i, ret,
				      image.error ? image.error : "accepted");
		assert_int_equal(ret, wanted[i]);
	}
}

static void refuses_short_files(void **state)
{
	struct program p = good_program();
	struct elf_image image;
	size_t n;

	(void)state;
	for (n = 0; n < ELF_HEADER_SIZE; n++) {
		unsigned char *cut = check_copy(&p.eh, n);

		assert_int_equal(elf_read_header(&image, cut, n, n), -ENOEXEC);
		assert_non_null(image.error);
		free(cut);
	}
}

/* What elf.h promises about an image that was accepted. */
static void check_promises(const struct elf_image *image, uint64_t file_size)
{
	uint64_t end = 0;
	bool entry_found = false;
	unsigned int i;

	assert_in_range(image->segments, 1, ELF_SEGMENTS_MAX);
	assert_true(image->align >= PAGE &&
		    !(image->align & (image->align - 1)));
	assert_true(image->is_pie || image->min_vaddr >= USER_START);
	assert_true(image->max_vaddr <= USER_END);
	for (i = 0; i < image->segments; i++) {
		const struct elf_segment *s = &image->segment[i];

		assert_true(s->memsz > 0 && s->filesz <= s->memsz);
		assert_true(s->offset <= file_size &&
			    s->filesz <= file_size - s->offset);
		assert_true(s->vaddr % PAGE == s->offset % PAGE);
		assert_true(s->vaddr / PAGE * PAGE >= end);
		assert_true(s->vaddr >= image->min_vaddr);
		assert_true((s->flags & 3) != 3);
		assert_true(s->memsz <= USER_END - s->vaddr);
		end = (s->vaddr + s->memsz + PAGE - 1) / PAGE * PAGE;
		if (image->entry >= s->vaddr &&
		    image->entry - s->vaddr < s->memsz &&
		    s->flags & ELF_EXEC)
			entry_found = true;
	}
	assert_true(end == image->max_vaddr);
	assert_true(entry_found);
}

static void keeps_its_promises_about_damage(void **state)
{
	static const uint64_t values[] = { 0, 1, 2, 3, 5, 7, 56, 64, PAGE - 1,
		PAGE, 0x2345, 0x4000, 0x400000, 0x412000, USER_END - PAGE,
		USER_END, UINT64_MAX, UINT64_MAX - 0xfff, INT64_MAX };
	uint64_t seed = check_seed(1);
	int accepted = 0;
	int round;

	(void)state;
	for (round = 0; round < ROUNDS; round++) {
		uint64_t rng = (seed << 32 | (uint64_t)round) * 2 + 1;
		struct program p = good_program();
		struct elf_image image;
		size_t changes = 1;

		check_random(&rng);
		if (check_below(&rng, 2))
			changes += check_below(&rng, 4);
		while (changes--) {
			unsigned char *bytes = (unsigned char *)&p;
			size_t at = check_below(&rng, 64 + 4 * 56) / 8 * 8;
			uint64_t value = values[check_below(&rng, 19)];

			if (check_below(&rng, 3) == 0)
				bytes[at + check_below(&rng, 8)] ^=
					(unsigned char)(1u <<
							check_below(&rng, 8));
			else
				memcpy(bytes + at, &value, 8);
		}
		if (parse(&p, &image) == 0) {
			accepted++;
			check_promises(&image, p.file_size);
		}
	}
	print_message("# seed %llu: %d of %d accepted\n",
		      (unsigned long long)seed, accepted, ROUNDS);
	assert_in_range(accepted, 1, ROUNDS - 1);
}

/* Read the headers of a real program the way that execve does. */
static int parse_file(const char *name, struct elf_image *image)
{
	unsigned char header[ELF_HEADER_SIZE];
	unsigned char phdrs[ELF_PHDRS_MAX * ELF_PHDR_SIZE];
	FILE *file = fopen(name, "rb");
	uint64_t size;
	int ret;

	assert_non_null(file);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	size = (uint64_t)ftell(file);
	rewind(file);
	assert_int_equal(fread(header, 1, sizeof(header), file),
			 sizeof(header));
	ret = elf_read_header(image, header, sizeof(header), size);
	assert_int_equal(ret, 0);
	assert_int_equal(fseek(file, (long)image->phoff, SEEK_SET), 0);
	assert_int_equal(fread(phdrs, ELF_PHDR_SIZE, image->phnum, file),
			 image->phnum);
	fclose(file);
	ret = elf_read_segments(image, phdrs, size, &rules);
	if (ret == 0)
		check_promises(image, size);
	return ret;
}

static void reads_real_programs(void **state)
{
	struct elf_image image;

	(void)state;
	assert_int_equal(parse_file(program_names[0], &image), 0);
	assert_false(image.is_pie);
	assert_false(image.stack_exec);
	assert_int_equal(image.segments, 2);
	assert_true(image.phdr_vaddr == image.segment[0].vaddr + image.phoff);

	assert_int_equal(parse_file(program_names[1], &image), 0);
	assert_true(image.is_pie);
	assert_int_equal(image.min_vaddr, 0);
	assert_int_equal(image.phdr_vaddr, 64);

	assert_int_equal(parse_file(program_names[2], &image), -ENOEXEC);
	assert_string_equal(image.error,
			    "dynamically linked, which is unsupported");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_program),
		cmocka_unit_test(reads_variations),
		cmocka_unit_test(refuses_lies),
		cmocka_unit_test(refuses_short_files),
		cmocka_unit_test(keeps_its_promises_about_damage),
		cmocka_unit_test(reads_real_programs),
	};
	int i;

	if (argc != 4) {
		fprintf(stderr, "usage: test_elf STATIC STATIC_PIE DYNAMIC\n");
		return 2;
	}
	for (i = 0; i < 3; i++)
		program_names[i] = argv[i + 1];
	return cmocka_run_group_tests_name("elf", tests, NULL, NULL);
}
