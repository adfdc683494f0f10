#include "app/demo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli.h"
#include "app/paths.h"
#include "app/report.h"
#include "base/files.h"
#include "base/json.h"
#include "base/secret.h"

enum { REQUEST_MS = 60000 };

struct mb_demo {
    struct mb_fetch *fetch;
    struct mb_fetch_headers *headers;
    char *url, *api_key, *deployment_id;
    struct mb_buf ticket;       /* JSON text of the input */
    json_t *run;                /* once it is known */
    struct mb_fetch_call *call; /* under way; NULL = none */
};

void mb_demo_free(struct mb_demo *demo)
{
    if (!demo)
        return;
    if (demo->call)
        mb_fetch_cancel(demo->call);
    mb_fetch_headers_free(demo->headers);
    if (demo->api_key)
        mb_wipe(demo->api_key, strlen(demo->api_key));
    free(demo->api_key);
    free(demo->url);
    free(demo->deployment_id);
    mb_buf_release(&demo->ticket);
    json_decref(demo->run);
    free(demo);
}

static void title(const char *text)
{
    fprintf(stderr, "\n%s%s%s\n", mb_style(stderr, MB_STYLE_BOLD), text,
            mb_style(stderr, MB_STYLE_PLAIN));
}

/* As one word for a shell: in single quotes, and those inside as '\''. */
static void print_quoted(struct mb_str text)
{
    fputc('\'', stderr);
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '\'')
            fputs("'\\''", stderr);
        else
            fputc(text.ptr[i], stderr);
    fputc('\'', stderr);
}

static void tell_what_next(const struct mb_demo *demo)
{
    title("Try next");
    fprintf(stderr,
            "  curl -s %s/v1/deployments/%s/execute \\\n"
            "    -H 'Authorization: Bearer %s' \\\n"
            "    --json ",
            demo->url, demo->deployment_id, demo->api_key);
    print_quoted(mb_buf_str(&demo->ticket));
    fprintf(stderr, "\n\n  URL  %s\n  key  %s\n\nServing until Ctrl-C.\n", demo->url,
            demo->api_key);
}

static int request(struct mb_demo *demo, const char *method, const char *path, struct mb_str body,
                   const struct mb_fetch_events *events, struct mb_err *err)
{
    struct mb_buf url = {0};
    mb_buf_addf(&url, "%s%s", demo->url, path);
    const struct mb_fetch_request req = {
        .method = method,
        .url = mb_buf_cstr(&url),
        .shared = demo->headers,
        .body = body,
        .is_exempt = true,
        .is_once = true,
        .timeout_ms = REQUEST_MS,
        .events = events,
        .owner = demo,
    };
    int rc = mb_fetch_start(demo->fetch, &req, &demo->call, err);
    mb_buf_release(&url);
    return rc;
}

/* The body of an answer as JSON; NULL, and said, when it is not what was expected. */
static json_t *read_answer(struct mb_fetch_response *response, const struct mb_err *err)
{
    struct mb_err parse = {0};
    json_t *body = NULL;
    if (!err && response->status < 300)
        body = mb_json_parse(mb_buf_str(&response->body), &parse);
    if (body)
        return body;
    if (err)
        fprintf(stderr, "the demonstration failed: %s\n", err->message);
    else
        fprintf(stderr, "the demonstration failed: status %d: %.*s\n", response->status,
                MB_STR_ARG(mb_buf_str(&response->body)));
    return NULL;
}

static void on_steps(struct mb_fetch_call *call, struct mb_fetch_response *response,
                     const struct mb_err *err)
{
    struct mb_demo *demo = mb_fetch_owner(call);
    demo->call = NULL;
    json_t *steps = read_answer(response, err);
    if (steps) {
        title("Timeline");
        mb_report_steps(stderr, mb_json_get(steps, "data"));
    }
    json_decref(steps);
    tell_what_next(demo);
}
static const struct mb_fetch_events steps_events = {.on_done = on_steps};

static void on_run(struct mb_fetch_call *call, struct mb_fetch_response *response,
                   const struct mb_err *err)
{
    struct mb_demo *demo = mb_fetch_owner(call);
    demo->call = NULL;
    demo->run = read_answer(response, err);
    if (!demo->run) {
        tell_what_next(demo);
        return;
    }
    fprintf(stderr, "\n%sResolved in %.0f ms:%s ", mb_style(stderr, MB_STYLE_BOLD),
            (double)response->total_us / 1000.0, mb_style(stderr, MB_STYLE_PLAIN));
    mb_report_run(stderr, demo->run);
    struct mb_err later = {0};
    struct mb_buf path = {0};
    mb_buf_addf(&path, "/v1/runs/%.*s/steps", MB_STR_ARG(mb_json_str(demo->run, "id")));
    if (request(demo, "GET", mb_buf_cstr(&path), MB_STR_OF(NULL, 0), &steps_events, &later)) {
        fprintf(stderr, "the demonstration failed: %s\n", later.message);
        tell_what_next(demo);
    }
    mb_buf_release(&path);
}
static const struct mb_fetch_events run_events = {.on_done = on_run};

/* The input of the package's first example, as text. */
static int read_ticket(struct mb_demo *demo, const char *home, struct mb_err *err)
{
    struct mb_files files = {0};
    char *dir = mb_path_join(home, "agents/ticket_resolver");
    int rc = mb_files_read_dir(&files, dir, err);
    const struct mb_file *file = rc ? NULL : mb_files_get(&files, "agent.json");
    json_t *manifest = file ? mb_json_parse(MB_STR_OF(file->bytes, file->len), err) : NULL;
    json_t *input = mb_json_get(json_array_get(mb_json_get(manifest, "examples"), 0), "input");
    if (input)
        mb_json_dump(&demo->ticket, input);
    else if (!rc)
        rc = mb_err_set(err, MB_E_INVALID_PACKAGE, "'%s' has no agent.json with an example", dir);
    json_decref(manifest);
    mb_files_release(&files);
    free(dir);
    return rc;
}

static struct mb_fetch_headers *make_headers(const char *api_key, struct mb_err *err)
{
    struct mb_buf bearer = {0};
    mb_buf_addf(&bearer, "Bearer %s", api_key);
    const struct mb_fetch_header fields[] = {
        {MB_STR("Authorization"), mb_buf_str(&bearer)},
        {MB_STR("Content-Type"), MB_STR("application/json")},
        {MB_STR("Prefer"), MB_STR("wait=30")},
    };
    struct mb_fetch_headers *headers = mb_fetch_headers_new(fields, MB_LEN(fields), err);
    mb_buf_release(&bearer);
    return headers;
}

struct mb_demo *mb_demo_start(struct mb_fetch *fetch, const struct mb_demo_config *config,
                              struct mb_err *err)
{
    struct mb_demo *demo = mb_zalloc(sizeof(*demo));
    demo->fetch = fetch;
    demo->url = mb_strdup(config->url);
    demo->api_key = mb_strdup(config->api_key);
    demo->deployment_id = mb_strdup(config->deployment_id);
    demo->headers = make_headers(config->api_key, err);
    struct mb_buf path = {0};
    mb_buf_addf(&path, "/v1/deployments/%s/execute", demo->deployment_id);
    if (!demo->headers || read_ticket(demo, config->home, err) ||
        request(demo, "POST", mb_buf_cstr(&path), mb_buf_str(&demo->ticket), &run_events, err)) {
        mb_demo_free(demo);
        demo = NULL;
    } else {
        title("A ticket comes in");
        fprintf(stderr, "  %.*s\n", MB_STR_ARG(mb_buf_str(&demo->ticket)));
    }
    mb_buf_release(&path);
    return demo;
}
