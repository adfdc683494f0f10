/* URLs are read by curl's own parser, so that what is judged here is what curl will connect to
 * (0x7f.1 and 2130706433 are 127.0.0.1 to both). */
#include "io/egress.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/hostmatch.h"

enum { MAX_ENTRIES = 256, ENTRY_BYTES = 256 };

/* One entry of the allow list: a network (family set) or a host pattern. */
struct allowed {
    int family;
    uint8_t net[16];
    int bits;
    char host[ENTRY_BYTES];
};

struct port_range {
    int from, to;
};

struct mb_egress {
    struct allowed *allowed;
    size_t n_allowed;
    struct port_range *ports;
    size_t n_ports;
};

/* Copies the next item of a list into `item`; false at the end. */
static bool next_item(const char **at, char item[ENTRY_BYTES])
{
    const char *p = *at + strspn(*at, ", \t\n");
    size_t len = strcspn(p, ", \t\n");
    if (len == 0)
        return false;
    snprintf(item, ENTRY_BYTES, "%.*s", (int)MB_MIN(len, (size_t)ENTRY_BYTES - 1), p);
    *at = p + len;
    return true;
}

static bool parse_bits(const char *text, int max, int *bits)
{
    char *end;
    long n = strtol(text, &end, 10);
    if (end == text || *end || n < 0 || n > max)
        return false;
    *bits = (int)n;
    return true;
}

static bool parse_allowed(struct allowed *a, const char *item)
{
    char text[ENTRY_BYTES];
    snprintf(text, sizeof(text), "%s", item);
    char *slash = strchr(text, '/');
    if (slash)
        *slash++ = '\0';
    a->family = inet_pton(AF_INET, text, a->net) == 1    ? AF_INET
                : inet_pton(AF_INET6, text, a->net) == 1 ? AF_INET6
                                                         : 0;
    int max = a->family == AF_INET ? 32 : 128;
    a->bits = max;
    if (a->family)
        return !slash || parse_bits(slash, max, &a->bits);
    snprintf(a->host, sizeof(a->host), "%s", item);
    return mb_hostmatch_check(mb_str_c(item), NULL) == 0;
}

static bool parse_ports(struct port_range *range, const char *item)
{
    char *end;
    long from = strtol(item, &end, 10), to = from;
    if (end == item)
        return false;
    if (*end == '-')
        to = strtol(end + 1, &end, 10);
    *range = (struct port_range){(int)from, (int)to};
    return !*end && from >= 1 && to >= from && to <= 65535;
}

static int load_allowed(struct mb_egress *egress, const char *list, struct mb_err *err)
{
    char item[ENTRY_BYTES];
    egress->allowed = mb_zalloc(MAX_ENTRIES * sizeof(egress->allowed[0]));
    while (list && next_item(&list, item)) {
        if (egress->n_allowed == MAX_ENTRIES)
            return mb_err_set(err, MB_E_CONFIG, "more than %d entries of allowed addresses",
                              MAX_ENTRIES);
        if (!parse_allowed(&egress->allowed[egress->n_allowed++], item))
            return mb_err_set(err, MB_E_CONFIG,
                              "allowed address \"%s\" is no address, network or host", item);
    }
    return 0;
}

static int load_ports(struct mb_egress *egress, const char *list, struct mb_err *err)
{
    char item[ENTRY_BYTES];
    egress->ports = mb_zalloc(MAX_ENTRIES * sizeof(egress->ports[0]));
    while (list && next_item(&list, item)) {
        if (egress->n_ports == MAX_ENTRIES)
            return mb_err_set(err, MB_E_CONFIG, "more than %d port ranges", MAX_ENTRIES);
        if (!parse_ports(&egress->ports[egress->n_ports++], item))
            return mb_err_set(err, MB_E_CONFIG, "\"%s\" is no port or range of ports", item);
    }
    return 0;
}

struct mb_egress *mb_egress_new(const struct mb_egress_config *config, struct mb_err *err)
{
    struct mb_egress *egress = mb_zalloc(sizeof(*egress));
    if (load_allowed(egress, config->allow, err) < 0 ||
        load_ports(egress, config->ports, err) < 0) {
        mb_egress_free(egress);
        return NULL;
    }
    return egress;
}

void mb_egress_free(struct mb_egress *egress)
{
    if (!egress)
        return;
    free(egress->allowed);
    free(egress->ports);
    free(egress);
}

static bool net_matches(const struct allowed *a, int family, const uint8_t *bytes)
{
    if (a->family != family)
        return false;
    int whole = a->bits / 8, rest = a->bits % 8;
    if (memcmp(a->net, bytes, (size_t)whole) != 0)
        return false;
    return rest == 0 || (a->net[whole] ^ bytes[whole]) >> (8 - rest) == 0;
}

static bool is_allowed(const struct mb_egress *egress, const char *host, uint16_t port, int family,
                       const uint8_t *bytes)
{
    for (size_t i = 0; i < egress->n_allowed; i++) {
        const struct allowed *a = &egress->allowed[i];
        if (a->family ? net_matches(a, family, bytes)
                      : mb_hostmatch(mb_str_c(a->host), mb_str_c(host), port))
            return true;
    }
    return false;
}

int mb_egress_check_addr(const struct mb_egress *egress, const char *host,
                         const struct sockaddr *addr, struct mb_err *err)
{
    const char *kind = mb_egress_addr_kind(addr);
    if (!kind)
        return 0;
    uint8_t bytes[16] = {0};
    uint16_t port = 0; /* at the same place in both families */
    if (addr->sa_family == AF_INET)
        memcpy(bytes, (const char *)addr + offsetof(struct sockaddr_in, sin_addr), 4);
    else if (addr->sa_family == AF_INET6)
        memcpy(bytes, (const char *)addr + offsetof(struct sockaddr_in6, sin6_addr), 16);
    memcpy(&port, (const char *)addr + offsetof(struct sockaddr_in, sin_port), sizeof(port));
    if (is_allowed(egress, host, ntohs(port), addr->sa_family, bytes))
        return 0;
    char text[INET6_ADDRSTRLEN] = "?";
    if (addr->sa_family == AF_INET || addr->sa_family == AF_INET6)
        inet_ntop(addr->sa_family, bytes, text, sizeof(text));
    return mb_err_set(err, MB_E_EGRESS_DENIED, "\"%s\" may not be reached: its address %s is %s",
                      host, text, kind);
}

/* The URL's parts, and what only the judge wants to know. */
struct parts {
    struct mb_egress_target target;
    bool is_web; /* http or https */
    bool has_user;
};

static bool copy_host(CURLU *u, char host[MB_EGRESS_HOST])
{
    char *text = NULL;
    if (curl_url_get(u, CURLUPART_HOST, &text, 0) != CURLUE_OK)
        return false;
    size_t len = strlen(text), skip = text[0] == '[' ? 1 : 0;
    bool ok = len > 0 && len < MB_EGRESS_HOST;
    if (ok)
        snprintf(host, MB_EGRESS_HOST, "%.*s", (int)(len - 2 * skip), text + skip);
    curl_free(text);
    return ok;
}

static bool read_parts(CURLU *u, const char *url, struct parts *parts)
{
    unsigned flags = CURLU_NON_SUPPORT_SCHEME;
    if (curl_url_set(u, CURLUPART_URL, url, flags) != CURLUE_OK)
        return false;
    char *scheme = NULL, *port = NULL, *user = NULL;
    bool ok = copy_host(u, parts->target.host) &&
              curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK;
    if (ok) {
        parts->target.is_tls = strcasecmp(scheme, "https") == 0;
        parts->is_web = parts->target.is_tls || strcasecmp(scheme, "http") == 0;
        parts->has_user = curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_OK;
        if (curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK)
            parts->target.port = (int)strtol(port, NULL, 10);
    }
    curl_free(scheme);
    curl_free(port);
    curl_free(user);
    return ok;
}

static int parse(const char *url, struct parts *parts, struct mb_err *err)
{
    *parts = (struct parts){0};
    bool ok = false;
    if (strnlen(url, MB_EGRESS_URL) < MB_EGRESS_URL) {
        CURLU *u = curl_url();
        mb_assert(u);
        ok = read_parts(u, url, parts);
        curl_url_cleanup(u);
    }
    if (!ok)
        return mb_err_set(err, MB_E_INVALID_REQUEST, "the URL cannot be read");
    return 0;
}

int mb_egress_parse(const char *url, struct mb_egress_target *target, struct mb_err *err)
{
    struct parts parts;
    int rc = parse(url, &parts, err);
    if (rc == 0)
        *target = parts.target;
    return rc;
}

static bool port_allowed(const struct mb_egress *egress, int port)
{
    if (!egress->n_ports)
        return true;
    for (size_t i = 0; i < egress->n_ports; i++)
        if (port >= egress->ports[i].from && port <= egress->ports[i].to)
            return true;
    return false;
}

/* An address written into the URL is judged at once, without a socket. */
static int check_literal(const struct mb_egress *egress, const char *host, int port,
                         struct mb_err *err)
{
    in_port_t net_port = htons((uint16_t)port);
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = net_port};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = net_port};
    if (inet_pton(AF_INET, host, &in.sin_addr) == 1)
        return mb_egress_check_addr(egress, host, (struct sockaddr *)&in, err);
    if (inet_pton(AF_INET6, host, &in6.sin6_addr) == 1)
        return mb_egress_check_addr(egress, host, (struct sockaddr *)&in6, err);
    return 0;
}

int mb_egress_check_url(const struct mb_egress *egress, const char *url,
                        struct mb_egress_target *target, struct mb_err *err)
{
    struct parts parts;
    int rc = parse(url, &parts, err);
    if (rc < 0)
        return rc;
    const char *host = parts.target.host;
    if (!parts.is_web)
        return mb_err_set(err, MB_E_EGRESS_DENIED,
                          "\"%s\" may not be reached: only http and https are", host);
    if (parts.has_user)
        return mb_err_set(err, MB_E_EGRESS_DENIED, "the URL of \"%s\" has a user name in it", host);
    if (!port_allowed(egress, parts.target.port))
        return mb_err_set(err, MB_E_EGRESS_DENIED, "port %d of \"%s\" may not be reached",
                          parts.target.port, host);
    rc = check_literal(egress, host, parts.target.port, err);
    if (rc == 0 && target)
        *target = parts.target;
    return rc;
}
