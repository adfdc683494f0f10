/* moonbase serve: prepares the host, then serves: in this process, or in --workers N of them under
 * a supervisor. A worker is this program started again, with what was prepared in its environment.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "app/cli.h"
#include "app/port.h"
#include "app/serve.h"
#include "app/site.h"
#include "app/supervise.h"
#include "base/log.h"

struct task {
    struct mb_cli *cli;
    struct mb_site site;
    int port; /* that the workers share */
};

static enum mb_log_level log_level(const struct mb_cli *cli)
{
    /* The demonstration is for reading: then only what is wrong is logged, unless asked for. */
    if (mb_cli_option(cli, "demo") && !cli->config.source[MB_SETTING_log_level])
        return MB_LOG_WARN;
    switch (cli->config.log_level[0]) {
    case 'd':
        return MB_LOG_DEBUG;
    case 'w':
        return MB_LOG_WARN;
    case 'e':
        return MB_LOG_ERROR;
    default:
        return MB_LOG_INFO;
    }
}

/* The one line on stdout. The key is told only where it is the demonstration's. */
static void print_ready(void *arg, const char *url)
{
    const struct task *task = arg;
    struct mb_buf line = {0};
    mb_buf_add_c(&line, "{\"event\":\"ready\",\"url\":");
    mb_buf_add_json_str(&line, mb_str_c(url));
    if (task->site.has_demo) {
        mb_buf_add_c(&line, ",\"api_key\":");
        mb_buf_add_json_str(&line, mb_str_c(task->site.demo.api_key));
        mb_buf_add_c(&line, ",\"deployment\":");
        mb_buf_add_json_str(&line, mb_str_c(task->site.demo.deployment_id));
    }
    mb_buf_add_char(&line, '}');
    puts(mb_buf_cstr(&line));
    fflush(stdout);
    mb_buf_release(&line);
}

static int serve_alone(struct task *task)
{
    struct mb_err err = {0};
    bool wants_demo = task->site.has_demo && mb_cli_option(task->cli, "demo");
    const struct mb_serve_config config = {
        .config = &task->cli->config,
        .database_url = task->site.database_url,
        .redis_url = task->site.redis_url,
        .demo_key = wants_demo ? task->site.demo.api_key : NULL,
        .demo_deployment = task->site.demo.deployment_id,
        .on_ready = print_ready,
        .arg = task,
    };
    return mb_serve(&config, &err) ? mb_cli_fail_err(task->cli, &err) : MB_EXIT_OK;
}

/* --------------------------------------------------------------------------------- a worker */

static void tell_ready(void *arg, const char *url)
{
    int *fd = arg;
    (void)url;
    /* Should the supervisor be gone, its end is ours (PR_SET_PDEATHSIG): nothing to do here. */
    if (*fd >= 0 && write(*fd, "r", 1) < 0)
        mb_log(MB_LOG_WARN, "supervisor_gone", "cause", "%s", strerror(errno), NULL);
    mb_close(fd);
}

static int serve_as_worker(struct mb_cli *cli, const char *worker)
{
    struct mb_err err = {0};
    struct mb_seeded demo = {0};
    prctl(PR_SET_NAME, "moonbase"); /* or it would be called "exe" */
    const char *ready_fd = mb_cli_option(cli, "ready-fd");
    int fd = ready_fd ? atoi(ready_fd) : -1;
    int number = atoi(worker);
    bool wants_demo = number == 0 && cli->config.dev && mb_cli_option(cli, "demo") &&
                      mb_seed_read(cli->config.data, &demo);
    const struct mb_serve_config config = {
        .config = &cli->config,
        .database_url = cli->config.database_url,
        .redis_url = cli->config.redis_url,
        .worker = number,
        .share_port = true,
        .demo_key = wants_demo ? demo.api_key : NULL,
        .demo_deployment = demo.deployment_id,
        .on_ready = tell_ready,
        .arg = &fd,
    };
    return mb_serve(&config, &err) ? mb_cli_fail_err(cli, &err) : MB_EXIT_OK;
}

/* -------------------------------------------------------------------------------- many cores */

static void set_env(enum mb_setting_index index, const char *value)
{
    char name[64];
    setenv(mb_setting_env(&mb_settings()[index], name), value, 1);
}

/* In the new process: the same command line again, and who it is. What was prepared goes by the
 * environment, where other users cannot see it. */
static void become_worker(void *arg, int worker, int ready_fd)
{
    struct task *task = arg;
    char number[16], fd[16], port[16];
    snprintf(number, sizeof(number), "%d", worker);
    snprintf(fd, sizeof(fd), "%d", ready_fd);
    snprintf(port, sizeof(port), "%d", task->port);
    char *more[] = {
        (char[]){"--worker"}, number, (char[]){"--ready-fd"}, fd, (char[]){"--port"}, port, NULL};
    char **argv = mb_zalloc(sizeof(char *) * ((size_t)task->cli->argc + MB_LEN(more)));
    memcpy(argv, task->cli->argv, sizeof(char *) * (size_t)task->cli->argc);
    memcpy(argv + task->cli->argc, more, sizeof(more));
    set_env(MB_SETTING_database_url, task->site.database_url);
    set_env(MB_SETTING_redis_url, task->site.redis_url);
    set_env(MB_SETTING_master_key_file, task->cli->config.master_key_file);
    execv("/proc/self/exe", argv);
    mb_log(MB_LOG_ERROR, "worker_not_started", "cause", "%s", strerror(errno), NULL);
}

static void on_all_ready(void *arg)
{
    struct task *task = arg;
    char url[300];
    mb_serve_url(&task->cli->config, task->port, url, sizeof(url));
    print_ready(task, url);
}

static int serve_many(struct task *task)
{
    struct mb_err err = {0};
    const struct mb_config *config = &task->cli->config;
    const struct mb_supervised what = {
        .n_workers = (int)config->workers,
        .become = become_worker,
        .on_ready = on_all_ready,
        .arg = task,
        .stop_grace_ms = config->stop_grace_ms + 5000, /* their own grace, and the farewell */
    };
    int fd = -1;
    task->port = (int)config->port;
    int rc = mb_port_hold(config->listen, &task->port, &fd, &err);
    if (!rc)
        rc = mb_supervise(&what, &err);
    mb_close(&fd);
    return rc ? mb_cli_fail_err(task->cli, &err) : MB_EXIT_OK;
}

static int run(struct mb_cli *cli)
{
    struct mb_err err = {0};
    struct task task = {.cli = cli};
    const char *worker = mb_cli_option(cli, "worker");
    mb_log_set_level(log_level(cli));
    signal(SIGPIPE, SIG_IGN);
    if (worker)
        return serve_as_worker(cli, worker);
    if (mb_cli_option(cli, "demo") && !cli->config.dev)
        return mb_cli_usage(cli, "--demo needs --dev");
    if (mb_site_open(&task.site, &cli->config, &err))
        return mb_cli_fail_err(cli, &err);
    int code = cli->config.workers > 1 ? serve_many(&task) : serve_alone(&task);
    mb_site_close(&task.site);
    return code;
}

static const struct mb_option options[] = {
    {"dev", NULL,
     "a private PostgreSQL (and Redis, if installed) in the data folder, a demo customer"},
    {"port", "N", "where to listen; 0 = any free port (8080)"},
    {"listen", "ADDRESS", "at which address (127.0.0.1)"},
    {"data", "DIR", "the data folder (var)"},
    {"workers", "N", "cores on this host, sharing the port (1)"},
    {"demo", NULL, "with --dev: send a ticket through the demo's agent and show what happens"},
    {"worker", "N", NULL},
    {"ready-fd", "FD", NULL},
    {NULL, NULL, NULL},
};

const struct mb_command mb_cmd_serve = {
    .name = "serve",
    .args = "",
    .summary = "serve the API and execute runs",
    .help = "Prints one line of JSON on stdout when it serves: {\"event\": \"ready\", \"url\": "
            "..}, and\n"
            "with --dev also \"api_key\" and \"deployment\". The log is JSON on stderr, a line an "
            "event.\n"
            "SIGTERM or Ctrl-C stops it in good order, a second one at once.",
    .options = options,
    .takes_settings = true,
    .run = run,
};
