/* What the files of the simulator share. */
#ifndef MB_GATE_SIMULATE_PRIVATE_H
#define MB_GATE_SIMULATE_PRIVATE_H

#include "base/timer.h"
#include "gate/simulate.h"

struct mb_simulator {
    struct mb_gate gate; /* a copy with data of its own, and this as stand-in */
    struct mb_gate_stand_in stand_in;
    json_t *manifest;
    char *model; /* NULL = as asked */
    int64_t seed;
    json_t *answers, *decisions; /* NULL = none */
    json_t *taken;               /* [tool][i]: true for an answer that was used */
    json_t *occurrences;         /* tool and arguments -> how often */
    json_t *models;              /* name -> what its calls came to */
    json_t *used, *denied;       /* kind of permission -> {name: true} */
    int64_t tools_micros;
};

/* Of a call under way: for its end. */
struct mb_simulate_note {
    const char *source; /* static */
    int64_t passed_us;
    int64_t worst_micros;
    char model[128];
};

/* An answer of the simulator's own on its way. */
struct mb_simulate_op {
    struct mb_gate_call *call;
    struct mb_timer timer;
    struct mb_job *job;
    json_t *value;    /* the result */
    json_t *decision; /* of a person: waits for its data */
    struct mb_err err;
};

/* Answers at the next turn of the loop, with the value (taken) or, when NULL, the error. */
void mb_simulate_later(struct mb_gate_call *call, json_t *value, const struct mb_err *err);
void mb_simulate_set_source(struct mb_gate_call *call, const char *source, int64_t passed_us);
/* Sets err from {"code", "message"}. */
void mb_simulate_read_error(const json_t *error, struct mb_err *err);

/* simulate_given.c: the caller's answers. True when there was one for this call. */
bool mb_simulate_given(struct mb_simulator *sim, struct mb_gate_call *call);
/* simulate_wait.c: sleep, approve, ask. */
int mb_simulate_wait(struct mb_simulator *sim, struct mb_gate_call *call, struct mb_err *err);
/* simulate_made.c: examples and generators. With `decision` (taken, may be NULL) the made value is
 * the data of that answer, made from the question's form. */
int mb_simulate_make(struct mb_simulator *sim, struct mb_gate_call *call, json_t *decision,
                     struct mb_err *err);
/* simulate_report.c: marks {kind: {name: true}}. */
void mb_simulate_mark(json_t *marks, const char *kind, struct mb_str name);
/* What the arguments say about hosts, secrets and collections; refuses what is not allowed. */
int mb_simulate_permit(struct mb_simulator *sim, const struct mb_gate_call *call,
                       struct mb_err *err);
void mb_simulate_count(struct mb_simulator *sim, const struct mb_gate_call *call,
                       const struct mb_usage *usage);

#endif
