/* SPDX-License-Identifier: Apache-2.0
 *
 * Two models with one identity whose tokenizers cut text otherwise: an archive whose decoder has to cut text names the
 * rules and is refused with the other model; any other archive is decoded with either.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/try.h"
#include "check.h"
#include "model/tmodel_layout.h"
#include "tacit/tacit.h"
#include "tiny_tmodel.h"

enum { N_LOG = 1200, N_LETTERS = 150, N_CONTENT = N_LOG + N_LETTERS, ARCHIVE_MAX = 4 * N_CONTENT };

static uint8_t content[N_CONTENT];        /* a log, then letters without order */
static struct tacit_model *model, *other; /* they differ in the name of the pre-tokenizer */

/* Noise, but for the single bytes of the content, which the model expects. */
static enum tacit_status row_of(void *context, enum lm_tensor_id id, uint32_t layer, size_t row,
                                float *dst)
{
    struct tiny_random *noise = context;
    TRY(tiny_row(noise, id, layer, row, dst));
    size_t n = lm_tensor_size(&noise->shape, id).n_columns;
    for (size_t i = 0; (id == LM_OUT || id == LM_DOWN || id == LM_HEAD) && i < n; i++)
        dst[i] *= 0.05f;
    if (id == LM_EMBEDDING)
        dst[0] += 4.0f;
    if (id == LM_HEAD) /* token 1 is the byte 0 */
        dst[0] = memchr(content, (int)row - (row > 'Q' ? 0 : 1), N_CONTENT) ? 0.3f : -0.3f;
    return TACIT_OK;
}

static void open_models(uint8_t **memory)
{
    static const struct lm_shape shapes[] = {
#define SHAPE(name, ...) {__VA_ARGS__},
        TINY_MODELS(SHAPE)};
    struct tiny_random noise = {0, shapes[0]};
    struct hash_stream *stream;
    struct lm_model *lm;
    noise.shape.n_vocab = 271;
    noise.shape.flags |= LM_SEPARATE_HEAD;
    CHECK(lm_model_build(&lm, &noise.shape, row_of, &noise) == TACIT_OK);
    CHECK(tiny_open(&model, lm, memory) == TACIT_OK);
    size_t n = (size_t)load_le64(*memory + 16); /* the file's own size */
    uint8_t *changed = aligned_alloc(4096, (n + 4095) / 4096 * 4096), *pre = changed;
    memcpy(changed, *memory, n);
    while (memcmp(pre, "gpt-2", 5) != 0)
        pre++;
    memcpy(pre, "qwen2", 5);
    CHECK(hash_stream_create(&stream) == TACIT_OK);
    hash_stream_update(stream, changed + TMODEL_HEADER_BYTES, n - TMODEL_HEADER_BYTES);
    struct hash128 hash = hash_stream_value(stream);
    store_le64(changed + TMODEL_AT_CONTENT_HASH, hash.low);
    store_le64(changed + TMODEL_AT_CONTENT_HASH + 8, hash.high);
    store_le64(changed + TMODEL_AT_HEADER_HASH, hash64(changed, TMODEL_AT_HEADER_HASH, 0));
    CHECK(model_open_memory(&other, changed, n) == TACIT_OK);
    memory[1] = changed;
    hash_stream_destroy(stream);
}

static void check(const char *name, bool log, size_t block_size, bool names_rules)
{
    const uint8_t *text = log ? content : content + N_LOG;
    size_t n_text = log ? N_LOG : N_LETTERS;
    static uint8_t archive[ARCHIVE_MAX], restored[N_CONTENT];
    struct tacit_archive_model needed = {.struct_size = sizeof needed};
    struct tacit_model_report report = {.struct_size = sizeof report};
    struct tacit_options options;
    size_t n, n_restored = 0;
    tacit_options_init(&options);
    options.model = model;
    options.n_streams = 1; /* which primes a log */
    options.block_size = block_size;
    options.report = &report;
    options.level = 9;
    CHECK(tacit_buffer_compress(text, n_text, archive, ARCHIVE_MAX, &n, &options) == TACIT_OK);
    CHECK_MSG(report.n_blocks > 0, "%s: the model is not used", name);
    CHECK(tacit_archive_needs(archive, n, &needed) == TACIT_OK);
    CHECK_MSG(needed.n_hash == TACIT_MODEL_HASH && needed.has_rules == names_rules &&
                  needed.rules == (names_rules ? tacit_model_rules(model) : 0),
              "%s: rules %u, %08x", name, needed.has_rules, needed.rules);
    CHECK(tacit_buffer_decompress(archive, n, restored, N_CONTENT, &n_restored, &options) ==
              TACIT_OK &&
          n_restored == n_text && memcmp(restored, text, n_text) == 0);
    options.model = other;
    enum tacit_status status =
        tacit_buffer_decompress(archive, n, restored, N_CONTENT, &n_restored, &options);
    CHECK_MSG(status == (names_rules ? TACIT_ERR_MODEL_WRONG : TACIT_OK), "%s: %s", name,
              tacit_status_name(status));
}

int main(void)
{
    static const char line[] = "Mar  4 12:31:14 server sshd[2120]: Invalid user admin\n";
    uint8_t *memory[2], first[TACIT_MODEL_HASH], second[TACIT_MODEL_HASH];
    uint32_t state = 1;
    for (size_t i = 0; i < N_LOG; i++)
        content[i] = (uint8_t)line[i % (sizeof line - 1)];
    for (size_t i = N_LOG; i < N_CONTENT; i++)
        content[i] = "server admin"[(state = state * 1664525 + 1013904223) % 97 % 12];
    open_models(memory);
    tacit_model_identity(model, first);
    tacit_model_identity(other, second);
    CHECK(memcmp(first, second, sizeof first) == 0);
    CHECK(tacit_model_rules(model) != tacit_model_rules(other));
    check("primed", true, 0, true);
    check("primed blocks", true, 1024, true);
    check("no text is cut", false, 0, false);
    tacit_model_close(model);
    tacit_model_close(other);
    free(memory[0]);
    free(memory[1]);
    return check_result();
}
