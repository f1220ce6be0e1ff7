/* SPDX-License-Identifier: Apache-2.0 */
#include "model/model_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file_replace.h"
#include "base/try.h"
#include "gguf/gguf.h"
#include "gguf/gguf_tokenizer.h"
#include "model/lm_gguf.h"
#include "model/tmodel.h"
#include "model/tmodel_layout.h"

enum { START_BYTES = 32 }; /* of a file, by which its kind is known */

struct model_file {
    struct tmodel *tmodel;  /* NULL: it was GGUF */
    struct lm_model *built; /* from GGUF; tmodel's is its own */
    struct tokenizer *tokenizer;
    struct byte_view name, licence;
    uint8_t *texts; /* these two, from GGUF */
};

static enum tacit_status take_tmodel(struct model_file *file)
{
    struct tmodel_text text = tmodel_text(file->tmodel);
    file->name = text.name;
    file->licence = text.licence;
    TRY(tokenizer_load(&file->tokenizer, text.tokenizer.data, text.tokenizer.n));
    return TACIT_OK;
}

static struct byte_view put_text(uint8_t *texts, struct byte_view text)
{
    if (text.n)
        memcpy(texts, text.data, text.n);
    return (struct byte_view){texts, text.n};
}

/* Nothing in *file refers to gguf afterwards. */
static enum tacit_status take_gguf(struct model_file *file, const struct gguf *gguf,
                                   struct reason *reason)
{
    struct byte_view name = {NULL, 0}, licence = {NULL, 0};
    gguf_get_string(gguf, "general.name", &name);
    gguf_get_string(gguf, "general.license", &licence);
    file->texts = malloc(name.n + licence.n + 1);
    if (!file->texts)
        return TACIT_ERR_MEMORY;
    file->name = put_text(file->texts, name);
    file->licence = put_text(file->texts + name.n, licence);
    TRY(gguf_tokenizer_create(&file->tokenizer, gguf, reason));
    return lm_model_from_gguf(&file->built, gguf, reason);
}

static enum tacit_status open_gguf(struct model_file *file, const char *path, struct reason *reason)
{
    struct gguf *gguf;
    TRY(gguf_open_file(&gguf, path, reason));
    enum tacit_status status = take_gguf(file, gguf, reason);
    gguf_close(gguf);
    return status;
}

/* Every token that the tokenizer can produce is one that the model knows. */
static enum tacit_status check_tokens(const struct model_file *file)
{
    uint32_t n_tokens = tokenizer_n_items(file->tokenizer) - 256;
    return n_tokens <= model_file_lm(file)->shape.n_vocab ? TACIT_OK : TACIT_ERR_MODEL_DAMAGED;
}

static enum tacit_status finish(struct model_file **out, struct model_file *file,
                                enum tacit_status status)
{
    if (status == TACIT_OK)
        status = check_tokens(file);
    if (status == TACIT_OK)
        *out = file;
    else
        model_file_close(file);
    return status;
}

/* The first bytes of a file, and zeros if the file has fewer. */
static enum tacit_status read_start(const char *path, char start[START_BYTES])
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return TACIT_ERR_IO;
    memset(start, 0, START_BYTES);
    bool failed = fread(start, 1, START_BYTES, f) < START_BYTES && ferror(f);
    fclose(f);
    return failed ? TACIT_ERR_IO : TACIT_OK;
}

/* Names what a file is that people have in place of a model after a failed download. */
static enum tacit_status refuse_start(const char *start, struct reason *reason)
{
    static const struct {
        const char *start, *what;
    } known[] = {
        {"<!DOCTYPE", "a web page, not a model: the download went to a page about it"},
        {"<!doctype", "a web page, not a model: the download went to a page about it"},
        {"<html", "a web page, not a model: the download went to a page about it"},
        {"version https://git-lfs", "a Git LFS pointer, not the model: fetch it by 'git lfs pull'"},
        {"PK\3\4", "a ZIP archive, not a model: unpack it first"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strncmp(start, known[i].start, strlen(known[i].start)) == 0)
            return reason_give(reason, TACIT_ERR_MODEL_DAMAGED, "%s", known[i].what);
    return reason_give(reason, TACIT_ERR_MODEL_DAMAGED, "neither a GGUF nor a .tmodel file");
}

static enum tacit_status open_as_it_begins(struct model_file *file, const char *path,
                                           const char *start, struct reason *reason)
{
    if (memcmp(start, "GGUF", 4) == 0)
        return open_gguf(file, path, reason);
    if (memcmp(start, TMODEL_MAGIC, 8) != 0)
        return refuse_start(start, reason);
    enum tacit_status status = tmodel_open_file(&file->tmodel, path);
    if (status == TACIT_OK)
        status = take_tmodel(file);
    if (status == TACIT_OK && tmodel_check_identity(file->tmodel) != TACIT_OK)
        return reason_give(reason, TACIT_ERR_MODEL_DAMAGED,
                           "its weights are not those of the identity that it states");
    if (status == TACIT_ERR_UNSUPPORTED)
        reason_write(reason, "a .tmodel file of another version: fetch or import it anew");
    return status;
}

enum tacit_status model_file_open(struct model_file **out, const char *path, struct reason *reason)
{
    char start[START_BYTES];
    *out = NULL;
    TRY(read_start(path, start));
    struct model_file *file = calloc(1, sizeof *file);
    if (!file)
        return TACIT_ERR_MEMORY;
    return finish(out, file, open_as_it_begins(file, path, start, reason));
}

enum tacit_status model_file_open_memory(struct model_file **out, const uint8_t *data,
                                         size_t n_bytes)
{
    *out = NULL;
    struct model_file *file = calloc(1, sizeof *file);
    if (!file)
        return TACIT_ERR_MEMORY;
    enum tacit_status status = tmodel_open_memory(&file->tmodel, data, n_bytes);
    if (status == TACIT_OK)
        status = take_tmodel(file);
    return finish(out, file, status);
}

void model_file_close(struct model_file *file)
{
    if (!file)
        return;
    tokenizer_destroy(file->tokenizer);
    lm_model_destroy(file->built);
    tmodel_close(file->tmodel);
    free(file->texts);
    free(file);
}

const struct lm_model *model_file_lm(const struct model_file *file)
{
    return file->tmodel ? tmodel_model(file->tmodel) : file->built;
}

const struct tokenizer *model_file_tokenizer(const struct model_file *file)
{
    return file->tokenizer;
}

struct byte_view model_file_name(const struct model_file *file)
{
    return file->name;
}

struct byte_view model_file_licence(const struct model_file *file)
{
    return file->licence;
}

static enum tacit_status file_sink(void *context, const void *data, size_t n_bytes)
{
    return file_replace_write(context, data, n_bytes);
}

enum tacit_status model_file_export_as(const struct model_file *file, const struct lm_model *lm,
                                       const char *path)
{
    struct tmodel_text text = {file->name, file->licence, {NULL, 0}};
    struct file_replace out;
    uint8_t *tokenizer;
    TRY(tokenizer_save(file->tokenizer, &tokenizer, &text.tokenizer.n));
    text.tokenizer.data = tokenizer;
    enum tacit_status status = file_replace_open(&out, path);
    if (status == TACIT_OK) {
        status = tmodel_write(lm, &text, file_sink, &out);
        if (status == TACIT_OK)
            status = file_replace_commit(&out);
        else
            file_replace_abandon(&out);
    }
    free(tokenizer);
    return status;
}

enum tacit_status model_file_size_as(uint64_t *n_bytes, const struct model_file *file,
                                     uint8_t *kinds)
{
    struct tmodel_text text = {file->name, file->licence, {NULL, 0}};
    uint8_t *tokenizer;
    TRY(tokenizer_save(file->tokenizer, &tokenizer, &text.tokenizer.n));
    free(tokenizer);
    return tmodel_size(n_bytes, &model_file_lm(file)->shape, kinds, &text);
}

enum tacit_status model_file_export(const struct model_file *file, const char *path)
{
    return model_file_export_as(file, model_file_lm(file), path);
}
