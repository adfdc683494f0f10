#include "vm/slab.h"

#include <stdlib.h>
#include <sys/mman.h>

enum {
    CHUNK_PAGES = 64, /* pages are asked from the host in chunks: 128 KB of address space */
    CHUNK_BYTES = CHUNK_PAGES * MB_SLAB_PAGE_BYTES,
    STEP = 16,
    HOST_PAGES = 2, /* of ours in one of the host's */
};

/* Few, so that an idle state has few half-used pages; the larger ones divide a page without rest,
 * and hold what the interpreter asks for most: tables (64), their hashes (24 * 2^n), stacks. */
static const uint16_t sizes[MB_SLAB_CLASSES] = {16,  32,  48,  64,  96,  128, 192,
                                                240, 320, 400, 496, 656, 992};

/* At the start of each page that holds blocks. */
struct mb_slab_page {
    struct mb_slab_page *prev, *next; /* in `partial` */
    void *freed;                      /* blocks that were given back, chained */
    uint16_t chunk;                   /* which one the page is in */
    uint16_t n_live, n_fresh;         /* blocks in use; blocks that were never used */
    uint8_t class;
    bool listed;
};
enum { FIRST_BLOCK = 48 };
_Static_assert(sizeof(struct mb_slab_page) <= FIRST_BLOCK, "a page's head");

struct mb_slab_chunk {
    char *base;      /* NULL: the row is unused */
    uint64_t unused; /* one bit a page */
    uint64_t dirty;  /* of these, the ones that the host has not got back */
};

static unsigned class_of(size_t size)
{
    static uint8_t table[MB_SLAB_MAX_BYTES / STEP + 1];
    if (MB_UNLIKELY(!table[1])) { /* class + 1, by multiples of STEP */
        unsigned class = 0;
        for (size_t i = 0; i < MB_LEN(table); i++) {
            class += i * STEP > sizes[class];
            table[i] = (uint8_t)(class + 1);
        }
    }
    return table[(size + STEP - 1) / STEP] - 1u;
}

bool mb_slab_same_class(size_t a, size_t b)
{
    return class_of(a) == class_of(b);
}

/* -- pages ------------------------------------------------------------------------------------ */

static struct mb_slab_chunk *new_chunk(struct mb_slab *s)
{
    size_t row = 0;
    while (row < s->n_chunks && s->chunks[row].base)
        row++;
    if (row > UINT16_MAX)
        return NULL;
    /* Alignment to the host's pages is all that is needed: a page's head names its chunk. */
    char *base =
        mmap(NULL, CHUNK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED)
        return NULL;
    if (row == s->n_chunks) {
        s->chunks = mb_realloc(s->chunks, (row + 1) * sizeof(s->chunks[0]));
        s->n_chunks++;
    }
    s->chunks[row] = (struct mb_slab_chunk){.base = base, .unused = UINT64_MAX};
    return &s->chunks[row];
}

static struct mb_slab_chunk *chunk_with_room(struct mb_slab *s)
{
    while (s->hint < s->n_chunks && !s->chunks[s->hint].unused)
        s->hint++;
    if (s->hint < s->n_chunks)
        return &s->chunks[s->hint];
    struct mb_slab_chunk *c = new_chunk(s);
    if (c)
        s->hint = (size_t)(c - s->chunks);
    return c;
}

static void list(struct mb_slab *s, struct mb_slab_page *page)
{
    struct mb_slab_page **head = &s->partial[page->class];
    page->prev = NULL;
    page->next = *head;
    if (page->next)
        page->next->prev = page;
    *head = page;
    page->listed = true;
}

static void unlist(struct mb_slab *s, struct mb_slab_page *page)
{
    if (page->prev)
        page->prev->next = page->next;
    else
        s->partial[page->class] = page->next;
    if (page->next)
        page->next->prev = page->prev;
    page->listed = false;
}

static struct mb_slab_page *new_page(struct mb_slab *s, unsigned class)
{
    struct mb_slab_chunk *c = chunk_with_room(s);
    if (!c)
        return NULL;
    unsigned at = (unsigned)__builtin_ctzll(c->unused);
    c->unused &= c->unused - 1;
    c->dirty &= ~(1ULL << at);
    struct mb_slab_page *page = (void *)(c->base + at * MB_SLAB_PAGE_BYTES);
    *page = (struct mb_slab_page){
        .chunk = (uint16_t)(c - s->chunks),
        .class = (uint8_t) class,
        .n_fresh = (uint16_t)((MB_SLAB_PAGE_BYTES - FIRST_BLOCK) / sizes[class]),
    };
    s->page_bytes += MB_SLAB_PAGE_BYTES;
    list(s, page);
    return page;
}

static void drop_page(struct mb_slab *s, struct mb_slab_page *page)
{
    struct mb_slab_chunk *c = &s->chunks[page->chunk];
    uint64_t bit = 1ULL << ((size_t)((char *)page - c->base) / MB_SLAB_PAGE_BYTES);
    unlist(s, page);
    c->unused |= bit;
    c->dirty |= bit;
    s->page_bytes -= MB_SLAB_PAGE_BYTES;
    s->hint = MB_MIN(s->hint, (size_t)(c - s->chunks));
}

/* -- blocks ----------------------------------------------------------------------------------- */

void *mb_slab_take(struct mb_slab *slab, size_t size)
{
    unsigned class = class_of(size);
    struct mb_slab_page *page = slab->partial[class];
    if (MB_UNLIKELY(!page) && !(page = new_page(slab, class)))
        return NULL;
    void *block = page->freed;
    if (block) {
        page->freed = *(void **)block;
    } else {
        size_t count = (MB_SLAB_PAGE_BYTES - FIRST_BLOCK) / sizes[class];
        block = (char *)page + FIRST_BLOCK + (count - page->n_fresh) * sizes[class];
        page->n_fresh--;
    }
    page->n_live++;
    if (!page->freed && !page->n_fresh)
        unlist(slab, page);
    return block;
}

void mb_slab_give(struct mb_slab *slab, void *block, size_t size)
{
    struct mb_slab_page *page = (void *)((uintptr_t)block & ~(uintptr_t)(MB_SLAB_PAGE_BYTES - 1));
    mb_assert(page->n_live && page->class == class_of(size));
    *(void **)block = page->freed;
    page->freed = block;
    page->n_live--;
    if (!page->listed)
        list(slab, page);
    /* One empty page a class is kept, or a block taken and given in turn would be costly. */
    if (page->n_live == 0 && (page->prev || page->next))
        drop_page(slab, page);
}

static void give_back(struct mb_slab_chunk *c)
{
    const uint64_t whole = (1ULL << HOST_PAGES) - 1;
    for (unsigned at = 0; at < CHUNK_PAGES; at += HOST_PAGES) {
        if ((c->unused >> at & whole) != whole || !(c->dirty >> at & whole))
            continue;
        madvise(c->base + at * MB_SLAB_PAGE_BYTES, HOST_PAGES * MB_SLAB_PAGE_BYTES, MADV_DONTNEED);
        c->dirty &= ~(whole << at);
    }
}

void mb_slab_trim(struct mb_slab *slab)
{
    for (unsigned class = 0; class < MB_SLAB_CLASSES; class ++)
        for (struct mb_slab_page *p = slab->partial[class], *next; p; p = next) {
            next = p->next;
            if (p->n_live == 0)
                drop_page(slab, p);
        }
    for (size_t i = 0; i < slab->n_chunks; i++) {
        struct mb_slab_chunk *c = &slab->chunks[i];
        if (c->base && c->unused == UINT64_MAX) {
            munmap(c->base, CHUNK_BYTES);
            *c = (struct mb_slab_chunk){0};
        } else {
            give_back(c);
        }
    }
}

void mb_slab_release(struct mb_slab *slab)
{
    for (size_t i = 0; i < slab->n_chunks; i++)
        if (slab->chunks[i].base)
            munmap(slab->chunks[i].base, CHUNK_BYTES);
    free(slab->chunks);
    *slab = (struct mb_slab){0};
}
