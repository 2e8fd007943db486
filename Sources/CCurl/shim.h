// What Swift cannot say about libcurl: variadic setters and getters, one function per value type,
// and two structs that are only honest in C. Header only, so the target stays a system library.
#ifndef COPYHOOK_CURL_SHIM_H
#define COPYHOOK_CURL_SHIM_H

#include <curl/curl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static inline CURLcode copyhook_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode copyhook_set_size(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}

// libcurl copies every string but the one of CURLOPT_POSTFIELDS, which we never set.
static inline CURLcode copyhook_set_string(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode copyhook_set_pointer(CURL *easy, CURLoption option, const void *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode copyhook_set_list(
    CURL *easy, CURLoption option, struct curl_slist *value
) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode copyhook_set_on_body(
    CURL *easy, curl_write_callback function, void *context
) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, function);
    return code ? code : curl_easy_setopt(easy, CURLOPT_WRITEDATA, context);
}

static inline CURLcode copyhook_set_on_header(
    CURL *easy, curl_write_callback function, void *context
) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, function);
    return code ? code : curl_easy_setopt(easy, CURLOPT_HEADERDATA, context);
}

static inline CURLcode copyhook_set_on_socket(
    CURL *easy, curl_opensocket_callback function, void *context
) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, function);
    return code ? code : curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, context);
}

static inline CURLcode copyhook_set_on_request(
    CURL *easy, curl_prereq_callback function, void *context
) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, function);
    return code ? code : curl_easy_setopt(easy, CURLOPT_PREREQDATA, context);
}

static inline CURLMcode copyhook_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

// A share handle under which easy handles keep their connections apart from all others; NULL when
// memory has run out. `CURLSH` is `void` in the headers of libcurl.
static inline void *copyhook_share_connections(void) {
    CURLSH *share = curl_share_init();
    if (!share) return NULL;
    if (curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT) == CURLSHE_OK) {
        return share;
    }
    curl_share_cleanup(share);
    return NULL;
}

// Closes its connections. No easy handle may use it any more.
static inline void copyhook_share_free(void *share) {
    curl_share_cleanup(share);
}

// 0 where libcurl does not know.
static inline long copyhook_get_long(CURL *easy, CURLINFO info) {
    long value = 0;
    return curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : 0;
}

// Microseconds; 0 where the phase was not reached.
static inline curl_off_t copyhook_get_time(CURL *easy, CURLINFO info) {
    curl_off_t value = 0;
    return curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : 0;
}

static inline void *copyhook_get_private(CURL *easy) {
    char *value = NULL;
    return curl_easy_getinfo(easy, CURLINFO_PRIVATE, &value) == CURLE_OK ? value : NULL;
}

// CURLMsg.data is a union. Only meaningful for CURLMSG_DONE, the one message there is.
static inline CURLcode copyhook_message_result(const CURLMsg *message) {
    return message->data.result;
}

// Copies the address that libcurl is about to connect to into `bytes`, in network order, and its
// port in host order. Returns how many bytes it has: 4, 16, or 0 for a family that is neither.
//
// `addr` is declared as the short `struct sockaddr`, but libcurl keeps a longer one there, which
// is why this is done by memcpy and in C.
static inline size_t copyhook_socket_address(
    const struct curl_sockaddr *address, unsigned char bytes[16], unsigned short *port
) {
    if (address->family == AF_INET && address->addrlen >= sizeof(struct sockaddr_in)) {
        struct sockaddr_in v4;
        memcpy(&v4, &address->addr, sizeof v4);
        memcpy(bytes, &v4.sin_addr, 4);
        *port = ntohs(v4.sin_port);
        return 4;
    }
    if (address->family == AF_INET6 && address->addrlen >= sizeof(struct sockaddr_in6)) {
        struct sockaddr_in6 v6;
        memcpy(&v6, &address->addr, sizeof v6);
        memcpy(bytes, &v6.sin6_addr, 16);
        *port = ntohs(v6.sin6_port);
        return 16;
    }
    return 0;
}

#endif
