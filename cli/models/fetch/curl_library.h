/* SPDX-License-Identifier: Apache-2.0
 *
 * Loads libcurl when something is to be fetched. Linked in the ordinary way, libcurl and the thirty libraries
 * that it needs would take more time at every start of the command than a small file takes to compress.
 *
 *     curl_library_open -> use the functions -> (the library stays loaded until the process ends)
 *
 * Only where TACIT_HAVE_CURL is defined.
 */
#ifndef TACIT_CLI_MODELS_FETCH_CURL_LIBRARY_H
#define TACIT_CLI_MODELS_FETCH_CURL_LIBRARY_H

#ifdef TACIT_HAVE_CURL

#include <curl/curl.h>

/* The functions that are used: each is a field without its "curl_". */
#define CURL_LIBRARY_FUNCTIONS(row)                                                                \
    row(easy_init) row(easy_setopt) row(easy_getinfo) row(easy_perform) row(easy_strerror)         \
        row(easy_cleanup) row(slist_append) row(slist_free_all)

struct curl_library {
#define CURL_LIBRARY_FIELD(name) __typeof__(curl_##name) *name;
    CURL_LIBRARY_FUNCTIONS(CURL_LIBRARY_FIELD)
#undef CURL_LIBRARY_FIELD
};

/* Returns NULL, or why the library cannot be used: text that stays. */
const char *curl_library_open(struct curl_library *library);

#endif

#endif
