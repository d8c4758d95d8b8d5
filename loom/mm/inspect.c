// SPDX-License-Identifier: MIT
/* Looking into address spaces: for /proc (inspect.h), for futexes (aspace.h) */
#include "mm/inspect.h"

#include "fs/inode.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/aspace_impl.h"
#include "mm/page.h"

int aspace_futex_key(struct aspace *as, uint64_t va, bool shared,
		     struct futex_key *key)
{
	const struct area *area;
	int err = 0;

	va = untagged(va);
	*key = (struct futex_key){ (uintptr_t)as, va, false };
	if (!shared)
		return 0;
	mutex_lock(&as->lock);
	area = area_at(&as->areas, va);
	if (!area)
		err = -EFAULT;
	else if (area->flags & AREA_SHARED)
		*key = (struct futex_key){ area->inode->number,
			area_offset(area, va), true };
	mutex_unlock(&as->lock);
	return err;
}

static const char *name_of(const struct aspace *as, const struct area *area)
{
	if (area->start == page_down(as->signal_page))
		return "[sigpage]";
	if (area->inode)
		return NULL;
	if (area->end == as->stack_top)
		return "[stack]";
	if (as->brk > as->brk_start && area->start < as->brk &&
	    area->end > as->brk_start)
		return "[heap]";
	return NULL;
}

bool aspace_next_area(struct aspace *as, uint64_t va, struct area_info *info)
{
	const struct area *area;

	mutex_lock(&as->lock);
	area = area_next(&as->areas, va);
	if (area) {
		*info = (struct area_info){
			.start = area->start,
			.end = area->end,
			.offset = area->offset,
			.inode = area->inode,
			.name = name_of(as, area),
			.prot = area->prot,
			.shared = area->flags & AREA_SHARED,
		};
		if (area->inode)
			inode_get(area->inode);
	}
	mutex_unlock(&as->lock);
	return area;
}

int aspace_for_each_area(struct aspace *as,
			 int (*fn)(const struct area_info *info, void *arg),
			 void *arg)
{
	struct area_info info;
	uint64_t va = 0;
	int stop = 0;

	while (!stop && aspace_next_area(as, va, &info)) {
		/* One may have grown down over what was seen already. */
		if (info.start < va)
			info.start = va;
		stop = fn(&info, arg);
		if (info.inode)
			inode_put(info.inode);
		va = info.end;
	}
	return stop;
}

static void add_area(struct aspace_usage *usage, const struct area *area)
{
	size_t pages = (area->end - area->start) / PAGE_SIZE;

	usage->mapped += pages;
	if (area->prot & AREA_EXEC)
		usage->text += pages;
	else if (area->flags & AREA_GROWS)
		usage->stack += pages;
	else if ((area->prot & AREA_WRITE) && !(area->flags & AREA_SHARED))
		usage->data += pages;
}

void aspace_usage(struct aspace *as, struct aspace_usage *usage)
{
	mutex_lock(&as->lock);
	*usage = (struct aspace_usage){
		.resident = as->pages,
		.peak = aspace_peak(as),
		.file = as->file_pages,
		.tables = as->table.pages,
		.brk_start = as->brk_start,
		.brk = as->brk,
		.stack_top = as->stack_top,
	};
	for (size_t i = 0; i < as->areas.count; i++)
		add_area(usage, &as->areas.area[i]);
	mutex_unlock(&as->lock);
}

struct inode *aspace_program(struct aspace *as)
{
	struct inode *inode;

	mutex_lock(&as->lock);
	inode = as->program;
	if (inode)
		inode_get(inode);
	mutex_unlock(&as->lock);
	return inode;
}

size_t aspace_peek(struct aspace *as, uint64_t va, void *dst, size_t len)
{
	struct weft_pt_entry entry;
	size_t done = 0;

	if (!is_inside(va, len))
		return 0;
	mutex_lock(&as->lock);
	while (done < len) {
		uint64_t page = page_down(va + done);
		size_t offset = va + done - page, n = PAGE_SIZE - offset;

		if (weft_pt_lookup(&as->table, page, &entry))
			break;
		if (n > len - done)
			n = len - done;
		memcpy((char *)dst + done,
		       (const char *)phys_to_virt(entry.pa) + offset, n);
		done += n;
	}
	mutex_unlock(&as->lock);
	return done;
}
