// SPDX-License-Identifier: MIT
/*
 * Kernel objects (mm/kmem.h): small ones are cut from pages, called slabs,
 * that hold objects of one size class; large ones are whole runs of pages.
 *
 * The struct page of a slab says which class it is of (kmem_class), which
 * objects are free (kmem_free, linked through the objects themselves) and how
 * many are not (kmem_used). Slabs with a free object are on the list of their
 * class; full ones are on none, empty ones do not exist.
 *
 * The last link of a new slab's list is FRESH: that object, and all behind it,
 * were never given out. So a slab is made by writing one link, however many
 * objects it has.
 */
#include "mm/kmem.h"

#include <stdbool.h>
#include <stdint.h>

#include "lib/assert.h"
#include "lib/list.h"
#include "lib/lock.h"
#include "lib/panic.h"
#include "lib/string.h"
#include "mm/page.h"

enum {
	FREED = 0xdb,		/* what freed objects hold in debug builds */
	SMALL_MAX = 2048,
	UNIT = 16,
};

/* A free object; the rest of it is FREED in debug builds. */
struct object {
	struct object *next;	/* NULL: none; FRESH: what is behind it */
};

#define FRESH	((struct object *)(uintptr_t)1)

struct kmem_class {
	struct spinlock lock;
	uint32_t size;
	struct list partial;	/* lock: slabs with free objects, struct page */
};

#define CLASS(n, size_)							\
	[n] = { .lock = SPINLOCK_INIT(RANK_KMEM, "kmem-" #size_),	\
		.size = (size_), .partial = LIST_INIT(classes[n].partial) }

/* Multiples of 16, so that every object is aligned to 16. */
static struct kmem_class classes[] = {
	CLASS(0, 16), CLASS(1, 32), CLASS(2, 48), CLASS(3, 64),
	CLASS(4, 96), CLASS(5, 128), CLASS(6, 192), CLASS(7, 256),
	CLASS(8, 384), CLASS(9, 512), CLASS(10, 672), CLASS(11, 1024),
	CLASS(12, 1344), CLASS(13, SMALL_MAX),
};

#define X2(n)	n, n
#define X4(n)	X2(n), X2(n)
#define X8(n)	X4(n), X4(n)
#define X10(n)	X8(n), X2(n)
#define X20(n)	X10(n), X10(n)
#define X22(n)	X20(n), X2(n)
#define X44(n)	X22(n), X22(n)

/* The class for so many units, from 0 on. */
static const uint8_t class_by_units[] = {
	X2(0), 1, 2, 3, X2(4), X2(5), X4(6), X4(7), X8(8), X8(9), X10(10),
	X22(11), X20(12), X44(13),
};

_Static_assert(sizeof(class_by_units) == SMALL_MAX / UNIT + 1,
	       "there is a class for every small size");

static struct kmem_class *class_for(size_t size)
{
	struct kmem_class *class =
		&classes[class_by_units[(size + UNIT - 1) / UNIT]];

	assert(class->size >= size);
	assert(class == classes || class[-1].size < size);
	return class;
}

static unsigned order_for(size_t size)
{
	unsigned order = 0;

	while (((size_t)PAGE_SIZE << order) < size)
		order++;
	return order;
}

/* The object was free: nobody may have written to it since. */
static void check_untouched(const struct object *object, size_t size)
{
	const uint8_t *bytes = (const uint8_t *)object;

	for (size_t i = sizeof(*object); i < size; i++)
		if (bytes[i] != FREED)
			panic("kmem: %p was written to at +%zu after its free",
			      (const void *)object, i);
}

static bool is_on_free_list(const struct page *slab,
			    const struct object *object)
{
	const struct object *free;

	for (free = slab->kmem_free; free != NULL; free = free->next) {
		if (free == object)
			return true;
		if (free->next == FRESH)
			return object > free;
	}
	return false;
}

/* A new page of free objects on the class's list. Its lock is held. */
static struct page *slab_create(struct kmem_class *class)
{
	uint64_t pa = page_alloc(0);
	struct object *first = phys_to_virt(pa);
	struct page *slab;

	if (!pa)
		return NULL;
	slab = page_of(pa);
	if (LOOM_DEBUG)
		memset(first, FREED, PAGE_SIZE);
	first->next = FRESH;
	slab->kmem_class = (uint16_t)(class - classes + 1);
	slab->kmem_used = 0;
	slab->kmem_free = first;
	list_add_head(&class->partial, &slab->link);
	return slab;
}

/* The object behind @object, which were FRESH both; NULL: the page ends. */
static struct object *next_fresh(const struct kmem_class *class,
				 struct object *object)
{
	uintptr_t next = (uintptr_t)object + class->size;
	uintptr_t left = PAGE_SIZE - (uintptr_t)object % PAGE_SIZE;

	if (left < 2 * class->size)
		return NULL;
	object = (struct object *)next;
	object->next = FRESH;
	return object;
}

/* Take the first free object of @slab, which has one. The lock is held. */
static struct object *take_object(struct kmem_class *class, struct page *slab)
{
	struct object *object = slab->kmem_free;

	assert(object);		/* a full slab is on no list */
	slab->kmem_free = object->next;
	if (object->next == FRESH)
		slab->kmem_free = next_fresh(class, object);
	slab->kmem_used++;
	if (!slab->kmem_free)
		list_del(&slab->link);
	return object;
}

static void *small_alloc(struct kmem_class *class)
{
	uint64_t daif = spin_lock_irqsave(&class->lock);
	struct object *object = NULL;
	struct page *slab;

	if (list_empty(&class->partial))
		slab = slab_create(class);
	else
		slab = list_first_entry(&class->partial, struct page, link);
	if (slab)
		object = take_object(class, slab);
	spin_unlock_irqrestore(&class->lock, daif);
	if (object && LOOM_DEBUG)
		check_untouched(object, class->size);
	return object;
}

static void small_free(struct page *slab, uint64_t pa, void *ptr)
{
	struct kmem_class *class = &classes[slab->kmem_class - 1];
	struct object *object = ptr;
	uint64_t daif;
	bool empty;

	if ((uintptr_t)ptr % PAGE_SIZE % class->size)
		panic("kmem: free of %p, inside an object", ptr);
	daif = spin_lock_irqsave(&class->lock);
	if (LOOM_DEBUG && is_on_free_list(slab, object))
		panic("kmem: second free of %p", ptr);
	if (LOOM_DEBUG)
		memset(object, FREED, class->size);
	if (!slab->kmem_free)
		list_add_head(&class->partial, &slab->link);
	object->next = slab->kmem_free;
	slab->kmem_free = object;
	slab->kmem_used--;
	empty = slab->kmem_used == 0;
	if (empty) {
		list_del(&slab->link);
		slab->kmem_class = 0;
	}
	spin_unlock_irqrestore(&class->lock, daif);
	if (empty)
		page_free(pa & -(uint64_t)PAGE_SIZE, 0);
}

static void *allocate(size_t size, const void *site)
{
	uint64_t pa;

	if (page_refused(site))
		return NULL;
	if (size <= SMALL_MAX)
		return small_alloc(class_for(size));
	if (size > BLOCK_SIZE)
		return NULL;
	pa = page_alloc(order_for(size));
	return pa ? phys_to_virt(pa) : NULL;
}

void *kmalloc(size_t size)
{
	return allocate(size, __builtin_return_address(0));
}

void *kzalloc(size_t size)
{
	void *ptr = allocate(size, __builtin_return_address(0));

	if (ptr)
		memset(ptr, 0, size);
	return ptr;
}

/* The struct page of a pointer that kmalloc returned. */
static struct page *page_of_object(const void *ptr)
{
	struct page *page = page_of(virt_to_phys(ptr));

	/* A page that nobody has: the last object of its slab was freed. */
	if (!page || page->refs == 0)
		panic("kmem: %p is no object, or was freed before", ptr);
	return page;
}

void kfree(void *ptr)
{
	struct page *page;
	uint64_t pa;

	if (!ptr)
		return;
	page = page_of_object(ptr);
	pa = virt_to_phys(ptr);
	if (page->kmem_class) {
		small_free(page, pa, ptr);
		return;
	}
	if (pa % PAGE_SIZE)
		panic("kmem: %p is no object, or was freed before", ptr);
	page_free(pa, page->order);
}

static size_t capacity(const void *ptr)
{
	const struct page *page = page_of_object(ptr);

	if (page->kmem_class)
		return classes[page->kmem_class - 1].size;
	return (size_t)PAGE_SIZE << page->order;
}

void *krealloc(void *ptr, size_t old_size, size_t new_size)
{
	void *moved;

	if (ptr && new_size <= capacity(ptr))
		return ptr;
	moved = allocate(new_size, __builtin_return_address(0));
	if (!moved || !ptr)
		return moved;
	memcpy(moved, ptr, old_size);
	kfree(ptr);
	return moved;
}
