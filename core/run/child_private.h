/* What child.c, child_make.c and child_money.c share. */
#ifndef MB_RUN_CHILD_PRIVATE_H
#define MB_RUN_CHILD_PRIVATE_H

#include "run/private.h"

/* A child that was started without waiting, and has not been waited for yet. */
struct mb_detached {
    struct mb_id id;
    int64_t held_micros; /* in run->held_micros: what it may spend; once it is over, what it cost */
    bool is_over;
};

/* A call of agent.run or agent.wait on its way. */
struct mb_child {
    struct mb_call *call; /* NULL: it is gone, and this goes when the store has answered */
    struct mb_id id;      /* the child's; nil until it is made */
    struct mb_deployment *deployment; /* a reference, while it is made */
    int64_t budget_micros;            /* what the child may spend; -1 = nothing bounds it */
    int64_t held_micros; /* of that, what is in run->held_micros because of this call */
    int64_t since_us;    /* monotonic: how long it has been waited for */
    bool knows_budget;
    bool is_asking; /* the store or the catalogue will call back */
    bool again;     /* and is to be asked once more then */
    bool is_unseen; /* made in an earlier life, and the store has not said yet how it is */
};

/* Does the input fit the child's package? */
int mb_child_check_input(const struct mb_call *call, struct mb_err *err) MB_MUST_CHECK;
/* Is more wanted for the child (without a number: all there is) than is left? */
bool mb_child_wants_more(const struct mb_call *call);
/* What the child may spend: as asked for, what its deployment allows, what is left. */
int mb_child_set_budget(struct mb_call *call, struct mb_err *err) MB_MUST_CHECK;
struct mb_unborn *mb_unborn_new(const struct mb_call *call);

/* child_money.c: money that is held for children which were started without waiting. */
void mb_child_keep_detached(struct mb_run *run, struct mb_id id, int64_t held_micros);
/* Gives it back. False when there is none such: its cost was counted already. */
bool mb_child_take_detached(struct mb_run *run, struct mb_id id);

#endif
