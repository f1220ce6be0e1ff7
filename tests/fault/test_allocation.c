/* SPDX-License-Identifier: Apache-2.0
 *
 * Every way to use the library, with each of its allocations failing in turn: the call says so or
 * does without, and everything is given back.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "tacit/tacit.h"
#include "unit/samples.h"

enum { N_CONTENT = 5000, BLOCK = 2048 };

static uint8_t content[N_CONTENT], archive[2 * N_CONTENT], restored[N_CONTENT];
static size_t n_archive;

static atomic_long n_calls, fail_at, n_live;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t n);
void *__real_aligned_alloc(size_t alignment, size_t n);
void __real_free(void *p);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t n);
void *__wrap_aligned_alloc(size_t alignment, size_t n);
void __wrap_free(void *p);

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *argument);

static int n_threads_left;

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *argument)
{
    if (n_threads_left-- <= 0)
        return EAGAIN;
    return __real_pthread_create(thread, attributes, start, argument);
}

static bool fails(void)
{
    return atomic_fetch_add(&n_calls, 1) + 1 == atomic_load(&fail_at);
}

static void *count(void *p)
{
    if (p)
        atomic_fetch_add(&n_live, 1);
    return p;
}

void *__wrap_malloc(size_t n)
{
    return fails() ? NULL : count(__real_malloc(n));
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : count(__real_calloc(n, size));
}

void *__wrap_aligned_alloc(size_t alignment, size_t n)
{
    return fails() ? NULL : count(__real_aligned_alloc(alignment, n));
}

void *__wrap_realloc(void *old, size_t n)
{
    if (fails())
        return NULL;
    return old ? __real_realloc(old, n) : count(__real_realloc(old, n));
}

void __wrap_free(void *p)
{
    if (p)
        atomic_fetch_sub(&n_live, 1);
    __real_free(p);
}

static enum tacit_status read_at(void *context, uint64_t offset, void *data, size_t n_bytes)
{
    (void)context;
    memcpy(data, archive + offset, n_bytes);
    return TACIT_OK;
}

static enum tacit_status compress(const struct tacit_options *options)
{
    return tacit_buffer_compress(content, N_CONTENT, archive, sizeof archive, &n_archive, options);
}

static enum tacit_status decompress(const struct tacit_options *options)
{
    size_t n;
    enum tacit_status status =
        tacit_buffer_decompress(archive, n_archive, restored, N_CONTENT, &n, options);
    CHECK(status != TACIT_OK || (n == N_CONTENT && memcmp(content, restored, n) == 0));
    return status;
}

static enum tacit_status read_range(const struct tacit_options *options)
{
    struct tacit_archive *reader;
    struct tacit_source source = {NULL, n_archive, read_at};
    enum tacit_status status = tacit_archive_open(&reader, &source, options);
    if (status == TACIT_OK)
        status = tacit_archive_read(reader, 1000, restored, 3000);
    CHECK(status != TACIT_OK || memcmp(content + 1000, restored, 3000) == 0);
    tacit_archive_close(reader);
    return status;
}

static int take(void *context, enum tacit_recovered what, uint64_t offset, const void *data,
                uint64_t n)
{
    (void)context;
    (void)what;
    CHECK(data && memcmp(content + offset, data, n) == 0);
    return 0;
}

static enum tacit_status recover(const struct tacit_options *options)
{
    struct tacit_source source = {NULL, n_archive, read_at};
    return tacit_archive_recover(&source, options, take, NULL);
}

static void check_each(const char *what, enum tacit_status (*run)(const struct tacit_options *),
                       const struct tacit_options *options)
{
    bool failed = true;
    for (long i = 1; failed; i++) {
        atomic_store(&n_calls, 0);
        atomic_store(&fail_at, i);
        enum tacit_status status = run(options);
        failed = atomic_load(&n_calls) >= i;
        atomic_store(&fail_at, 0);
        CHECK_MSG(atomic_load(&n_live) == 0, "%s, call %ld: leak", what, i);
        CHECK_MSG(status == TACIT_OK || (failed && status == TACIT_ERR_MEMORY), "%s, call %ld: %s",
                  what, i, tacit_status_name(status));
    }
}

/* With fewer threads than wanted, or none, all goes on and gives the same bytes. */
static void check_few_threads(void)
{
    static uint8_t wanted[sizeof archive];
    struct tacit_options options;
    tacit_options_init(&options);
    options.level = 2;
    options.n_threads = 3;
    options.block_size = BLOCK;
    for (int n = 3; n >= 0; n--) {
        n_threads_left = n;
        CHECK(compress(&options) == TACIT_OK);
        if (n == 3)
            memcpy(wanted, archive, n_archive);
        CHECK(memcmp(wanted, archive, n_archive) == 0);
        n_threads_left = n;
        CHECK(decompress(&options) == TACIT_OK);
        CHECK(atomic_load(&n_live) == 0);
    }
}

/* The linked-in model, which stays open. */
static enum tacit_status open_linked(const struct tacit_options *options)
{
    (void)options;
    const struct tacit_model *linked;
    enum tacit_status status = tacit_model_default(&linked);
    if (status == TACIT_OK)
        atomic_store(&n_live, 0);
    return status == TACIT_ERR_MODEL_MISSING ? TACIT_OK : status;
}

int main(void)
{
    sample_fill(content, N_CONTENT, SAMPLE_TEXT, 1);
    check_each("open", open_linked, NULL);
    for (unsigned n_threads = 1; n_threads <= 2; n_threads++) {
        for (int level = 1; level <= (n_threads == 1 ? 2 : 6); level += level == 1 ? 1 : 4) {
            struct tacit_options options;
            tacit_options_init(&options);
            options.level = level;
            options.n_threads = n_threads;
            options.block_size = BLOCK;
            n_threads_left = 1 << 20;
            check_each("compress", compress, &options);
            check_each("decompress", decompress, &options);
            check_each("read", read_range, &options);
            check_each("recover", recover, &options);
        }
    }
    check_few_threads();
    return check_result();
}
