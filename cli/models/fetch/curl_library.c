/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/models/fetch/curl_library.h"

#ifdef TACIT_HAVE_CURL

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

/* By the name of the interface that the headers describe; then what Debian calls the same interface over another
 * library for encryption. */
static const char *const names[] = {
#ifdef __APPLE__
    "libcurl.4.dylib",
#else
    "libcurl.so.4",
    "libcurl-gnutls.so.4",
#endif
};

static const struct {
    const char *name;
    size_t at; /* in struct curl_library */
} functions[] = {
#define FUNCTION_ROW(name) {"curl_" #name, offsetof(struct curl_library, name)},
    CURL_LIBRARY_FUNCTIONS(FUNCTION_ROW)
#undef FUNCTION_ROW
};

const char *curl_library_open(struct curl_library *library)
{
    const char *reason = NULL;
    void *handle = NULL;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && !handle; i++) {
        handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
        if (!handle && !reason)
            reason = dlerror();
    }
    if (!handle)
        return reason;
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        void *function = dlsym(handle, functions[i].name);
        if (!function)
            return dlerror();
        memcpy((char *)library + functions[i].at, &function, sizeof function);
    }
    return NULL;
}

#endif
