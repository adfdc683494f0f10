#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"
#include "fakes.h"

enum { TURNS = 3000 }; /* of at most 5 ms, until a test gives up */

void rig_start(struct rig *rig, void (*change)(struct mb_http_config *config))
{
    struct mb_err err;
    mb_log_set_level(MB_LOG_ERROR);
    *rig = (struct rig){0};
    mb_loop_init(&rig->loop);
    rig->pg = fake_pg_new(&rig->loop);
    fake_gate_init(&rig->loop);
    fake_engine_reset();
    rig->keyring = mb_keyring_new(
        MB_STR("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"), &err);
    struct mb_http_config config = {.listen = "127.0.0.1", .execute_wait_ms = 30000};
    struct mb_http_deps deps = {.pg = rig->pg, .keyring = rig->keyring};
    if (change)
        change(&config);
    if (mb_http_start(&rig->loop, &config, &deps, &rig->http, &err) < 0)
        fail_msg("%s", err.message);
    rig->port = mb_http_port(rig->http);
}

void rig_stop(struct rig *rig)
{
    mb_http_free(rig->http);
    fake_engine_reset();
    fake_pg_free(rig->pg);
    mb_loop_release(&rig->loop);
    mb_keyring_free(rig->keyring);
}

void rig_turn(struct rig *rig)
{
    mb_loop_turn(&rig->loop, 5);
}

int client_connect(struct rig *rig)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons((uint16_t)rig->port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int rc = connect(fd, (struct sockaddr *)&addr, sizeof(addr));
    assert_true(rc == 0 || errno == EINPROGRESS);
    rig_turn(rig);
    return fd;
}

void client_send(struct rig *rig, int fd, const char *bytes, size_t len)
{
    for (int i = 0; i < TURNS && len; i++) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN)
            return; /* the server has closed: the test looks for its answer */
        if (n > 0) {
            bytes += n;
            len -= (size_t)n;
        }
        rig_turn(rig);
    }
}

/* Takes what has come. False when the server has closed. */
static bool receive(int fd, struct mb_buf *in)
{
    for (;;) {
        char *at = mb_buf_reserve(in, 65536);
        ssize_t n = recv(fd, at, 65536, 0);
        if (n > 0)
            mb_buf_commit(in, (size_t)n);
        else
            return n < 0 && errno == EAGAIN;
    }
}

static bool take_chunks(struct mb_str rest, struct mb_buf *body)
{
    const char *at = rest.ptr, *end = rest.ptr + rest.len;
    for (;;) {
        const char *line = memmem(at, (size_t)(end - at), "\r\n", 2);
        if (!line)
            return false;
        size_t size = strtoul(at, NULL, 16);
        if ((size_t)(end - line) < size + 4)
            return false;
        mb_buf_add(body, line + 2, size);
        at = line + 2 + size + 2;
        if (size == 0)
            return true;
    }
}

static bool expects_head_only;

/* Is there a whole answer in it? Then it is taken apart. */
static bool take(struct mb_buf *in, struct answer *answer, bool closed)
{
    struct mb_str all = mb_buf_str(in);
    const char *end = memmem(all.ptr, all.len, "\r\n\r\n", 4);
    if (!end)
        return false;
    size_t head = (size_t)(end - all.ptr) + 4;
    assert_true(head < sizeof(answer->head));
    memcpy(answer->head, all.ptr, head);
    answer->head[head] = '\0';
    answer->status = atoi(answer->head + 9);
    if (answer->status == 100) {
        mb_buf_consume(in, head);
        return take(in, answer, closed);
    }
    struct mb_str rest = MB_STR_OF(all.ptr + head, all.len - head);
    mb_buf_clear(&answer->body);
    if (expects_head_only)
        return true;
    const char *length = answer_header(answer, "content-length");
    if (answer_header(answer, "transfer-encoding"))
        return take_chunks(rest, &answer->body);
    size_t len = length ? strtoul(length, NULL, 10) : answer->status == 204 ? 0 : rest.len;
    if (rest.len < len || (!length && answer->status != 204 && !closed))
        return false;
    mb_buf_add(&answer->body, rest.ptr, len);
    return true;
}

struct answer client_read(struct rig *rig, int fd)
{
    struct answer answer = {0};
    struct mb_buf in = {0};
    bool open = true;
    for (int i = 0; i < TURNS; i++) {
        open = receive(fd, &in);
        if (take(&in, &answer, !open) || !open)
            break;
        rig_turn(rig);
    }
    if (!answer.status || !take(&in, &answer, !open))
        answer.status = 0;
    answer.closed = !open;
    mb_buf_release(&in);
    return answer;
}

struct mb_buf client_read_until(struct rig *rig, int fd, const char *text)
{
    struct mb_buf in = {0};
    bool open = true;
    for (int i = 0; i < TURNS && open && !strstr(mb_buf_cstr(&in), text); i++) {
        rig_turn(rig);
        open = receive(fd, &in);
    }
    if (!strstr(mb_buf_cstr(&in), text))
        fail_msg("\"%s\" has not come; but: %s", text, mb_buf_cstr(&in));
    return in;
}

bool client_is_closed(struct rig *rig, int fd)
{
    struct mb_buf in = {0};
    bool open = true;
    for (int i = 0; i < TURNS && open; i++) {
        rig_turn(rig);
        open = receive(fd, &in);
    }
    mb_buf_release(&in);
    return !open;
}

struct answer client_do(struct rig *rig, const char *method, const char *path, const char *headers,
                        const char *body)
{
    struct mb_buf text = {0};
    int fd = client_connect(rig);
    mb_buf_addf(&text, "%s ", method);
    mb_buf_add_c(&text, path);
    mb_buf_add_c(&text, " HTTP/1.1\r\nHost: test\r\n");
    mb_buf_add_c(&text, headers);
    if (body)
        mb_buf_addf(&text, "Content-Length: %zu\r\n", strlen(body));
    mb_buf_add_c(&text, "\r\n");
    mb_buf_add_c(&text, body ? body : "");
    client_send(rig, fd, mb_buf_head(&text), mb_buf_len(&text));
    expects_head_only = strcmp(method, "HEAD") == 0;
    struct answer answer = client_read(rig, fd);
    expects_head_only = false;
    mb_buf_release(&text);
    close(fd);
    return answer;
}

const char *answer_header(const struct answer *answer, const char *name)
{
    static char value[1024];
    size_t len = strlen(name);
    for (const char *line = strchr(answer->head, '\n'); line; line = strchr(line, '\n')) {
        line++;
        if (strncasecmp(line, name, len) != 0 || line[len] != ':')
            continue;
        const char *from = line + len + 1 + strspn(line + len + 1, " ");
        snprintf(value, sizeof(value), "%.*s", (int)strcspn(from, "\r\n"), from);
        return value;
    }
    return NULL;
}

void assert_problem(struct answer *answer, int status, const char *code)
{
    const char *type = answer_header(answer, "content-type");
    struct mb_err err;
    if (answer->status != status)
        fail_msg("status %d instead of %d: %s", answer->status, status, mb_buf_cstr(&answer->body));
    assert_non_null(type);
    assert_string_equal(type, "application/problem+json");
    json_t *problem = mb_json_parse(mb_buf_str(&answer->body), &err);
    assert_non_null(problem);
    assert_string_equal(mb_json_str(problem, "code").ptr, code);
    assert_int_equal(mb_json_int(problem, "status", 0), status);
    assert_true(mb_json_str(problem, "title").len > 0);
    assert_true(mb_json_str(problem, "detail").len > 0);
    assert_memory_equal(mb_json_str(problem, "type").ptr, "urn:moonbase:problem:", 21);
    assert_memory_equal(mb_json_str(problem, "instance").ptr, "urn:moonbase:request:", 21);
    json_decref(problem);
}

void answer_release(struct answer *answer)
{
    mb_buf_release(&answer->body);
}
