/* The engine's own structures, shared by the files of core/run only.
 *
 * A customer with work has one `mb_tenant` here: its sandbox, its runs, its slice of money. A run
 * is owned by its tenant from acceptance until the journal holds its end (or that it waits), and
 * then freed. Who may change what: run.c changes a run's state, sandbox.c what is in a worker,
 * journal.c what is durable. */
#ifndef MB_RUN_PRIVATE_H
#define MB_RUN_PRIVATE_H

#include "base/buf.h"
#include "base/map.h"
#include "io/worker.h"
#include "run/catalog.h"
#include "run/engine.h"
#include "run/journal.h"
#include "run/parts.h"
#include "run/side.h"
#include "run/store.h"

enum mb_run_status {
    MB_RUN_QUEUED,
    MB_RUN_RUNNING,
    MB_RUN_WAITING,
    MB_RUN_SUCCEEDED,
    MB_RUN_FAILED,
    MB_RUN_CANCELLED,
};
const char *mb_run_status_name(enum mb_run_status status);

/* What this core is doing with the run. */
enum mb_run_phase {
    MB_PHASE_LOADING, /* its record is being read */
    MB_PHASE_QUEUED,  /* ready to be started in a sandbox */
    MB_PHASE_LIVE,    /* in a sandbox */
    MB_PHASE_CLOSING, /* ended or parked: waits until the journal holds it */
};

struct mb_side_run;

/* Of the results of a run's calls together: whoever takes the run over holds them at once, until
 * they have been asked for. */
enum { MB_RUN_RESULT_BYTES = 256 * 1024 * 1024 };

struct mb_run {
    struct mb_list node; /* in tenant->runs */
    struct mb_engine *engine;
    struct mb_tenant *tenant;
    struct mb_deployment *deployment; /* a reference; the package in it is the pinned one */
    struct mb_side_run *side; /* that this is the run of; NULL = a run that is for keeping */
    struct mb_gate *gate;     /* the engine's, or what stands in for it */
    struct mb_id id;
    enum mb_run_status status;
    enum mb_run_phase phase;
    const char *wait_reason; /* static text; NULL unless WAITING */
    int64_t wake_us;         /* wall clock; 0 = nothing wakes it by itself */
    uint8_t seed[16];
    int64_t created_us, started_us, finished_us; /* wall clock */
    int64_t clock_us; /* what the run's own clock begins at; 0 = at created_us */

    uint32_t slot; /* in the worker; 0 = not in one */
    uint32_t package_slot;
    uint32_t last_call;
    bool computing; /* it has been given something, and has not been heard of since */
    bool parking;   /* asked whether it can be let go */
    bool asking;    /* asked whether it computes: see mb_sandbox_ask_idle */
    int n_recalled; /* calls that hold a record: later.c */
    bool answered;  /* since then it was given an answer */
    bool suspect;   /* it was computing when a sandbox went: runs alone until it is heard of */
    int losses;     /* sandboxes that went while it was computing */
    struct mb_list queue_node;

    char *input; /* JSON text; NULL once the journal has it */
    size_t input_len;
    char *output;
    size_t output_len;
    struct mb_err *error; /* NULL = none */
    json_t *error_details;
    bool diverged, handed_back;
    struct mb_claimed *again; /* owned; this core has it anew already, see mb_engine_take */
    bool was_claimed; /* from the store: it may have children that this core has not heard of */

    struct {
        int64_t cpu_ms, wall_ms, steps, budget_micros; /* budget -1 = none */
    } limits;
    int64_t deadline_us; /* wall clock, after which it fails; 0 = none */
    struct mb_timer wall;

    struct mb_replay *replay; /* NULL once all of it has been asked for */
    struct mb_map occurrences;
    struct mb_parts *parts; /* NULL = no model has answered it yet */
    struct mb_list calls;   /* of mb_call: not answered yet */
    int n_calls;
    int last_seq;
    int n_notes; /* emit and log rows */
    size_t note_bytes;
    struct mb_map notices; /* a set: keys of what the platform has told (notice.c) */

    /* child runs (child.c) */
    struct mb_id parent_id;  /* nil = none */
    int n_children;          /* asked for */
    int64_t children_micros; /* spent by those whose end is known */
    int64_t held_micros;     /* of the budget: cut out for those that are open */
    struct mb_map detached; /* of mb_detached, by id: started without waiting, not waited for yet */
    struct mb_look_back *look_back; /* under way; NULL = none (child_money.c) */

    size_t result_bytes; /* of all its calls, at most MB_RUN_RESULT_BYTES */

    /* usage; cpu is what earlier lives used plus what this one reported */
    int steps;
    int64_t cpu_us, cpu_before_us, tokens_in, tokens_out, price_micros;
    int64_t reserved_micros;
    int64_t ahead_us; /* of the clock: simulated waits that did not take their time */

    struct mb_journal_run journal;
    struct mb_list followers;
};

/* A call of a run that has not been answered. */
enum mb_call_state {
    MB_CALL_HELD,    /* the journal is away, or not all before a write is durable */
    MB_CALL_FUNDS,   /* waits for money */
    MB_CALL_RUNNING, /* with the gate */
    MB_CALL_WAITING, /* sleep, approve, ask, a child run */
    MB_CALL_SETTLE,  /* it is not known whether it took effect: a person has to say */
};
struct mb_call {
    struct mb_list node;
    struct mb_run *run;
    uint32_t no; /* in the sandbox */
    enum mb_call_state state;
    uint8_t key[MB_KEY_BYTES];
    char tool_name[65];
    char *args_text; /* canonical */
    size_t args_len;
    int64_t started_us; /* wall clock */
    int64_t due_us;     /* wall clock; of a wait; 0 = none */
    int64_t timeout_ms; /* of the execution, as the author asked; 0 = the tool's own */
    int64_t next_us;    /* wall clock; when something is to be told or done, due_us at the latest */
    int64_t reserved_micros, wanted_micros;
    int intent_seq; /* 0 = none written */
    bool is_write, is_idempotent;
    uint64_t branch;  /* that asked: msg.h */
    int64_t later_us; /* waits for its turn: later.c; 0 = it does not */
    struct mb_recorded
        *record; /* that it is answered with then; NULL = a side run's policy is asked */
    int losses;  /* tool processes that went while they executed it */
    struct mb_timer timer;
    struct mb_list funds_node;
    struct mb_child *child; /* NULL = not a call of agent.run or agent.wait */
    bool looks_back;        /* waits for what mb_child_look_back finds... */
    bool has_looked_back;   /* ...which it does once */
    json_t *error_details;  /* of the error that it is answered with; NULL = none */
    struct mb_gate_call gate;
};

enum { MB_TENANT_PACKAGES = 64 }; /* versions of packages at once in one sandbox */

/* A customer with work on this core. */
struct mb_tenant {
    struct mb_engine *engine;
    struct mb_id id;
    struct mb_list runs;
    int n_runs;
    struct mb_worker *worker; /* NULL = none */
    struct mb_run **slots;    /* by slot - 1 */
    uint8_t *stopping;        /* by slot - 1: how many STOPPED are due before it is free */
    uint32_t n_slots;
    uint32_t *free_slots; /* a stack */
    uint32_t n_free;
    int n_live; /* runs in the worker */
    struct {
        struct mb_package *package; /* a reference; NULL = free */
        int n_live;
    } packages[MB_TENANT_PACKAGES]; /* in the worker, by package slot - 1 */
    struct mb_list queue;           /* of mb_run.queue_node: to be started */
    struct mb_list suspects;        /* of mb_run.queue_node: to be started alone */
    struct mb_run *suspect;         /* the one that runs now */
    struct mb_timer idle;           /* retires the worker */
    struct mb_timer retry;          /* after a sandbox could not be had */
    /* money: what this core holds of the balance, and what is promised to calls under way */
    int64_t leased_micros, reserved_micros;
    bool leasing;
    struct mb_list want_funds;       /* of mb_call.funds_node */
    int64_t note_debt, note_debt_us; /* note.c: bytes of notes, as of then (monotonic) */
};

struct mb_engine {
    struct mb_loop *loop;
    struct mb_gate *gate;
    struct mb_store *store;
    struct mb_catalog *catalog;
    struct mb_zygote *zygote;
    struct mb_engine_config config;
    struct mb_journal *journal;
    struct mb_map tenants;
    struct mb_map runs; /* by id */
    struct mb_engine_stats stats;
    bool stopping;
    void (*on_idle)(void *arg); /* of mb_engine_drain */
    void *on_idle_arg;
    struct mb_turn idle_turn;
    void (*on_fenced)(void *arg);
    void *on_fenced_arg;
};

/* run.c: the life of a run */
struct mb_run *mb_run_new(struct mb_engine *engine, struct mb_deployment *deployment,
                          struct mb_id id);
void mb_run_free(struct mb_run *run);
/* The one place where a run's state changes; checks the move. */
void mb_run_set_status(struct mb_run *run, enum mb_run_status status, const char *wait_reason);
/* Ends the run: calls are cancelled, the sandbox forgets it, the journal gets it, followers hear
 * when it is durable. Harmless on a run that is closing. */
void mb_run_succeed(struct mb_run *run, struct mb_str output);
void mb_run_fail(struct mb_run *run, const struct mb_err *err, json_t *details /* borrowed */);
void mb_run_cancel(struct mb_run *run);
void mb_run_park(struct mb_run *run, const char *reason, int64_t wake_us);
void mb_run_hand_back(struct mb_run *run); /* as queued and nobody's: another core goes on */
/* The core has lost its right to the run, or its row: forget it without writing. */
void mb_run_drop(struct mb_run *run);
/* The journal holds all of the run that there is. */
void mb_run_on_durable(struct mb_run *run);
bool mb_run_is_watched(const struct mb_run *run); /* does a follower want events? */
void mb_run_publish(struct mb_run *run, const struct mb_run_event *event);
void mb_run_publish_row(struct mb_run *run, const struct mb_row *row);
void mb_run_add_error_json(struct mb_buf *out, const struct mb_run *run);
void mb_run_limits_json(const struct mb_run *run, char *out, size_t size);
void mb_run_add_json(struct mb_buf *out, const struct mb_run *run);
/* Reads the run's record (after a takeover, a wake-up, a lost sandbox), then queues it. */
void mb_run_rebuild(struct mb_run *run);
void mb_run_arm_wall(struct mb_run *run);

/* accept.c: does the input fit the package? */
int mb_run_check_input(const struct mb_deployment *deployment, struct mb_str input,
                       struct mb_err *err) MB_MUST_CHECK;

/* sandbox.c: runs in workers */
struct mb_tenant *mb_tenant_get(struct mb_engine *engine, struct mb_id customer_id);
void mb_tenant_free(struct mb_tenant *tenant); /* it has no runs any more */
/* Starts the run in its customer's sandbox: now, or when it may. Needs run->input. */
void mb_sandbox_queue(struct mb_run *run);
/* Takes the run out of the sandbox (STOP) or the queue. */
void mb_sandbox_leave(struct mb_run *run);
/* Asks the sandbox to let the run go if it has nothing to compute: then mb_wait_on_released. */
void mb_sandbox_ask_release(struct mb_run *run);
/* Asks whether anything in it could go on computing: mb_later_on_idle hears. Not while it is asked
 * already. */
void mb_sandbox_ask_idle(struct mb_run *run);
void mb_sandbox_answer(struct mb_run *run, uint32_t call, int64_t clock_us, struct mb_str json,
                       bool ok);
/* The run made progress that its record does not hold: it is no suspect any more. */
void mb_sandbox_clear_suspect(struct mb_run *run);

/* call.c: calls */
void mb_call_on_frame(struct mb_run *run, const struct mb_frame *frame);
void mb_call_free(struct mb_call *call);
/* The run's own price is paid first, then it is started in its sandbox. */
void mb_call_begin_run(struct mb_run *run);
void mb_call_pump(struct mb_run *run); /* goes on with calls that were held */
/* Answers the call, journals it and frees it. `result` is JSON text. */
void mb_call_done(struct mb_call *call, struct mb_str result, const struct mb_usage *usage,
                  const struct mb_err *err);
void mb_call_go(struct mb_call *call); /* reserves its worst price, then executes it */
/* Journals that the call may begin; `question` (taken, or NULL) is put to a person. The row is
 * borrowed until the next turn. */
struct mb_row *mb_call_write_intent(struct mb_call *call, json_t *question);
void mb_call_refuse(struct mb_call *call, const struct mb_err *err); /* answers the error */
/* Goes on after money was granted or refused. */
void mb_call_on_funds(struct mb_call *call, bool granted);
/* The key of the next occurrence of this content in a branch of the run: which of several branches
 * asks first differs from reading to reading. */
void mb_call_make_key(struct mb_run *run, uint64_t branch, struct mb_str tool,
                      struct mb_str content, uint8_t key[MB_KEY_BYTES]);
void mb_call_from_record(struct mb_call *call, const struct mb_recorded *record); /* answers it */
/* What the journal holds under this key, out of the run's record; NULL = nothing. */
struct mb_recorded *mb_call_recall(struct mb_run *run, const uint8_t key[MB_KEY_BYTES]);
struct mb_row *mb_row_new(struct mb_run *run, enum mb_row_kind kind, enum mb_row_state state,
                          const uint8_t key[MB_KEY_BYTES], const char *tool);

/* later.c. `turn_us`: lower ones come first. The record, if any, is taken. */
void mb_later_add(struct mb_call *call, int64_t turn_us, struct mb_recorded *record);
void mb_later_forget(struct mb_call *call); /* frees what it holds for it */
void mb_later_on_idle(struct mb_run *run, bool is_idle);
void mb_later_resume(struct mb_run *run); /* it was asked to let go, and did not */

/* note.c */
void mb_note_on_frame(struct mb_run *run, const struct mb_frame *frame); /* EMIT, LOG */

/* wait.c: sleep, approve, ask */
void mb_wait_start(struct mb_call *call, const struct mb_recorded *record);
/* Asks a person whether a write took effect, and parks. */
void mb_wait_ask_settlement(struct mb_call *call);
/* A person has said: {"happened": bool, "result"}. */
void mb_wait_settled(struct mb_call *call, const struct mb_recorded *record);
/* If every open call waits for something that may take long, and the journal holds that: ask for
 * the run to be let go. */
void mb_wait_consider_parking(struct mb_run *run);
void mb_wait_on_released(struct mb_run *run, bool released);
/* Answers the calls that a person has decided, from what was just read. */
void mb_wait_on_decisions(struct mb_run *run, struct mb_replay *replay);

/* A length of time out of arguments, given in seconds; 0 = not given. */
int64_t mb_wait_us(const json_t *args, const char *key);

/* notice.c: reminders and escalations of a question */
/* Journals and tells what is due and was not told yet. Returns when the next is due (wall clock),
 * 0 = never. */
int64_t mb_notice_tell(struct mb_call *call);

/* child.c: agent.run, agent.wait */
void mb_child_start(struct mb_call *call, const struct mb_recorded *record);
void mb_child_advance(struct mb_call *call); /* goes on when it was held */
bool mb_child_is_long(const struct mb_call *call);
void mb_child_free(struct mb_call *call); /* of the call, harmless when there is none */
/* The run has ended: children whose rows were not sent yet are not made. */
void mb_child_forget_unborn(struct mb_run *run);

/* child_money.c: what children mean for the run's budget */
/* A call that was answered in an earlier life. */
void mb_child_on_recorded(struct mb_call *call, const struct mb_recorded *record);
/* The budget is too small for the call while money is held for children that nobody waits for:
 * asks how they are, and takes back what those that are over did not need. Then mb_call_go, or
 * mb_child_on_looked_back, is called. False when there is nothing to look at: all is known. */
bool mb_child_look_back(struct mb_call *call);
void mb_child_on_looked_back(struct mb_call *call); /* child.c */
void mb_child_forget(struct mb_run *run);           /* before the run is read again, or freed */

/* funds.c: money */
/* What is left of the run's own budget; -1 = it has none. */
int64_t mb_funds_left(const struct mb_run *run);
/* Promises `micros` to the call out of the run's budget and the customer's lease. 1 = promised,
 * 0 = mb_call_on_funds will follow, -MB_E_BUDGET = over the run's own budget. */
int mb_funds_reserve(struct mb_call *call, int64_t micros, struct mb_err *err);
/* Ends the promise, and takes what was spent out of the lease. */
void mb_funds_settle(struct mb_call *call, int64_t spent_micros);
void mb_funds_forget(struct mb_call *call); /* takes the call out of the queue for money */

/* side.c */
struct mb_side {
    struct mb_loop *loop;
    struct mb_catalog *catalog;
    struct mb_store *store;
    struct mb_engine *engine;
    struct mb_side_config config;
    struct mb_list queued, under_way; /* of mb_side_run.node */
    struct mb_list holds;             /* of mb_side_hold.node */
    struct mb_side_stats stats;
    bool draining;
};
/* The calls and notes of a run that is not for keeping. */
void mb_side_on_begin(struct mb_side_run *side);
/* True when the call was answered, and is gone; else it is to be executed. */
bool mb_side_on_call(struct mb_side_run *side, struct mb_call *call);
/* The turn of a call that was to be answered later has come: answers it. */
void mb_side_on_turn(struct mb_side_run *side, struct mb_call *call);
/* True when the note goes no further. */
bool mb_side_on_note(struct mb_side_run *side, bool is_emit, const uint8_t key[MB_KEY_BYTES]);

#endif
