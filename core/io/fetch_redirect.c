/* Following redirects ourselves, because each is judged anew: by the egress policy, by the caller,
 * and for what may go along. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "io/fetch_private.h"

static bool is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* The Location against the URL it came from; malloc'd, or NULL. */
static char *resolve(const char *from, const char *location)
{
    CURLU *u = curl_url();
    mb_assert(u);
    char *text = NULL, *url = NULL;
    if (strnlen(location, MB_EGRESS_URL) < MB_EGRESS_URL &&
        curl_url_set(u, CURLUPART_URL, from, 0) == CURLUE_OK &&
        curl_url_set(u, CURLUPART_URL, location, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
        curl_url_set(u, CURLUPART_FRAGMENT, NULL, 0) == CURLUE_OK &&
        curl_url_get(u, CURLUPART_URL, &text, 0) == CURLUE_OK && strlen(text) < MB_EGRESS_URL)
        url = mb_strdup(text);
    curl_free(text);
    curl_url_cleanup(u);
    return url;
}

static bool is_same_origin(const struct mb_egress_target *a, const struct mb_egress_target *b)
{
    return a->is_tls == b->is_tls && a->port == b->port && strcasecmp(a->host, b->host) == 0;
}

static void become_get(struct mb_fetch_call *call, int status)
{
    bool is_head = strcmp(call->method, "HEAD") == 0;
    bool was_post = strcmp(call->method, "POST") == 0;
    if (is_head || (status != 303 && !((status == 301 || status == 302) && was_post)))
        return;
    strcpy(call->method, "GET");
    call->body = MB_STR_OF(NULL, 0);
}

static int go_to_other_origin(struct mb_fetch_call *call, const struct mb_egress_target *from,
                              const struct mb_egress_target *to, struct mb_err *err)
{
    if (from->is_tls && !to->is_tls)
        return mb_err_set(err, MB_E_EGRESS_DENIED, "the redirect to \"%s\" leaves https", to->host);
    if (call->body.ptr)
        return mb_err_set(err, MB_E_EGRESS_DENIED, "the redirect would send the body on to \"%s\"",
                          to->host);
    if (!call->fetch->egress)
        return mb_err_set(err, MB_E_EGRESS_DENIED, "the redirect leads to \"%s\"", to->host);
    call->is_exempt = false;
    mb_fetch_headers_strip(call);
    return 0;
}

static int turn_to(struct mb_fetch_call *call, const char *url, struct mb_err *err)
{
    struct mb_egress_target from = {0}, to = {0};
    int rc = mb_egress_parse(call->url, &from, err);
    if (rc == 0)
        rc = mb_egress_parse(url, &to, err);
    if (rc == 0 && !is_same_origin(&from, &to))
        rc = go_to_other_origin(call, &from, &to, err);
    if (rc == 0 && !call->is_exempt)
        rc = mb_egress_check_url(call->fetch->egress, url, &to, err);
    if (rc == 0 && call->events->on_redirect)
        rc = call->events->on_redirect(call, url, err);
    if (rc < 0)
        return rc;
    call->is_tls = to.is_tls;
    free(call->host);
    call->host = call->is_exempt ? NULL : mb_strdup(to.host);
    return 0;
}

int mb_fetch_redirect(struct mb_fetch_call *call, int status, struct mb_err *err)
{
    struct mb_str location = mb_fetch_header_get(call, "location");
    if (!is_redirect(status) || location.len == 0 ||
        (call->redirects_left == 0 && call->n_redirects == 0))
        return 0;
    if (call->redirects_left == 0)
        return mb_err_set(err, MB_E_UPSTREAM_ERROR, "more than %d redirects", call->n_redirects);
    char *url = resolve(call->url, location.ptr);
    if (!url)
        return mb_err_set(err, MB_E_UPSTREAM_GARBAGE, "the redirect's location is no URL");
    become_get(call, status);
    int rc = turn_to(call, url, err);
    if (rc < 0) {
        free(url);
        return rc;
    }
    free(call->url);
    call->url = url;
    call->redirects_left--;
    call->n_redirects++;
    return 1;
}
