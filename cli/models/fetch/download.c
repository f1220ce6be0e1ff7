/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/models/fetch/download.h"

#ifdef TACIT_HAVE_CURL

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/base/progress.h"
#include "cli/models/fetch/curl_library.h"
#include "tacit/model.h"

enum { ETAG_CAP = 256, TRIES_MAX = 4, WAIT_SECONDS = 1, STALL_SECONDS = 60 };

struct download {
    struct console *console;
    struct model_url *url;
    const char *part;
    struct curl_library library;
    CURL *curl;
    int fd;
    uint64_t n_there;    /* bytes of the file, in part */
    uint64_t n_total;    /* 0: not known */
    char etag[ETAG_CAP]; /* of the bytes in part; empty: none, nothing to go on with */
    /* of the response that is coming in */
    char new_etag[ETAG_CAP];
    uint64_t range_begin, range_total;
    bool has_range, has_begun;
    const char *refusal; /* why the command ended the transfer */
    struct progress progress;
};

static void etag_path(const struct download *d, char path[TACIT_MODEL_PATH_MAX + 8])
{
    snprintf(path, TACIT_MODEL_PATH_MAX + 8, "%s.etag", d->part);
}

static void load_etag(struct download *d)
{
    char path[TACIT_MODEL_PATH_MAX + 8];
    etag_path(d, path);
    FILE *f = fopen(path, "r");
    if (f && !fgets(d->etag, sizeof d->etag, f))
        d->etag[0] = '\0';
    if (f)
        fclose(f);
}

/* If this file cannot be written, a later run begins again from the start. */
static void save_etag(const struct download *d)
{
    char path[TACIT_MODEL_PATH_MAX + 8];
    etag_path(d, path);
    FILE *f = fopen(path, "w");
    if (!f)
        return;
    fputs(d->etag, f);
    if (fclose(f) != 0)
        remove(path);
}

/* The value of a header of that name, without blanks around it; NULL for another header. */
static const char *header_value(char *line, const char *name)
{
    size_t n = strlen(name);
    if (strncasecmp(line, name, n) != 0 || line[n] != ':')
        return NULL;
    line += n + 1;
    line += strspn(line, " \t");
    line[strcspn(line, "\r\n")] = '\0';
    return line;
}

/* "<64 digits>", as huggingface.co names files by their SHA-256. */
static void take_linked_etag(struct model_url *url, const char *value)
{
    value += *value == '"';
    if (url->sha256[0] == '\0' && strspn(value, "0123456789abcdef") == 64)
        snprintf(url->sha256, sizeof url->sha256, "%.64s", value);
}

/* "bytes BEGIN-END/TOTAL" */
static bool read_range(const char *text, uint64_t *begin, uint64_t *total)
{
    char *end;
    if (strncmp(text, "bytes ", 6) != 0 || text[6] < '0' || text[6] > '9')
        return false;
    *begin = strtoull(text + 6, &end, 10);
    if (*end != '-')
        return false;
    (void)strtoull(end + 1, &end, 10);
    if (*end != '/' || end[1] < '0' || end[1] > '9')
        return false;
    *total = strtoull(end + 1, &end, 10);
    return true;
}

static size_t take_header(char *data, size_t size, size_t n, void *context)
{
    struct download *d = context;
    char line[1024];
    const char *value;
    snprintf(line, sizeof line, "%.*s", (int)(n * size), data);
    if (strncmp(line, "HTTP/", 5) == 0) {
        d->new_etag[0] = '\0';
        d->has_range = false;
    } else if ((value = header_value(line, "etag")) != NULL && strlen(value) < ETAG_CAP &&
               value[0] == '"') /* a weak one does not mean equal bytes */
        snprintf(d->new_etag, sizeof d->new_etag, "%s", value);
    else if ((value = header_value(line, "x-linked-etag")) != NULL)
        take_linked_etag(d->url, value);
    else if ((value = header_value(line, "content-range")) != NULL)
        d->has_range = read_range(value, &d->range_begin, &d->range_total);
    return n * size;
}

/* Called before the first byte of an answer is taken: finds out whether the answer is the rest or
 * the whole file. */
static bool begin_body(struct download *d)
{
    long code = 0;
    curl_off_t length = -1;
    d->library.easy_getinfo(d->curl, CURLINFO_RESPONSE_CODE, &code);
    d->library.easy_getinfo(d->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    d->has_begun = true;
    if (code == 206) {
        d->refusal = "the server sends another part than the one asked for";
        if (!d->has_range || d->range_begin != d->n_there ||
            (d->n_total && d->range_total != d->n_total))
            return false;
        d->n_total = d->range_total;
    } else {
        d->refusal = "cannot begin the file anew";
        if (ftruncate(d->fd, 0) != 0 || lseek(d->fd, 0, SEEK_SET) != 0)
            return false;
        d->n_there = 0;
        d->n_total = length > 0 ? (uint64_t)length : 0;
        memcpy(d->etag, d->new_etag, sizeof d->etag);
        save_etag(d);
    }
    d->refusal = NULL;
    d->progress.n_total = d->n_total;
    return true;
}

static size_t take_body(char *data, size_t size, size_t n, void *context)
{
    struct download *d = context;
    size_t n_bytes = size * n, done = 0;
    if (!d->has_begun && !begin_body(d))
        return 0;
    while (done < n_bytes) {
        ssize_t written = write(d->fd, data + done, n_bytes - done);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            d->refusal = strerror(errno);
            return 0;
        }
        done += (size_t)written;
    }
    d->n_there += n_bytes;
    progress_update(&d->progress, d->n_there, 0);
    return n_bytes;
}

static void set_certificates(const struct download *d)
{
    const char *file = getenv("CURL_CA_BUNDLE");
    if (!file || !*file)
        file = getenv("SSL_CERT_FILE");
    if (file && *file)
        d->library.easy_setopt(d->curl, CURLOPT_CAINFO, file);
}

static void set_options(struct download *d)
{
    CURL *curl = d->curl;
    __typeof__(d->library.easy_setopt) set = d->library.easy_setopt;
    bool is_plain = strncmp(d->url->url, "http://", 7) == 0;
    set(curl, CURLOPT_URL, d->url->url);
    set(curl, CURLOPT_PROTOCOLS_STR, is_plain ? "http,https" : "https");
    set(curl, CURLOPT_REDIR_PROTOCOLS_STR, is_plain ? "http,https" : "https");
    set(curl, CURLOPT_FOLLOWLOCATION, 1L);
    set(curl, CURLOPT_MAXREDIRS, 10L);
    set(curl, CURLOPT_FAILONERROR, 1L);
    set(curl, CURLOPT_NOSIGNAL, 1L);
    set(curl, CURLOPT_CONNECTTIMEOUT, (long)STALL_SECONDS);
    set(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(curl, CURLOPT_LOW_SPEED_TIME, (long)STALL_SECONDS);
    set(curl, CURLOPT_USERAGENT, "tacit");
    set(curl, CURLOPT_HEADERFUNCTION, take_header);
    set(curl, CURLOPT_HEADERDATA, d);
    set(curl, CURLOPT_WRITEFUNCTION, take_body);
    set(curl, CURLOPT_WRITEDATA, d);
    if (d->url->token) {
        set(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
        set(curl, CURLOPT_XOAUTH2_BEARER, d->url->token);
    }
    set_certificates(d);
}

/* Makes one request: for the rest, if the bytes so far are known to be a part of the same file. */
static CURLcode request(struct download *d)
{
    char condition[ETAG_CAP + 16], range[32];
    struct curl_slist *headers = NULL;
    if (d->etag[0] == '\0')
        d->n_there = 0; /* the answer with the whole file truncates it */
    if (d->n_there > 0) {
        snprintf(condition, sizeof condition, "If-Range: %s", d->etag);
        headers = d->library.slist_append(NULL, condition);
    }
    /* not CURLOPT_RESUME_FROM, which would refuse an answer with the whole file, and that comes if
     * the file is another by now */
    snprintf(range, sizeof range, "%" PRIu64 "-", d->n_there);
    d->library.easy_setopt(d->curl, CURLOPT_RANGE, d->n_there > 0 ? range : NULL);
    d->library.easy_setopt(d->curl, CURLOPT_HTTPHEADER, headers);
    d->has_begun = false;
    d->refusal = NULL;
    CURLcode result = d->library.easy_perform(d->curl);
    d->library.easy_setopt(d->curl, CURLOPT_HTTPHEADER, NULL);
    d->library.slist_free_all(headers);
    return result;
}

/* Says why, and what to do. */
static enum exit_code fail(struct download *d, CURLcode result)
{
    long code = 0;
    d->library.easy_getinfo(d->curl, CURLINFO_RESPONSE_CODE, &code);
    if (d->refusal)
        console_error(d->console, d->url->name, "%s", d->refusal);
    else if (result == CURLE_HTTP_RETURNED_ERROR && (code == 401 || code == 403))
        console_error(
            d->console, d->url->name,
            "the server wants to know who asks (HTTP %ld): accept the model's terms there "
            "and set HF_TOKEN",
            code);
    else if (result == CURLE_HTTP_RETURNED_ERROR)
        console_error(d->console, d->url->name, "the server answers with HTTP %ld to %s", code,
                      d->url->url);
    else
        console_error(d->console, d->url->name, "%s, after %" PRIu64 " bytes%s",
                      d->library.easy_strerror(result), d->n_there,
                      d->etag[0] ? "; the same command goes on from there" : "");
    return EXIT_CODE_FAILED;
}

/* Repeats requests until the file is whole; gives up after some that brought no bytes. */
static enum exit_code run(struct download *d)
{
    for (int n_vain = 0;;) {
        uint64_t before = d->n_there;
        long code = 0;
        CURLcode result = request(d);
        bool is_whole = d->n_total == 0 || d->n_there == d->n_total;
        if (result == CURLE_OK && d->has_begun && is_whole)
            return EXIT_CODE_OK;
        d->library.easy_getinfo(d->curl, CURLINFO_RESPONSE_CODE, &code);
        if (result == CURLE_OK && !d->has_begun)
            d->refusal = "the server sends an empty file";
        bool is_final = d->refusal || (result == CURLE_HTTP_RETURNED_ERROR && code < 500) ||
                        result == CURLE_URL_MALFORMAT || result == CURLE_UNSUPPORTED_PROTOCOL ||
                        result == CURLE_PEER_FAILED_VERIFICATION;
        if (code == 416 && d->etag[0]) { /* longer than the file: a part of another file */
            d->etag[0] = '\0';
            is_final = false;
        }
        n_vain = d->n_there > before ? 0 : n_vain + 1;
        if (is_final || n_vain >= TRIES_MAX)
            return fail(d, result);
        console_note(d->console, d->url->name, "interrupted at %" PRIu64 " bytes; going on",
                     d->n_there);
        sleep(n_vain ? WAIT_SECONDS : 0);
    }
}

/* Locks the file: two runs would mix their bytes. */
static enum exit_code open_part(struct download *d)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    d->fd = open(d->part, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    off_t end = d->fd < 0 ? -1 : lseek(d->fd, 0, SEEK_END);
    if (end < 0) {
        console_error(d->console, d->part, "%s", strerror(errno));
        return EXIT_CODE_FAILED;
    }
    if (fcntl(d->fd, F_SETLK, &lock) != 0) {
        console_error(d->console, d->part, "another process is fetching this file");
        return EXIT_CODE_FAILED;
    }
    d->n_there = (uint64_t)end;
    return EXIT_CODE_OK;
}

/* Removes a part that no later run can continue. */
static void remove_useless(const struct download *d)
{
    char path[TACIT_MODEL_PATH_MAX + 8];
    etag_path(d, path);
    if (d->n_there > 0 && d->etag[0])
        return;
    remove(path);
    remove(d->part);
}

static enum exit_code finish(struct download *d)
{
    char path[TACIT_MODEL_PATH_MAX + 8];
    etag_path(d, path);
    remove(path);
    if (fsync(d->fd) == 0)
        return EXIT_CODE_OK;
    console_error(d->console, d->part, "%s", strerror(errno));
    return EXIT_CODE_FAILED;
}

static enum exit_code load_library(struct download *d)
{
    const char *reason = curl_library_open(&d->library);
    if (reason) {
        console_error(d->console, d->url->name,
                      "nothing is fetched by address without libcurl, which cannot be loaded: %s",
                      reason);
        return EXIT_CODE_UNSUPPORTED;
    }
    d->curl = d->library.easy_init();
    return d->curl ? EXIT_CODE_OK : EXIT_CODE_RESOURCES;
}

enum exit_code download(struct console *console, struct model_url *url, const char *part)
{
    struct download d = {.console = console, .url = url, .part = part, .fd = -1};
    enum exit_code code = load_library(&d);
    if (code != EXIT_CODE_OK)
        return code;
    code = open_part(&d);
    if (code == EXIT_CODE_OK) {
        load_etag(&d);
        set_options(&d);
        progress_start(&d.progress, console, url->name, 0, false, false);
        code = run(&d);
        progress_end(&d.progress);
        if (code != EXIT_CODE_OK)
            remove_useless(&d);
    }
    if (code == EXIT_CODE_OK)
        code = finish(&d);
    d.library.easy_cleanup(d.curl);
    if (d.fd >= 0)
        close(d.fd);
    return code;
}

#else

enum exit_code download(struct console *console, struct model_url *url, const char *part)
{
    (void)part;
    console_error(
        console, url->name,
        "this tacit was built without libcurl and fetches nothing by address: get %s by another "
        "program, then 'tacit model import FILE'",
        url->url);
    return EXIT_CODE_UNSUPPORTED;
}

#endif
