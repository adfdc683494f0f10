#include "http/metrics.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* Upper bounds of the histogram's buckets, in microseconds. */
static const int64_t bounds_us[] = {500,    1000,   2500,   5000,    10000,   25000,    50000,
                                    100000, 250000, 500000, 1000000, 2500000, 10000000, 30000000};

enum { STATUSES = 24, BUCKETS = MB_LEN(bounds_us) + 1 };

struct of_op {
    struct {
        int status; /* 0 = free */
        uint64_t count;
    } statuses[STATUSES];
    uint64_t buckets[BUCKETS]; /* each its own, not the sum */
    uint64_t sum_us;
};

struct mb_metrics {
    const struct mb_router *router;
    struct of_op *ops; /* by op->index; the last is for requests without an operation */
};

static void add_number(struct mb_buf *out, double value)
{
    if (value == floor(value) && fabs(value) < 1e15)
        mb_buf_addf(out, " %.0f\n", value);
    else
        mb_buf_addf(out, " %.9g\n", value);
}

void mb_metrics_family(struct mb_buf *out, const char *name, const char *type, const char *help)
{
    mb_buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void mb_metrics_sample(struct mb_buf *out, const char *name, const char *labels, double value)
{
    mb_buf_add_c(out, name);
    if (labels[0])
        mb_buf_addf(out, "{%s}", labels);
    add_number(out, value);
}

void mb_metrics_one(struct mb_buf *out, const char *name, const char *type, const char *help,
                    double value)
{
    mb_metrics_family(out, name, type, help);
    mb_metrics_sample(out, name, "", value);
}

/* ---------------------------------------------------------------- the process */

static double resident_bytes(void)
{
    long pages = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f)
        return 0;
    int n = fscanf(f, "%ld %ld", &pages, &resident);
    fclose(f);
    return n == 2 ? (double)resident * (double)sysconf(_SC_PAGESIZE) : 0;
}

static double open_descriptors(void)
{
    int n = 0;
    DIR *dir = opendir("/proc/self/fd");
    if (!dir)
        return 0;
    while (readdir(dir))
        n++;
    closedir(dir);
    return n - 3; /* ".", ".." and the folder's own */
}

static double cpu_seconds(void)
{
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
           (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

void mb_metrics_process(struct mb_buf *out)
{
    struct rlimit fds = {0};
    getrlimit(RLIMIT_NOFILE, &fds);
    mb_metrics_one(out, "process_cpu_seconds_total", "counter", "CPU time of this process.",
                   cpu_seconds());
    mb_metrics_one(out, "process_resident_memory_bytes", "gauge", "Resident memory.",
                   resident_bytes());
    mb_metrics_one(out, "process_open_fds", "gauge", "Open descriptors.", open_descriptors());
    mb_metrics_one(out, "process_max_fds", "gauge", "The most descriptors that may be open.",
                   (double)fds.rlim_cur);
}

/* ---------------------------------------------------------------- requests */

struct mb_metrics *mb_metrics_new(const struct mb_router *router)
{
    struct mb_metrics *metrics = mb_zalloc(sizeof(*metrics));
    metrics->router = router;
    metrics->ops = mb_zalloc((size_t)(router->n_ops + 1) * sizeof(metrics->ops[0]));
    return metrics;
}

void mb_metrics_free(struct mb_metrics *metrics)
{
    if (metrics)
        free(metrics->ops);
    free(metrics);
}

void mb_metrics_request(struct mb_metrics *metrics, const struct mb_op *op, int status,
                        int64_t took_us)
{
    struct of_op *of = &metrics->ops[op ? op->index : metrics->router->n_ops];
    size_t bucket = 0;
    for (int i = 0; i < STATUSES; i++) {
        if (of->statuses[i].status == 0)
            of->statuses[i].status = status;
        if (of->statuses[i].status == status) {
            of->statuses[i].count++;
            break;
        }
    }
    while (bucket < MB_LEN(bounds_us) && took_us > bounds_us[bucket])
        bucket++;
    of->buckets[bucket]++;
    of->sum_us += (uint64_t)took_us;
}

static const char *name_of(const struct mb_metrics *metrics, int i)
{
    return i == metrics->router->n_ops ? "none" : metrics->router->ops[i].id;
}

static void add_histogram(struct mb_buf *out, const char *name, const struct of_op *of)
{
    static const char family[] = "moonbase_http_request_duration_seconds";
    char labels[128];
    uint64_t sum = 0;
    for (size_t b = 0; b < BUCKETS; b++)
        sum += of->buckets[b];
    if (sum == 0)
        return;
    sum = 0;
    for (size_t b = 0; b < BUCKETS; b++) {
        sum += of->buckets[b];
        if (b < MB_LEN(bounds_us))
            snprintf(labels, sizeof(labels), "operation=\"%s\",le=\"%g\"", name,
                     (double)bounds_us[b] / 1e6);
        else
            snprintf(labels, sizeof(labels), "operation=\"%s\",le=\"+Inf\"", name);
        mb_buf_addf(out, "%s_bucket{%s} %llu\n", family, labels, (unsigned long long)sum);
    }
    mb_buf_addf(out, "%s_sum{operation=\"%s\"} %.6f\n", family, name, (double)of->sum_us / 1e6);
    mb_buf_addf(out, "%s_count{operation=\"%s\"} %llu\n", family, name, (unsigned long long)sum);
}

void mb_metrics_requests(const struct mb_metrics *metrics, struct mb_buf *out)
{
    char labels[128];
    mb_metrics_family(out, "moonbase_http_requests_total", "counter",
                      "Requests that were answered.");
    for (int i = 0; i <= metrics->router->n_ops; i++) {
        const struct of_op *of = &metrics->ops[i];
        for (int s = 0; s < STATUSES && of->statuses[s].status; s++) {
            snprintf(labels, sizeof(labels), "operation=\"%s\",status=\"%d\"", name_of(metrics, i),
                     of->statuses[s].status);
            mb_metrics_sample(out, "moonbase_http_requests_total", labels,
                              (double)of->statuses[s].count);
        }
    }
    mb_metrics_family(out, "moonbase_http_request_duration_seconds", "histogram",
                      "From a request's being read to the beginning of its answer.");
    for (int i = 0; i <= metrics->router->n_ops; i++)
        add_histogram(out, name_of(metrics, i), &metrics->ops[i]);
}
