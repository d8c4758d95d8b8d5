// SPDX-License-Identifier: MIT
/*
 * Intrusive doubly linked list, used by every subsystem that queues objects.
 *
 * A list is a ring of `struct list` nodes: the head is one node, each
 * member embeds another. The ring is never NULL anywhere, so adding and
 * removing have no special cases. Nothing here locks: the lock that guards
 * the head guards every function on it.
 *
 * A node that is on no list is self-linked (list_init, list_del), so
 * list_empty(&object->node) tells whether the object is queued.
 */
#ifndef LOOM_LIB_LIST_H
#define LOOM_LIB_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next;
	struct list *prev;
};

/* A static initializer for a head or node named @name. */
#define LIST_INIT(name) { &(name), &(name) }

/*
 * The @type whose member @member is at @ptr. The conditional is only there
 * for the compiler to complain when @ptr is not of the member's type.
 */
#define container_of(ptr, type, member)					\
	((type *)((char *)(1 ? (ptr) : &((type *)0)->member) -		\
		  offsetof(type, member)))

/* The node inside @pos, without forming an lvalue of its type. */
#define list_node_in(pos, type, member)					\
	((struct list *)((char *)(pos) + offsetof(type, member)))

static inline void list_init(struct list *node)
{
	node->next = node;
	node->prev = node;
}

static inline bool list_empty(const struct list *head)
{
	return head->next == head;
}

/* Put @node, which is on no list, between @prev and its successor. */
static inline void list_add_after(struct list *prev, struct list *node)
{
	node->next = prev->next;
	node->prev = prev;
	prev->next->prev = node;
	prev->next = node;
}

static inline void list_add_head(struct list *head, struct list *node)
{
	list_add_after(head, node);
}

static inline void list_add_tail(struct list *head, struct list *node)
{
	list_add_after(head->prev, node);
}

/* Take @node off its list and leave it self-linked; twice is harmless. */
static inline void list_del(struct list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_init(node);
}

/* Move all members of @from, in order, to the tail of @to. */
static inline void list_splice_tail(struct list *to, struct list *from)
{
	if (list_empty(from))
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	list_init(from);
}

/* The first or last node of @head, NULL when it is empty. */
static inline struct list *list_first(const struct list *head)
{
	/* The analyzer does not see that list_del changes the head, too. */
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
	return list_empty(head) ? NULL : head->next;
}

static inline struct list *list_last(const struct list *head)
{
	return list_empty(head) ? NULL : head->prev;
}

/* Take the first node off @head; NULL when it is empty. */
static inline struct list *list_pop(struct list *head)
{
	struct list *node = list_first(head);

	if (node)
		list_del(node);
	return node;
}

/* The @type that embeds the first node of @head, which is not empty. */
#define list_first_entry(head, type, member)				\
	container_of((head)->next, type, member)

/* Visit every node; the body must not remove the node it is given. */
#define list_for_each(node, head)					\
	for ((node) = (head)->next; (node) != (head);			\
	     (node) = (node)->next)

/* Visit every node; the body may remove the node it is given, no other. */
#define list_for_each_safe(node, tmp, head)				\
	for ((node) = (head)->next, (tmp) = (node)->next;		\
	     (node) != (head);						\
	     (node) = (tmp), (tmp) = (node)->next)

/*
 * Visit every member: @pos is a `@type *` and @member its node. After a loop
 * that ran to its end @pos is no valid object.
 */
#define list_for_each_entry(pos, head, type, member)			\
	for ((pos) = container_of((head)->next, type, member);		\
	     list_node_in(pos, type, member) != (head);			\
	     (pos) = container_of(list_node_in(pos, type, member)->next,\
				  type, member))

/* The same; the body may remove or free @pos, no other member. */
#define list_for_each_entry_safe(pos, tmp, head, type, member)		\
	for ((pos) = container_of((head)->next, type, member),		\
	     (tmp) = container_of(list_node_in(pos, type, member)->next,\
				  type, member);			\
	     list_node_in(pos, type, member) != (head);			\
	     (pos) = (tmp),						\
	     (tmp) = container_of(list_node_in(pos, type, member)->next,\
				  type, member))

#endif
