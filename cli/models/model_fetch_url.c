/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/models/model_fetch_url.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/models/fetch/download.h"
#include "cli/models/model_fetch.h"
#include "tacit/model.h"

enum { PARTS_MAX = 999 };

/* A fetch of one file, or of NAME-00001-of-0000N and the other parts. */
struct fetch {
    struct console *console;
    struct model_url first;
    char name[MODEL_NAME_CAP]; /* the model's */
    unsigned n_parts;
    char directory[TACIT_MODEL_PATH_MAX]; /* the models' */
    bool is_verified;                     /* all hashes were known */
};

static enum exit_code say_errno(struct console *console, const char *path)
{
    console_error(console, path, "%s", strerror(errno));
    return EXIT_CODE_FAILED;
}

/* Takes "-00001-of-0000N" off the end of the name. */
static void find_parts(struct fetch *f)
{
    static const char mark[] = "-00001-of-";
    snprintf(f->name, sizeof f->name, "%s", f->first.name);
    char *at = strstr(f->name, mark), *end = NULL;
    f->n_parts = 1;
    if (!at || at[sizeof mark - 1] < '0' || at[sizeof mark - 1] > '9')
        return;
    const unsigned long n_parts = strtoul(at + sizeof mark - 1, &end, 10);
    if (*end == '\0' && n_parts > 1 && n_parts <= PARTS_MAX) {
        f->n_parts = (unsigned)n_parts;
        *at = '\0';
    }
}

/* The address of part index, from 0. */
static void part_url(const struct fetch *f, unsigned index, struct model_url *url)
{
    char number[16];
    *url = f->first;
    if (index == 0)
        return;
    snprintf(number, sizeof number, "-%05u-of-", index + 1);
    char *name = strstr(url->name, "-00001-of-"), *at = url->url, *last = NULL;
    while ((at = strstr(at, "-00001-of-")) != NULL)
        last = at++;
    if (!name || !last)
        return; /* parts are known by this mark alone */
    memcpy(name, number, 10);
    memcpy(last, number, 10);
    url->sha256[0] = '\0';
}

static bool part_path(const struct fetch *f, unsigned index, char *path)
{
    struct model_url url;
    part_url(f, index, &url);
    return snprintf(path, TACIT_MODEL_PATH_MAX, "%s/.fetch/%s%s", f->directory, url.name,
                    url.suffix) < TACIT_MODEL_PATH_MAX;
}

static void remove_parts(const struct fetch *f)
{
    char path[TACIT_MODEL_PATH_MAX];
    for (unsigned i = 0; i < f->n_parts; i++)
        if (part_path(f, i, path))
            remove(path);
}

static enum exit_code verify(struct fetch *f, const struct model_url *url, const char *path)
{
    uint8_t hash[TACIT_MODEL_HASH];
    char text[2 * TACIT_MODEL_HASH + 1];
    enum tacit_status status = tacit_model_hash_file(path, hash);
    if (status != TACIT_OK)
        return fail_with_status(f->console, path, status);
    if (url->sha256[0] != '\0')
        return model_hash_is(f->console, url->name, hash, url->sha256) ? EXIT_CODE_OK
                                                                       : EXIT_CODE_ARCHIVE;
    f->is_verified = false;
    printf("%s: SHA-256 %s, which the server does not vouch for\n", url->name,
           model_hash_text(text, hash));
    return EXIT_CODE_OK;
}

/* A part with a wrong hash is removed: continuing it would not change its bytes. */
static enum exit_code get_parts(struct fetch *f)
{
    char path[TACIT_MODEL_PATH_MAX];
    for (unsigned i = 0; i < f->n_parts; i++) {
        struct model_url url;
        part_url(f, i, &url);
        if (!part_path(f, i, path)) {
            console_error(f->console, url.name, "the path is too long");
            return EXIT_CODE_FAILED;
        }
        enum exit_code code = download(f->console, &url, path);
        if (code != EXIT_CODE_OK)
            return code;
        code = verify(f, &url, path);
        if (code != EXIT_CODE_OK) {
            remove(path);
            return code;
        }
    }
    return EXIT_CODE_OK;
}

static enum exit_code refuse(const struct fetch *f, const char *path, enum tacit_status status)
{
    char why[TACIT_MODEL_REASON_MAX];
    if (tacit_model_explain(path, why) != status || !*why)
        return fail_with_status(f->console, f->name, status);
    console_error(f->console, f->name, "what was fetched cannot be run: %s; it is removed", why);
    return exit_code_of_status(status);
}

/* Stores the fetched file under the model's name, and for a GGUF file its .tmodel beside it. */
static enum exit_code store(struct fetch *f)
{
    char path[TACIT_MODEL_PATH_MAX], stored[TACIT_MODEL_PATH_MAX];
    struct tacit_model_info info = {.struct_size = sizeof info};
    const char *verified = f->is_verified ? "SHA-256 verified, " : "";
    bool is_gguf = strcmp(f->first.suffix, ".gguf") == 0;
    enum tacit_status status = TACIT_ERR_ARGUMENT;
    if (part_path(f, 0, path))
        status =
            is_gguf ? tacit_model_import(path, f->name, stored) : tacit_model_inspect(path, &info);
    if (status != TACIT_OK) {
        enum exit_code code = refuse(f, path, status);
        remove_parts(f);
        return code;
    }
    if (is_gguf)
        printf("%s: %sconverted, stored as %s\n", f->name, verified, stored);
    if (f->n_parts == 1) {
        int n = snprintf(stored, sizeof stored, "%s/%s%s", f->directory, f->name, f->first.suffix);
        if (n >= (int)sizeof stored || rename(path, stored) != 0)
            return say_errno(f->console, path);
        printf("%s: %sstored as %s\n", f->name, verified, stored);
    }
    remove_parts(f);
    return EXIT_CODE_OK;
}

/* Whether there is a model of that name, which is not replaced. */
static bool is_there(const struct fetch *f)
{
    static const char *const suffixes[] = {".tmodel", ".gguf"};
    char path[TACIT_MODEL_PATH_MAX];
    for (int i = 0; i < 2; i++) {
        int n = snprintf(path, sizeof path, "%s/%s%s", f->directory, f->name, suffixes[i]);
        if (n < (int)sizeof path && access(path, F_OK) == 0) {
            printf("%s: is there already: %s\n", f->name, path);
            return true;
        }
    }
    return false;
}

enum exit_code model_fetch_url(struct console *console, const char *text)
{
    struct fetch f = {.console = console, .is_verified = true};
    char path[TACIT_MODEL_PATH_MAX];
    const char *why;
    if (!model_url_read(&f.first, text, &why)) {
        console_error(console, text, "%s", why);
        return EXIT_CODE_USAGE;
    }
    find_parts(&f);
    enum tacit_status status = tacit_model_directory(0, f.directory);
    if (status != TACIT_OK)
        return fail_with_status(console, text, status);
    if (is_there(&f))
        return EXIT_CODE_OK;
    status = tacit_model_place(f.name, path); /* makes the directory */
    if (status == TACIT_ERR_ARGUMENT) {
        console_error(console, f.name, "not a name for a model");
        return EXIT_CODE_USAGE;
    }
    if (status != TACIT_OK)
        return say_errno(console, f.directory);
    if (snprintf(path, sizeof path, "%s/.fetch", f.directory) >= (int)sizeof path ||
        (mkdir(path, 0777) != 0 && errno != EEXIST))
        return say_errno(console, path);
    enum exit_code code = get_parts(&f);
    if (code == EXIT_CODE_OK)
        code = store(&f);
    rmdir(path); /* fails, as it should, if a part is there to be continued */
    return code;
}
