#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/server.h"

static int refuse(struct mb_err *err, int fd, const char *address, int port, const char *what)
{
    int error = errno;
    if (fd >= 0)
        close(fd);
    return mb_err_set(err, MB_E_IO, "%s \"%s\" port %d: %s", what, address, port, strerror(error));
}

static int port_of(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } addr = {0};
    socklen_t len = sizeof(addr);
    if (getsockname(fd, &addr.any, &len) != 0)
        return 0;
    return ntohs(addr.any.sa_family == AF_INET6 ? addr.v6.sin6_port : addr.v4.sin_port);
}

int mb_listen(const char *address, int *port, int backlog, bool share_port, int *fd,
              struct mb_err *err)
{
    char service[16];
    struct addrinfo *found, want = {
                                .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV,
                                .ai_socktype = SOCK_STREAM,
                            };
    snprintf(service, sizeof(service), "%d", *port);
    int rc = getaddrinfo(address, service, &want, &found);
    if (rc != 0)
        return mb_err_set(err, MB_E_CONFIG, "the address \"%s\": %s", address, gai_strerror(rc));
    struct sockaddr_storage addr;
    socklen_t len = found->ai_addrlen;
    int family = found->ai_family, on = 1;
    memcpy(&addr, found->ai_addr, len);
    freeaddrinfo(found);
    int sock = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (sock < 0)
        return refuse(err, sock, address, *port, "a socket for");
    setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (share_port && setsockopt(sock, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0)
        return refuse(err, sock, address, *port, "sharing the port of");
    if (bind(sock, (struct sockaddr *)&addr, len) != 0 || listen(sock, backlog) != 0)
        return refuse(err, sock, address, *port, "listening at");
    *port = port_of(sock);
    *fd = sock;
    return 0;
}
