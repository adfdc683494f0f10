/* Conversations in the journal.
 *
 * Each question to a model holds the whole conversation so far. The journal keeps what is new in
 * it, and refers to earlier rows of the same run for the rest. Arguments that are kept like that
 * are an array with one object; those that are not are an object, and mean what they say. In that
 * object:
 *
 *   {"$same": seq}           a member: the same member of that step's arguments
 *   {"$list": [...]}         the member that is the conversation; an entry of it is a message, or
 *     {"$messages": seq, "n": n}            the first n of that step's (only as the first entry)
 *     {"$messages": seq, "from": i, "n": 1} the one at position i (from 0) of that step's
 *     {"$message": seq}                     `message` of that step's result
 *     {..., "content": {"$result": seq}}    a message whose content is the text of that step's
 *                                           result or error; of a result that is a text, it itself
 *     {..., "content": {"$stripped": seq}}  the same without members that are null, which agents do
 *                                           not see
 *   {"$value": any}          a member or a message that has a member with a $ of its own, or a
 * message whose content has
 *
 * A reference is to a lower seq, to a row that is in the journal before the one that refers. Which
 * tools' calls are kept like that is said by their manifests ("conversation": the name of the
 * member, "repeats": members that are often the same). Readers: engine.whole_steps in SQL,
 * parts_read.c. */
#ifndef MB_RUN_PARTS_H
#define MB_RUN_PARTS_H

#include <jansson.h>

#include "base/base.h"

struct mb_call;
struct mb_recorded;
struct mb_row;

/* What a run's journal is known to hold: hashes of messages, results and repeated members, the
 * newest few thousand of them (96 KB at most). Made with a run's first conversation of 2 KB; what
 * came before is not in it. Gone when the run is parked or taken over: replayed calls bring it
 * back. */
struct mb_parts;

struct mb_parts_rules {
    struct mb_str list;    /* the member that is the conversation */
    const json_t *repeats; /* names of members; NULL = none */
};

struct mb_parts *mb_parts_new(void);
void mb_parts_free(struct mb_parts *parts); /* takes NULL */

/* The arguments of the step `seq` as they are to be kept, and remembers them for later ones. `args`
 * is an object in canonical form, with a NUL behind it. NULL when they are kept as they are; else
 * malloc'd. */
char *mb_parts_write(struct mb_parts *parts, const struct mb_parts_rules *rules, int seq,
                     struct mb_str args);
/* Remembers what a model answered, or any other step's result or error (JSON text as it is kept).
 */
void mb_parts_note_answer(struct mb_parts *parts, int seq, struct mb_str result);
void mb_parts_note_result(struct mb_parts *parts, int seq, struct mb_str text);

/* A row as a reader finds it; the texts are borrowed. */
struct mb_parts_row {
    struct mb_str args, answer; /* as kept; the result, or the error */
    bool is_error;
};
/* False when there is no such row. */
typedef bool mb_parts_find(void *arg, int seq, struct mb_parts_row *row);

/* The whole arguments of a step (a new reference) from those that are kept. What cannot be found is
 * {"$missing": seq}. NULL when `args` is no JSON, or more than most_bytes of rows had to be read.
 */
json_t *mb_parts_read(struct mb_str args, int seq, mb_parts_find *find, void *arg,
                      size_t most_bytes);

/* ---------------------------------------------------------------- of a run that executes */

/* A call was answered, and this is its row, about to be added to the journal: sets
 * row->stored_args. */
void mb_parts_on_row(struct mb_call *call, struct mb_row *row);
/* A call was answered from the record. */
void mb_parts_on_recorded(struct mb_call *call, const struct mb_recorded *record);

#endif
