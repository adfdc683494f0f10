/* curl multi in our loop: sockets, timers, and several multi handles (see fetch_private.h). */
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/fetch_private.h"

enum { SOCK_STEP = 1024 }; /* the table of sockets grows by this */

/* Hands over what curl has produced, outside of curl. */
static void settle(struct fetch_shard *shard)
{
    mb_fetch_deliver(shard->fetch);
    CURLMsg *msg;
    int left;
    while ((msg = curl_multi_info_read(shard->multi, &left))) {
        mb_assert(msg->msg == CURLMSG_DONE);
        char *easy = NULL;
        CURLcode code = msg->data.result;
        curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &easy);
        mb_fetch_call_answered(((struct fetch_easy *)(void *)easy)->call, code);
    }
}

static void act(struct fetch_shard *shard, curl_socket_t fd, int events)
{
    int running;
    CURLMcode rc = curl_multi_socket_action(shard->multi, fd, events, &running);
    mb_assert(rc == CURLM_OK);
    settle(shard);
}

/* Sockets. */

static void on_ready(struct mb_watch *watch, bool readable, bool writable)
{
    struct fetch_sock *sock = MB_CONTAINER_OF(watch, struct fetch_sock, watch);
    if (!sock->is_wanted) { /* an idle connection was closed by the other side */
        mb_watch_stop(watch);
        return;
    }
    int events = (readable ? CURL_CSELECT_IN : 0) | (writable ? CURL_CSELECT_OUT : 0);
    act(sock->shard, watch->fd, events);
}

static struct fetch_sock *sock_of(struct mb_fetch *fetch, curl_socket_t fd)
{
    return (size_t)fd < fetch->n_socks ? fetch->socks[fd] : NULL;
}

static struct fetch_sock *new_sock(struct mb_fetch *fetch, curl_socket_t fd)
{
    if ((size_t)fd >= fetch->n_socks) {
        size_t n = ((size_t)fd / SOCK_STEP + 1) * SOCK_STEP;
        fetch->socks = mb_realloc(fetch->socks, n * sizeof(fetch->socks[0]));
        for (size_t i = fetch->n_socks; i < n; i++)
            fetch->socks[i] = NULL;
        fetch->n_socks = n;
    }
    struct fetch_sock *sock = mb_zalloc(sizeof(*sock));
    sock->fetch = fetch;
    fetch->socks[fd] = sock;
    return sock;
}

static void drop_sock(struct mb_fetch *fetch, curl_socket_t fd)
{
    struct fetch_sock *sock = sock_of(fetch, fd);
    if (!sock)
        return;
    mb_watch_stop(&sock->watch);
    fetch->socks[fd] = NULL;
    free(sock);
}

curl_socket_t mb_fetch_sock_open(struct mb_fetch *fetch, const struct curl_sockaddr *addr)
{
    int fd = socket(addr->family, addr->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, addr->protocol);
    if (fd < 0)
        return CURL_SOCKET_BAD;
    new_sock(fetch, fd)->is_ours = true;
    fetch->stats.connections++;
    return fd;
}

int mb_fetch_sock_close(void *fetch, curl_socket_t fd)
{
    drop_sock(fetch, fd);
    return close(fd);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *unused)
{
    struct fetch_shard *shard = arg;
    struct fetch_sock *sock = sock_of(shard->fetch, fd);
    (void)easy;
    (void)unused;
    if (what == CURL_POLL_REMOVE) {
        if (sock && sock->is_ours)
            sock->is_wanted = false;
        else
            drop_sock(shard->fetch, fd);
        return 0;
    }
    if (!sock)
        sock = new_sock(shard->fetch, fd);
    bool read = what & CURL_POLL_IN, write = what & CURL_POLL_OUT;
    sock->shard = shard;
    sock->is_wanted = true;
    if (sock->watch.loop)
        mb_watch_set(&sock->watch, read, write);
    else
        mb_watch_start(&sock->watch, shard->fetch->loop, fd, read, write, on_ready);
    return 0;
}

/* Timers. */

static void on_due(struct mb_timer *timer)
{
    act(MB_CONTAINER_OF(timer, struct fetch_shard, timer), CURL_SOCKET_TIMEOUT, 0);
}

static int on_timer(CURLM *multi, long ms, void *arg)
{
    struct fetch_shard *shard = arg;
    struct mb_fetch *fetch = shard->fetch;
    (void)multi;
    if (ms == 0) { /* a new request: with the others of this turn, at its end */
        if (!mb_list_is_linked(&shard->kicked))
            mb_list_push(&fetch->kicked, &shard->kicked);
        mb_turn_queue(fetch->loop, &fetch->turn);
        return 0;
    }
    mb_list_remove(&shard->kicked);
    if (ms < 0)
        mb_timer_cancel(&fetch->loop->timers, &shard->timer);
    else
        mb_timer_arm(&fetch->loop->timers, &shard->timer, mb_clock_mono_us() + ms * 1000);
    return 0;
}

static void on_turn_end(struct mb_turn *turn)
{
    struct mb_fetch *fetch = MB_CONTAINER_OF(turn, struct mb_fetch, turn);
    struct mb_list now;
    mb_list_init(&now);
    mb_list_splice(&now, &fetch->kicked);
    struct mb_list *node;
    while ((node = mb_list_shift(&now)))
        act(MB_LIST_ENTRY(node, struct fetch_shard, kicked), CURL_SOCKET_TIMEOUT, 0);
}

/* Shards. */

static struct fetch_shard *new_shard(struct mb_fetch *fetch, struct fetch_group *group)
{
    struct fetch_shard *shard = mb_zalloc(sizeof(*shard));
    shard->fetch = fetch;
    shard->multi = curl_multi_init();
    mb_assert(shard->multi);
    shard->timer.on_due = on_due;
    mb_list_init(&shard->kicked);
    shard->keeps_connections = group->n_shards * group->shard_calls < fetch->max_idle;
    curl_multi_setopt(shard->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(shard->multi, CURLMOPT_SOCKETDATA, shard);
    curl_multi_setopt(shard->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(shard->multi, CURLMOPT_TIMERDATA, shard);
    curl_multi_setopt(shard->multi, CURLMOPT_MAXCONNECTS, (long)group->shard_calls);
    group->shards = mb_realloc(group->shards, (group->n_shards + 1) * sizeof(shard));
    group->shards[group->n_shards++] = shard;
    return shard;
}

/* The first with room: idle connections gather in the first ones and are found again there. */
struct fetch_shard *mb_fetch_shard_pick(struct mb_fetch *fetch, bool is_tls, bool is_exempt)
{
    struct fetch_group *group =
        &fetch->groups[is_tls ? (is_exempt ? GROUP_TLS_EXEMPT : GROUP_TLS)
                              : (is_exempt ? GROUP_PLAIN_EXEMPT : GROUP_PLAIN)];
    for (size_t i = 0; i < group->n_shards; i++)
        if (group->shards[i]->in_flight < group->shard_calls)
            return group->shards[i];
    return new_shard(fetch, group);
}

void mb_fetch_shards_init(struct mb_fetch *fetch)
{
    mb_list_init(&fetch->kicked);
    mb_turn_init(&fetch->turn, on_turn_end);
    for (int i = 0; i < N_GROUPS; i++)
        fetch->groups[i].shard_calls =
            i == GROUP_TLS || i == GROUP_TLS_EXEMPT ? SHARD_TLS_CALLS : SHARD_PLAIN_CALLS;
}

void mb_fetch_shards_free(struct mb_fetch *fetch)
{
    mb_turn_cancel(&fetch->turn);
    for (int i = 0; i < N_GROUPS; i++) {
        struct fetch_group *group = &fetch->groups[i];
        for (size_t k = 0; k < group->n_shards; k++) {
            curl_multi_cleanup(group->shards[k]->multi);
            mb_timer_cancel(&fetch->loop->timers, &group->shards[k]->timer);
            free(group->shards[k]);
        }
        free(group->shards);
    }
    for (size_t fd = 0; fd < fetch->n_socks; fd++)
        drop_sock(fetch, (curl_socket_t)fd);
    free(fetch->socks);
}
