/* Measurements, and their Prometheus text (exposition format 0.0.4). Others of the core add theirs
 * with the writing half. */
#ifndef MB_HTTP_METRICS_H
#define MB_HTTP_METRICS_H

#include "base/buf.h"
#include "http/router.h"

/* ---- writing: a family's head, then its samples ---- */

/* `type` is "counter", "gauge" or "histogram". */
void mb_metrics_family(struct mb_buf *out, const char *name, const char *type, const char *help);
/* `labels` is `a="b",c="d"` or empty; label values are escaped already. */
void mb_metrics_sample(struct mb_buf *out, const char *name, const char *labels, double value);
/* A family of one sample. */
void mb_metrics_one(struct mb_buf *out, const char *name, const char *type, const char *help,
                    double value);
/* What the operating system knows of this process. */
void mb_metrics_process(struct mb_buf *out);

/* ---- the server's own ---- */

struct mb_metrics;

struct mb_metrics *mb_metrics_new(const struct mb_router *router); /* borrowed */
void mb_metrics_free(struct mb_metrics *metrics);                  /* takes NULL */
/* A request was answered. op is NULL when none was found. */
void mb_metrics_request(struct mb_metrics *metrics, const struct mb_op *op, int status,
                        int64_t took_us);
void mb_metrics_requests(const struct mb_metrics *metrics, struct mb_buf *out);

#endif
