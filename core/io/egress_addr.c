/* Which addresses are public. The ranges are IANA's special-purpose registries for IPv4 and IPv6
 * (RFC 6890 and what was added since); what is not plainly global unicast is refused. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "io/egress.h"

struct range4 {
    uint32_t net;
    int bits;
    const char *kind;
};

#define NET(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

static const struct range4 special4[] = {
    {NET(0, 0, 0, 0), 8, "unspecified"},
    {NET(10, 0, 0, 0), 8, "private"},
    {NET(100, 64, 0, 0), 10, "carrier-grade NAT"},
    {NET(127, 0, 0, 0), 8, "loopback"},
    {NET(169, 254, 0, 0), 16, "link-local"}, /* and the metadata services */
    {NET(172, 16, 0, 0), 12, "private"},
    {NET(192, 0, 0, 0), 24, "reserved"},
    {NET(192, 0, 2, 0), 24, "documentation"},
    {NET(192, 88, 99, 0), 24, "6to4 relay"},
    {NET(192, 168, 0, 0), 16, "private"},
    {NET(198, 18, 0, 0), 15, "benchmarking"},
    {NET(198, 51, 100, 0), 24, "documentation"},
    {NET(203, 0, 113, 0), 24, "documentation"},
    {NET(224, 0, 0, 0), 4, "multicast"},
    {NET(255, 255, 255, 255), 32, "broadcast"},
    {NET(240, 0, 0, 0), 4, "reserved"},
};

static const char *kind4(uint32_t addr)
{
    for (size_t i = 0; i < MB_LEN(special4); i++)
        if ((addr ^ special4[i].net) >> (32 - special4[i].bits) == 0)
            return special4[i].kind;
    return NULL;
}

struct range6 {
    uint8_t net[16];
    int bits;
    const char *kind;
};

/* Inside 2000::/3, which is all that is global unicast. */
static const struct range6 special6[] = {
    {{0x20, 0x01}, 32, "Teredo"},
    {{0x20, 0x01, 0x0d, 0xb8}, 32, "documentation"},
    {{0x20, 0x01}, 23, "reserved"},
    {{0x3f, 0xff}, 20, "documentation"},
};

static bool has_prefix(const uint8_t *addr, const uint8_t *net, int bits)
{
    int bytes = bits / 8, rest = bits % 8;
    if (memcmp(addr, net, (size_t)bytes) != 0)
        return false;
    return rest == 0 || (addr[bytes] ^ net[bytes]) >> (8 - rest) == 0;
}

static uint32_t embedded4(const uint8_t *at)
{
    return NET(at[0], at[1], at[2], at[3]);
}

static const char *kind6_outside(const uint8_t *a)
{
    static const uint8_t zero[16] = {0};
    static const uint8_t loopback[16] = {[15] = 1};
    static const uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff};
    static const uint8_t nat64[16] = {0x00, 0x64, 0xff, 0x9b};
    if (memcmp(a, zero, 16) == 0)
        return "unspecified";
    if (memcmp(a, loopback, 16) == 0)
        return "loopback";
    if (has_prefix(a, mapped, 96) || has_prefix(a, nat64, 96))
        return kind4(embedded4(a + 12));
    if (a[0] == 0xff)
        return "multicast";
    if ((a[0] & 0xfe) == 0xfc)
        return "private"; /* unique local, with fd00:ec2::254 */
    if (a[0] == 0xfe && (a[1] & 0xc0) == 0x80)
        return "link-local";
    if (a[0] == 0xfe && (a[1] & 0xc0) == 0xc0)
        return "site-local";
    return "reserved";
}

static const char *kind6(const uint8_t *a)
{
    if ((a[0] & 0xe0) != 0x20)
        return kind6_outside(a);
    if (a[0] == 0x20 && a[1] == 0x02) /* 6to4 */
        return kind4(embedded4(a + 2));
    for (size_t i = 0; i < MB_LEN(special6); i++)
        if (has_prefix(a, special6[i].net, special6[i].bits))
            return special6[i].kind;
    return NULL;
}

const char *mb_egress_addr_kind(const struct sockaddr *addr)
{
    if (addr->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, addr, sizeof(in));
        return kind4(ntohl(in.sin_addr.s_addr));
    }
    if (addr->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, addr, sizeof(in6));
        return kind6(in6.sin6_addr.s6_addr);
    }
    return "of an unknown family";
}
