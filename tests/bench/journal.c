/* How fast the journal is, driven through core/io/pg_batch as the engine drives it: `depth` batches
 * in flight, the next one made while they are under way. A task is what the bench's ticket is: a
 * run that begins, three steps, and the end of the run in the next batch. Prints one line of JSON.
 *
 *   journal CONNINFO TASKS_PER_BATCH BATCHES [CUSTOMERS [DEPTH [PAYLOAD_BYTES [merged]]]]
 *
 * merged: runs end in the batch in which they begin. The customers are 01900000-...-0000 and up;
 * the server must run on this machine, as the backend's CPU time is read from /proc. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/pg_batch.h"

enum { DEPTH_MAX = 4, WARM_UP = 50, STEPS = 3 };

struct cpu {
    double user_us, system_us;
};

struct slot {
    struct mb_pg_batch batch;
    struct mb_id *runs; /* that begin in it */
    int n_runs;
    int64_t started_us;
};

static struct mb_loop loop;
static struct mb_pg *pg;
static struct slot slots[DEPTH_MAX + 1];
static int tasks, customers = 1, depth = 1, payload = 400, backend;
static bool merged;
static int64_t *latency_us, fence, sent, done, total, wall_at_start_us;
static struct cpu cpu_at_start;

static MB_NORETURN void die(const char *what, const struct mb_err *err)
{
    fprintf(stderr, "journal: %s: %s\n", what, err ? err->message : "failed");
    exit(1);
}

/* utime and stime of the backend (proc(5), fields 14 and 15). */
static struct cpu backend_cpu(void)
{
    char path[64], line[1024];
    long utime, stime;
    snprintf(path, sizeof(path), "/proc/%d/stat", backend);
    FILE *file = fopen(path, "r");
    if (!file || !fgets(line, sizeof(line), file))
        die(path, NULL);
    fclose(file);
    const char *rest = strrchr(line, ')');
    if (!rest ||
        sscanf(rest, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld", &utime, &stime) != 2)
        die(path, NULL);
    double tick_us = 1e6 / (double)sysconf(_SC_CLK_TCK);
    return (struct cpu){(double)utime * tick_us, (double)stime * tick_us};
}

/* ---- batches --------------------------------------------------------------------------------- */

static struct mb_id customer(int i)
{
    struct mb_id id = {{0x01, 0x90}};
    id.bytes[14] = (uint8_t)(i >> 8);
    id.bytes[15] = (uint8_t)i;
    return id;
}

static struct mb_str json(void)
{
    static char text[65536];
    if (!text[0]) {
        memset(text, 'x', (size_t)payload);
        for (int i = 15; i < payload; i += 7)
            text[i] = ' ';
        memcpy(text, "{\"text\":\"", 9);
        memcpy(text + payload - 2, "\"}", 2);
    }
    return MB_STR_OF(text, (size_t)payload);
}

static void add_run(struct slot *slot, struct mb_id owner, struct mb_id id, int64_t now_us)
{
    mb_pg_batch_add_run(
        &slot->batch,
        &(struct mb_pg_batch_run){.customer_id = owner,
                                  .run_id = id,
                                  .deployment_id = owner,
                                  .package_id = owner,
                                  .status = merged ? MB_STR("succeeded") : MB_STR("running"),
                                  .owned = !merged,
                                  .input = json(),
                                  .output = merged ? json() : (struct mb_str){0},
                                  .limits = MB_STR("{\"cpu_ms\":2000,\"steps\":1000}"),
                                  .seed = MB_STR("0123456789abcdef"),
                                  .created_us = now_us,
                                  .started_us = now_us,
                                  .finished_us = merged ? now_us : 0,
                                  .steps = merged ? STEPS : 0});
}

static void add_step(struct slot *slot, struct mb_id owner, struct mb_id run, int seq,
                     int64_t now_us)
{
    bool model = seq != 1;
    mb_pg_batch_add_step(
        &slot->batch,
        &(struct mb_pg_batch_step){.customer_id = owner,
                                   .run_id = run,
                                   .deployment_id = owner,
                                   .seq = seq,
                                   .kind = 1,
                                   .state = 2,
                                   .key = MB_STR("0123456789abcdef"),
                                   .tool = model ? MB_STR("llm.chat") : MB_STR("kv.get"),
                                   .args = json(),
                                   .result = json(),
                                   .started_us = now_us,
                                   .duration_us = 900,
                                   .cpu_us = 100,
                                   .tokens_in = model ? 200 : 0,
                                   .tokens_out = model ? 80 : 0,
                                   .bytes = 2 * payload,
                                   .cost_micros = model ? 100 : 0,
                                   .price_micros = model ? 150 : 1,
                                   .model = model ? MB_STR("gpt-4o-mini") : (struct mb_str){0},
                                   .provider_request_id = model ? MB_STR("req_0123456789abcdef")
                                                                : (struct mb_str){0}});
}

static void end_run(struct slot *slot, struct mb_id owner, struct mb_id id, int64_t now_us)
{
    mb_pg_batch_add_change(&slot->batch, &(struct mb_pg_batch_change){.customer_id = owner,
                                                                      .run_id = id,
                                                                      .status = MB_STR("succeeded"),
                                                                      .output = json(),
                                                                      .finished_us = now_us,
                                                                      .steps = STEPS,
                                                                      .cpu_us = 300,
                                                                      .tokens_in = 400,
                                                                      .tokens_out = 160,
                                                                      .cost_micros = 301});
}

static void fill(struct slot *slot, const struct slot *before)
{
    int64_t now_us = mb_clock_wall_us();
    mb_pg_batch_clear(&slot->batch);
    slot->n_runs = tasks;
    for (int i = 0; i < tasks; i++) {
        struct mb_id owner = customer(i % customers);
        slot->runs[i] = mb_id_new();
        add_run(slot, owner, slot->runs[i], now_us);
        for (int seq = 0; seq < STEPS; seq++)
            add_step(slot, owner, slot->runs[i], seq, now_us);
    }
    for (int i = 0; before && !merged && i < before->n_runs; i++)
        end_run(slot, customer(i % customers), before->runs[i], now_us);
}

/* ---- driving --------------------------------------------------------------------------------- */

static void send_more(void);

static void on_written(void *arg, const struct mb_pg_result *res, const struct mb_err *err)
{
    const struct slot *slot = arg;
    if (err)
        die("a batch", err);
    if (!mb_pg_get_bool(res, 0, 0))
        die("a batch was there already", NULL);
    latency_us[done++] = mb_clock_mono_us() - slot->started_us;
    if (done == WARM_UP) {
        cpu_at_start = backend_cpu();
        wall_at_start_us = mb_clock_mono_us();
    }
    if (done == total)
        loop.stop = true;
    else
        send_more();
}

static void send_more(void)
{
    struct mb_err err;
    while (sent < total && sent - done < depth) {
        struct slot *slot = &slots[sent % (depth + 1)];
        fill(slot, sent ? &slots[(sent + depth) % (depth + 1)] : NULL);
        slot->started_us = mb_clock_mono_us();
        if (mb_pg_batch_send(&slot->batch, pg, fence, ++sent, on_written, slot, &err) != 0)
            die("a batch", &err);
    }
}

static void on_fence(void *arg, const struct mb_pg_result *res, const struct mb_err *err)
{
    (void)arg;
    if (err)
        die("core_start", err);
    fence = mb_pg_get_int(res, 0, 0);
    backend = (int)mb_pg_get_int(res, 0, 1);
    send_more();
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void report(void)
{
    int64_t n = total - WARM_UP, wall_us = mb_clock_mono_us() - wall_at_start_us;
    struct cpu cpu = backend_cpu();
    double user_us = cpu.user_us - cpu_at_start.user_us;
    double system_us = cpu.system_us - cpu_at_start.system_us;
    double all = (double)(n * tasks);
    qsort(latency_us + WARM_UP, (size_t)n, sizeof(*latency_us), by_value);
    printf("{\"tasks_per_batch\": %d, \"customers\": %d, \"depth\": %d, \"payload\": %d, "
           "\"merged\": %s, \"tasks_per_s\": %.0f, \"rows_per_s\": %.0f, \"p50_us\": %ld, "
           "\"p99_us\": %ld, \"backend_user_us_per_task\": %.1f, "
           "\"backend_system_us_per_task\": %.1f, \"backend_load\": %.2f}\n",
           tasks, customers, depth, payload, merged ? "true" : "false", all * 1e6 / (double)wall_us,
           all * (merged ? STEPS + 1 : STEPS + 2) * 1e6 / (double)wall_us,
           (long)latency_us[WARM_UP + n / 2], (long)latency_us[WARM_UP + n * 99 / 100],
           user_us / all, system_us / all, (user_us + system_us) / (double)wall_us);
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: journal CONNINFO TASKS BATCHES [CUSTOMERS [DEPTH [PAYLOAD "
                        "[merged]]]]\n");
        return 2;
    }
    tasks = atoi(argv[2]);
    total = atoi(argv[3]) + WARM_UP;
    customers = argc > 4 ? atoi(argv[4]) : 1;
    depth = argc > 5 ? MB_MIN(atoi(argv[5]), (int)DEPTH_MAX) : 1;
    payload = argc > 6 ? MB_MAX(MB_MIN(atoi(argv[6]), 65535), 32) : 400;
    merged = argc > 7;
    latency_us = mb_zalloc((size_t)total * sizeof(*latency_us));
    for (int i = 0; i <= depth; i++) {
        mb_pg_batch_init(&slots[i].batch);
        slots[i].runs = mb_alloc((size_t)tasks * sizeof(struct mb_id));
    }
    mb_loop_init(&loop);
    struct mb_err err;
    struct mb_pg_opts opts = {.conninfo = argv[1]};
    pg = mb_pg_new(&loop, &opts, &err);
    if (!pg)
        die("connect", &err);
    static const struct mb_pg_stmt begin = {
        .name = "begin",
        .sql = "select engine.core_start('bench', pg_backend_pid()), pg_backend_pid()",
        .lane = MB_PG_JOURNAL};
    if (mb_pg_query(pg, &begin, NULL, on_fence, NULL, NULL, &err) != 0)
        die("core_start", &err);
    mb_loop_run(&loop);
    report();
    mb_pg_free(pg);
    mb_loop_release(&loop);
    return 0;
}
