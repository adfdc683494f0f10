/* A client in the server's own process: it sends bytes and turns the loop until an answer is there.
 */
#ifndef CLIENT_H
#define CLIENT_H

#include "base/buf.h"
#include "http/http.h"

/* One server with fakes under it, on a loop of its own. */
struct rig {
    struct mb_loop loop;
    struct mb_pg *pg;
    struct mb_http *http;
    struct mb_keyring *keyring;
    int port;
};

/* `change` may alter the configuration before the start; may be NULL. */
void rig_start(struct rig *rig, void (*change)(struct mb_http_config *config));
void rig_stop(struct rig *rig);
void rig_turn(struct rig *rig); /* one turn, a few milliseconds at most */

/* A valid key, and headers with it. */
#define KEY  "mb_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
#define AUTH "Authorization: Bearer " KEY "\r\n"
#define DEP  "dep_019ab3c4d5e67f8090a1b2c3d4e5f608"
#define RUN  "run_019ab3c4d5e67f8090a1b2c3d4e5f609"

struct answer {
    int status; /* 0 = the server closed without one */
    bool closed;
    char head[4096];
    struct mb_buf body;
};

int client_connect(struct rig *rig);
void client_send(struct rig *rig, int fd, const char *bytes, size_t len);
/* Waits for the next whole answer on the connection. Release answer.body. */
struct answer client_read(struct rig *rig, int fd);
/* Waits until what has come holds this text; returns all that has come (released by the caller). */
struct mb_buf client_read_until(struct rig *rig, int fd, const char *text);
/* Waits until the server has closed. */
bool client_is_closed(struct rig *rig, int fd);

/* One request on a connection of its own. `headers` are whole lines; body may be NULL. */
struct answer client_do(struct rig *rig, const char *method, const char *path, const char *headers,
                        const char *body);
/* The value of a header (lower-case name) of the answer, or NULL; valid until the next call. */
const char *answer_header(const struct answer *answer, const char *name);
/* The answer's body is a problem with this status and code; checks it, and that it is well-formed.
 */
void assert_problem(struct answer *answer, int status, const char *code);
void answer_release(struct answer *answer);

#endif
