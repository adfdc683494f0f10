/* Routes of the plain-text path: which URLs it takes, and where their servers are. A literal
 * address is a route by itself. A name is not resolved here: curl carries the first call, and where
 * it went is where the next ones go for a minute; then one call goes by curl again. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/ascii.h"
#include "io/fetch_private.h"

static const int64_t FRESH_US = 60 * 1000000LL; /* as long as curl itself keeps a name */

/* URLs. */

static bool is_host_char(char c)
{
    return mb_is_letter(c) || mb_is_digit(c) || c == '.' || c == '-' || c == '_';
}

/* A name whose last label begins with a digit may be an address in one of its odd spellings, which
 * curl would rewrite. */
static bool is_plain_name(struct mb_str host)
{
    size_t label = 0;
    for (size_t i = 0; i < host.len; i++) {
        if (!is_host_char(host.ptr[i]))
            return false;
        if (host.ptr[i] == '.')
            label = i + 1;
    }
    return label < host.len && !mb_is_digit(host.ptr[label]);
}

static bool read_literal(const struct fetch_place *place, struct fetch_route *route)
{
    char text[INET6_ADDRSTRLEN];
    if (place->host.len >= sizeof(text))
        return false;
    memcpy(text, place->host.ptr, place->host.len);
    text[place->host.len] = '\0';
    memset(&route->addr, 0, sizeof(route->addr));
    if (inet_pton(AF_INET, text, &route->addr.v4.sin_addr) == 1) {
        route->addr.v4.sin_family = AF_INET;
        route->addr.v4.sin_port = htons(place->port);
        route->addr_len = sizeof(route->addr.v4);
        return !place->is_ipv6;
    }
    if (inet_pton(AF_INET6, text, &route->addr.v6.sin6_addr) != 1 ||
        IN6_IS_ADDR_LINKLOCAL(&route->addr.v6.sin6_addr)) /* needs a zone */
        return false;
    route->addr.v6.sin6_family = AF_INET6;
    route->addr.v6.sin6_port = htons(place->port);
    route->addr_len = sizeof(route->addr.v6);
    return true;
}

static bool is_same_host(const struct fetch_route *a, const struct fetch_route *b)
{
    if (a->addr.any.sa_family != b->addr.any.sa_family)
        return false;
    if (a->addr.any.sa_family == AF_INET)
        return a->addr.v4.sin_addr.s_addr == b->addr.v4.sin_addr.s_addr;
    return IN6_ARE_ADDR_EQUAL(&a->addr.v6.sin6_addr, &b->addr.v6.sin6_addr);
}

static bool read_port(struct mb_str s, struct fetch_place *place)
{
    unsigned port = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (!mb_is_digit(s.ptr[i]) || s.len > 5)
            return false;
        port = port * 10 + (unsigned)(s.ptr[i] - '0');
    }
    place->port = (uint16_t)port;
    return port > 0 && port <= 65535 && s.ptr[0] != '0';
}

static bool read_authority(struct fetch_place *place)
{
    struct mb_str s = place->authority;
    place->is_ipv6 = s.len && s.ptr[0] == '[';
    const char *end = place->is_ipv6 ? memchr(s.ptr, ']', s.len) : memchr(s.ptr, ':', s.len);
    if (place->is_ipv6 && !end)
        return false;
    size_t host_len = end ? (size_t)(end - s.ptr) : s.len;
    place->host = MB_STR_OF(s.ptr, host_len);
    if (place->is_ipv6) {
        place->host = MB_STR_OF(s.ptr + 1, host_len - 1);
        host_len++;
    }
    place->port = 80;
    if (host_len < s.len &&
        (s.ptr[host_len] != ':' ||
         !read_port(MB_STR_OF(s.ptr + host_len + 1, s.len - host_len - 1), place)))
        return false;
    if (place->port == 80)
        place->authority.len = host_len;
    return place->host.len > 0 && place->host.len < MB_EGRESS_HOST;
}

/* Nothing that curl would escape, cut off or fold. */
static bool is_plain_target(struct mb_str s)
{
    static const bool odd[256] = {
        [0 ... ' '] = true, ['"'] = true,  ['#'] = true, ['<'] = true,
        ['>'] = true,       ['\\'] = true, ['^'] = true, ['`'] = true,
        ['{'] = true,       ['|'] = true,  ['}'] = true, [127 ... 255] = true,
    };
    for (size_t i = 0; i < s.len; i++)
        if (odd[(unsigned char)s.ptr[i]] ||
            (s.ptr[i] == '/' && i + 1 < s.len && s.ptr[i + 1] == '.'))
            return false;
    return true;
}

bool mb_fetch_place_read(const char *url, struct fetch_place *place)
{
    if (strncasecmp(url, "http://", 7) != 0)
        return false;
    url += 7;
    place->authority = MB_STR_OF(url, strcspn(url, "/?#"));
    place->target = mb_str_c(url + place->authority.len);
    return read_authority(place) && is_plain_target(place->target);
}

/* The table. */

static struct fetch_route *lookup(struct mb_fetch *fetch, struct mb_str authority)
{
    MB_LIST_EACH(it, next, &fetch->direct.routes)
    {
        struct fetch_route *route = MB_LIST_ENTRY(it, struct fetch_route, node);
        if (route->len == authority.len &&
            memcmp(route->authority, authority.ptr, authority.len) == 0)
            return route;
    }
    return NULL;
}

static void free_route(struct mb_fetch *fetch, struct fetch_route *route)
{
    mb_fetch_conns_close_idle(route);
    mb_list_remove(&route->node);
    fetch->direct.n_routes--;
    free(route);
}

/* Makes room by dropping the one that was not used for longest; false when all are in use. */
static bool make_room(struct mb_fetch *fetch)
{
    if (fetch->direct.n_routes < MAX_ROUTES)
        return true;
    struct mb_list *head = &fetch->direct.routes;
    for (struct mb_list *it = head->prev; it != head; it = it->prev) {
        struct fetch_route *route = MB_LIST_ENTRY(it, struct fetch_route, node);
        if (route->n_busy == 0) {
            free_route(fetch, route);
            return true;
        }
    }
    return false;
}

static struct fetch_route *add(struct mb_fetch *fetch, struct mb_str authority)
{
    if (!make_room(fetch))
        return NULL;
    struct fetch_route *route = mb_zalloc(sizeof(*route) + authority.len);
    mb_list_init(&route->idle);
    memcpy(route->authority, authority.ptr, authority.len);
    route->len = authority.len;
    mb_list_push_front(&fetch->direct.routes, &route->node);
    fetch->direct.n_routes++;
    return route;
}

static struct fetch_route *find_or_add_literal(struct mb_fetch *fetch,
                                               const struct fetch_place *place)
{
    struct fetch_route *route = lookup(fetch, place->authority);
    struct fetch_route literal;
    if (route || fetch->pins || !read_literal(place, &literal)) /* a pin may be for this very one */
        return route;
    route = add(fetch, place->authority);
    if (route) {
        route->addr = literal.addr;
        route->addr_len = literal.addr_len;
        route->is_known = route->is_literal = true;
    }
    return route;
}

struct fetch_route *mb_fetch_route_find(struct mb_fetch *fetch, const struct fetch_place *place)
{
    struct fetch_route *route = find_or_add_literal(fetch, place);
    if (!route || (!route->is_known && !route->is_literal))
        return NULL;
    if (!route->is_literal && fetch->loop->now_us >= route->fresh_until_us) {
        route->fresh_until_us = fetch->loop->now_us + FRESH_US; /* this call asks for all */
        return NULL;
    }
    mb_list_remove(&route->node);
    mb_list_push_front(&fetch->direct.routes, &route->node);
    return route;
}

void mb_fetch_route_learn(const struct mb_fetch_call *call, const char *ip)
{
    struct fetch_place place, reached;
    struct fetch_route found;
    if (!mb_fetch_place_read(call->url, &place) || !ip)
        return;
    struct fetch_route *route = lookup(call->fetch, place.authority);
    if ((route && route->is_literal) ||
        (!is_plain_name(place.host) && !read_literal(&place, &found)))
        return;
    reached = place;
    reached.host = mb_str_c(ip);
    reached.is_ipv6 = strchr(ip, ':') != NULL;
    if (!read_literal(&reached, &found) || (!route && !(route = add(call->fetch, place.authority))))
        return;
    if (route->is_known && !is_same_host(route, &found))
        mb_fetch_route_forget(route);
    route->addr = found.addr;
    route->addr_len = found.addr_len;
    route->is_known = true;
    route->fresh_until_us = call->fetch->loop->now_us + FRESH_US;
}

void mb_fetch_route_forget(struct fetch_route *route)
{
    route->is_known = false;
    route->generation++;
    mb_fetch_conns_close_idle(route);
}

void mb_fetch_route_unlearn(const struct mb_fetch_call *call)
{
    struct fetch_place place;
    struct fetch_route *route =
        mb_fetch_place_read(call->url, &place) ? lookup(call->fetch, place.authority) : NULL;
    if (route && !route->is_literal)
        mb_fetch_route_forget(route);
}

void mb_fetch_routes_free(struct mb_fetch *fetch)
{
    MB_LIST_EACH(it, next, &fetch->direct.routes)
    free_route(fetch, MB_LIST_ENTRY(it, struct fetch_route, node));
}
