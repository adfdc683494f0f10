/* Trusted roots, read once and shared by all connections: left to itself, curl reads and keeps a
 * copy per multi handle, which is a megabyte each. */
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "io/fetch_private.h"

static X509_STORE *read_roots(const char *ca_file)
{
    X509_STORE *roots = X509_STORE_new();
    mb_assert(roots);
    int ok = ca_file ? X509_STORE_load_file(roots, ca_file) : X509_STORE_set_default_paths(roots);
    if (ok == 1)
        return roots;
    X509_STORE_free(roots);
    return NULL;
}

static CURLcode on_ssl_ctx(CURL *curl, void *ssl_ctx, void *arg)
{
    struct mb_fetch *fetch = arg;
    (void)curl;
    if (!fetch->roots)
        fetch->roots = read_roots(fetch->ca_file);
    if (!fetch->roots)
        return CURLE_SSL_CACERT_BADFILE;
    SSL_CTX_set1_cert_store(ssl_ctx, fetch->roots);
    return CURLE_OK;
}

void mb_fetch_tls_set(struct mb_fetch *fetch, CURL *curl)
{
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_CAINFO, NULL);
    curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(curl, CURLOPT_SSL_CTX_FUNCTION, on_ssl_ctx);
    curl_easy_setopt(curl, CURLOPT_SSL_CTX_DATA, fetch);
}

void mb_fetch_tls_free(struct mb_fetch *fetch)
{
    X509_STORE_free(fetch->roots);
}
