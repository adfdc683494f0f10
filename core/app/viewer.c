#include "app/viewer.h"

#include "app/report.h"
#include "base/json.h"
#include "io/loop.h"

static struct mb_viewer *of(struct mb_follow *follow)
{
    return MB_CONTAINER_OF(follow, struct mb_viewer, follow);
}

static void end(struct mb_viewer *w)
{
    mb_progress_stop(&w->progress);
    w->loop->stop = true;
}

void mb_viewer_fail(struct mb_viewer *w, const struct mb_err *err)
{
    w->err = *err;
    end(w);
}

static void on_refused(struct mb_follow *follow, const struct mb_err *err)
{
    mb_viewer_fail(of(follow), err);
}

/* What the agent says while it runs goes to stderr, above the progress line. */
static void show_note(struct mb_viewer *w, const json_t *note, enum mb_event_kind kind)
{
    mb_progress_clear(&w->progress);
    fputs(mb_style(stderr, MB_STYLE_DIM), stderr);
    if (kind == MB_EVENT_LOG) {
        fprintf(stderr, "%.*s: ", MB_STR_ARG(mb_json_str(note, "level")));
        mb_report_text(stderr, mb_json_str(note, "text"), 4);
    } else {
        struct mb_buf data = {0};
        mb_json_dump(&data, note);
        fputs("emit: ", stderr);
        mb_report_text(stderr, mb_buf_str(&data), 4);
        mb_buf_release(&data);
    }
    fputs(mb_style(stderr, MB_STYLE_PLAIN), stderr);
}

static void on_event(struct mb_follow *follow, const struct mb_run_event *event)
{
    struct mb_viewer *w = of(follow);
    json_t *json = event->kind == MB_EVENT_DELTA ? NULL : mb_json_parse(event->json, NULL);
    if (!json)
        return;
    if (event->kind == MB_EVENT_STEP) {
        json_array_append(w->steps, json);
        mb_progress_say(&w->progress, "step %zu: %.*s", json_array_size(w->steps),
                        MB_STR_ARG(mb_json_str(json, "tool")));
    } else if (event->kind == MB_EVENT_EMIT || event->kind == MB_EVENT_LOG) {
        show_note(w, json, event->kind);
    }
    json_decref(json);
}

static void on_done(struct mb_follow *follow, struct mb_str run_json)
{
    struct mb_viewer *w = of(follow);
    w->run = mb_json_parse(run_json, &w->err);
    end(w);
}

static void on_parked(struct mb_follow *follow, struct mb_str run_json)
{
    of(follow)->is_parked = true;
    on_done(follow, run_json);
}

static void on_lost(struct mb_follow *follow, struct mb_id run_id)
{
    struct mb_err err = {0};
    (void)run_id;
    mb_err_set(&err, MB_E_INTERNAL, "the engine lost the run");
    mb_viewer_fail(of(follow), &err);
}

static void on_signal(void *arg, int sig)
{
    struct mb_viewer *w = arg;
    w->signal = sig;
    end(w);
}

void mb_viewer_start(struct mb_viewer *w, const struct mb_cli *cli, struct mb_loop *loop)
{
    *w = (struct mb_viewer){.cli = cli,
                            .loop = loop,
                            .follow = {.on_refused = on_refused,
                                       .on_event = on_event,
                                       .on_parked = on_parked,
                                       .on_done = on_done,
                                       .on_lost = on_lost}};
    w->steps = json_array();
    mb_signals_start(&w->signals, loop, on_signal, w);
    mb_progress_start(&w->progress, loop);
    mb_progress_say(&w->progress, "starting");
}

int mb_viewer_report(struct mb_viewer *w)
{
    if (w->signal)
        return MB_EXIT_SIGNAL + w->signal;
    if (!w->run)
        return mb_cli_fail_err(w->cli, &w->err);
    if (w->cli->json) {
        struct mb_buf out = {0};
        json_object_set(w->run, "steps", w->steps);
        mb_json_dump(&out, w->run);
        puts(mb_buf_cstr(&out));
        mb_buf_release(&out);
    } else {
        mb_report_run(stdout, w->run);
        mb_report_steps(stdout, w->steps);
    }
    if (w->is_parked)
        return MB_EXIT_WAITING;
    return mb_str_is(mb_json_str(w->run, "status"), "succeeded") ? MB_EXIT_OK : MB_EXIT_FAILED;
}

void mb_viewer_stop(struct mb_viewer *w)
{
    mb_engine_unfollow(&w->follow);
    mb_progress_stop(&w->progress);
    mb_signals_stop(&w->signals);
    json_decref(w->run);
    json_decref(w->steps);
}
