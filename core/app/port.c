#include "app/port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int bind_shared(int fd, const struct addrinfo *where)
{
    int on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0 ||
        bind(fd, where->ai_addr, where->ai_addrlen) != 0)
        return -errno;
    return 0;
}

static int bound_port(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {.v6 = {0}};
    socklen_t len = sizeof(address);
    if (getsockname(fd, &address.any, &len) != 0)
        return 0;
    return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

int mb_port_hold(const char *address, int *port, int *fd, struct mb_err *err)
{
    char service[16];
    struct addrinfo *where = NULL;
    const struct addrinfo hints = {.ai_family = AF_UNSPEC,
                                   .ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
    snprintf(service, sizeof(service), "%d", *port);
    int rc = getaddrinfo(address, service, &hints, &where);
    if (rc)
        return mb_err_set(err, MB_E_CONFIG, "'%s' is no address to listen at: %s", address,
                          gai_strerror(rc));
    int sock = socket(where->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    rc = sock < 0 ? -errno : bind_shared(sock, where);
    freeaddrinfo(where);
    if (rc) {
        mb_close(&sock);
        return mb_err_set(err, MB_E_IO, "cannot listen at %s, port %s: %s", address, service,
                          strerror(-rc));
    }
    *port = bound_port(sock);
    *fd = sock;
    return 0;
}
