// SPDX-License-Identifier: MIT
/* Looking into address spaces; see inspect.h. */
#include "mm/inspect.h"

#include "lib/string.h"
#include "mm/aspace.h"
#include "mm/aspace_impl.h"
#include "mm/page.h"

static void add_area(struct aspace_usage *u, const struct area *area)
{
	size_t pages = (area->end - area->start) / PAGE_SIZE;

	u->mapped += pages;
	if (area->prot & AREA_EXEC)
		u->text += pages;
	else if (area->kind == AREA_STACK)
		u->stack += pages;
	else if (area->prot & AREA_WRITE)
		u->data += pages;
}

void aspace_usage(struct aspace *as, struct aspace_usage *usage)
{
	const struct area *area;

	*usage = (struct aspace_usage){ 0, 0, 0, 0, 0 };
	mutex_lock(&as->lock);
	list_for_each_entry(area, &as->areas.list, struct area, link)
		add_area(usage, area);
	usage->resident = as->pages;
	mutex_unlock(&as->lock);
}

bool aspace_next_area(struct aspace *as, uint64_t va, struct area_info *info)
{
	const struct area *area;

	mutex_lock(&as->lock);
	area = area_next(&as->areas, va);
	if (area)
		*info = (struct area_info){
			.start = area->start,
			.end = area->end,
			.prot = area->prot,
			.kind = area->kind,
		};
	mutex_unlock(&as->lock);
	return area;
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
