/* How fast engine.flush is, driven through core/io/pg as the journal drives it: `depth` batches in
 * flight, the next one made while they are under way. Prints one JSON line.
 *
 *   flush CONNINFO TASKS_PER_BATCH BATCHES [CUSTOMERS [DEPTH [PAYLOAD_BYTES [merged]]]]
 *
 * The server must run on this machine: the backend's CPU time is read from /proc. */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "flush_batch.h"

enum { DEPTH_MAX = 4, WARM_UP = 50 };

struct cpu {
    double user_us, system_us;
};

static struct mb_loop loop;
static struct mb_pg *pg;
static struct flush_shape shape = {.tasks = 1, .customers = 1, .payload = 400};
static struct flush_batch batches[DEPTH_MAX + 1];
static int64_t started_us[DEPTH_MAX + 1];
static int64_t *latency_us;
static int64_t fence, sent, done, total, wall_at_start_us;
static struct cpu cpu_at_start;
static int depth = 1, backend;

static void die(const char *what, const struct mb_err *err)
{
    fprintf(stderr, "flush: %s: %s\n", what, err ? err->message : "failed");
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

static void send_more(void);

static void on_flushed(void *arg, const struct mb_pg_result *res, const struct mb_err *err)
{
    if (err)
        die("flush", err);
    if (!mb_pg_get_bool(res, 0, 0))
        die("flush: had been applied before", NULL);
    latency_us[done++] = mb_clock_mono_us() - *(int64_t *)arg;
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
        int64_t slot = sent % (depth + 1), before = (sent + depth) % (depth + 1);
        flush_batch_fill(&batches[slot], &shape, fence, sent + 1, sent ? &batches[before] : NULL);
        started_us[slot] = mb_clock_mono_us();
        if (mb_pg_query(pg, &flush_stmt, batches[slot].params, on_flushed, &started_us[slot], NULL,
                        &err) != 0)
            die("flush", &err);
        sent++;
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
    double tasks = (double)(n * shape.tasks);
    qsort(latency_us + WARM_UP, (size_t)n, sizeof(*latency_us), by_value);
    printf("{\"tasks_per_batch\": %d, \"customers\": %d, \"depth\": %d, \"payload\": %d, "
           "\"merged\": %s, \"tasks_per_s\": %.0f, \"rows_per_s\": %.0f, \"p50_us\": %ld, "
           "\"p99_us\": %ld, \"backend_user_us_per_task\": %.1f, "
           "\"backend_system_us_per_task\": %.1f, \"backend_load\": %.2f}\n",
           shape.tasks, shape.customers, depth, shape.payload, shape.merged ? "true" : "false",
           tasks * 1e6 / (double)wall_us, tasks * (shape.merged ? 4 : 5) * 1e6 / (double)wall_us,
           (long)latency_us[WARM_UP + n / 2], (long)latency_us[WARM_UP + n * 99 / 100],
           user_us / tasks, system_us / tasks, (user_us + system_us) / (double)wall_us);
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return fprintf(stderr, "usage: flush CONNINFO TASKS BATCHES [CUSTOMERS [DEPTH [PAYLOAD "
                               "[merged]]]]\n"),
               2;
    shape.tasks = atoi(argv[2]);
    total = atoi(argv[3]) + WARM_UP;
    shape.customers = argc > 4 ? atoi(argv[4]) : 1;
    depth = argc > 5 ? MB_MIN(atoi(argv[5]), (int)DEPTH_MAX) : 1;
    shape.payload = argc > 6 ? atoi(argv[6]) : 400;
    shape.merged = argc > 7;
    latency_us = mb_zalloc((size_t)total * sizeof(*latency_us));
    for (int i = 0; i <= depth; i++)
        flush_batch_init(&batches[i], &shape);
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
