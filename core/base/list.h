/* An intrusive doubly linked list, circular around its head. A node that is in no list points at
 * itself, so removing twice is harmless. */
#ifndef MB_LIST_H
#define MB_LIST_H

#include "base/base.h"

struct mb_list {
    struct mb_list *prev, *next;
};

static inline void mb_list_init(struct mb_list *l)
{
    l->prev = l->next = l;
}

static inline bool mb_list_is_empty(const struct mb_list *l)
{
    return l->next == l;
}

/* Is this node in a list? (It must have been initialised.) */
static inline bool mb_list_is_linked(const struct mb_list *l)
{
    return l->next != l;
}

static inline void mb_list_insert_before(struct mb_list *pos, struct mb_list *node)
{
    node->prev = pos->prev;
    node->next = pos;
    pos->prev->next = node;
    pos->prev = node;
}

static inline void mb_list_push(struct mb_list *head, struct mb_list *node)
{
    mb_list_insert_before(head, node);
}

static inline void mb_list_push_front(struct mb_list *head, struct mb_list *node)
{
    mb_list_insert_before(head->next, node);
}

static inline void mb_list_remove(struct mb_list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    mb_list_init(node);
}

/* Takes the first node out; NULL when the list is empty. */
static inline struct mb_list *mb_list_shift(struct mb_list *head)
{
    struct mb_list *node = head->next;
    if (node == head)
        return NULL;
    mb_list_remove(node);
    return node;
}

/* Moves all nodes of `from` to the end of `to`. */
static inline void mb_list_splice(struct mb_list *to, struct mb_list *from)
{
    if (mb_list_is_empty(from))
        return;
    from->next->prev = to->prev;
    to->prev->next = from->next;
    from->prev->next = to;
    to->prev = from->prev;
    mb_list_init(from);
}

#define MB_LIST_ENTRY(node, type, member) MB_CONTAINER_OF(node, type, member)

/* `it` may be removed from the list, and freed, inside the body; its successor may not. */
#define MB_LIST_EACH(it, tmp, head)                                                                \
    for (struct mb_list *it = (head)->next, *tmp = it->next; it != (head); it = tmp, tmp = it->next)

#endif
