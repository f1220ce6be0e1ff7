/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/models/model_url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool begins(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool model_url_is_one(const char *text)
{
    return begins(text, "hf:") || begins(text, "https://") || begins(text, "http://");
}

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

/* Takes #sha256=HEX off the end of text. */
static bool take_hash(struct model_url *url, char *text, const char **why)
{
    static const char mark[] = "#sha256=";
    char *at = strchr(text, '#');
    url->sha256[0] = '\0';
    if (!at)
        return true;
    *why = "what follows # has to be sha256= and 64 hexadecimal digits";
    const char *hex = at + sizeof mark - 1;
    if (!begins(at, mark) || strlen(hex) != 64 || strspn(hex, "0123456789abcdefABCDEF") != 64)
        return false;
    for (int i = 0; i <= 64; i++)
        url->sha256[i] = hex[i] >= 'A' && hex[i] <= 'F' ? (char)(hex[i] + 'a' - 'A') : hex[i];
    *at = '\0';
    return true;
}

/* Turns OWNER/REPO/FILE[@REVISION] into the file's address. */
static bool expand_hf(struct model_url *url, char *text, const char **why)
{
    const char *server = variable("HF_ENDPOINT"), *revision = "main";
    char *repo = strchr(text, '/'), *file = repo ? strchr(repo + 1, '/') : NULL;
    char *at = file ? strrchr(file, '@') : NULL;
    *why = "a file is named as hf:OWNER/REPO/FILE or hf:OWNER/REPO/FILE@REVISION";
    if (at) {
        *at = '\0';
        revision = at + 1;
    }
    if (!file || repo == text || file == repo + 1 || !file[1] || !*revision || strstr(text, "..") ||
        strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/") !=
            strlen(text) ||
        strpbrk(revision, "?#% "))
        return false;
    *file++ = '\0';
    int n = snprintf(url->url, sizeof url->url, "%s/%s/resolve/%s/%s",
                     server ? server : "https://huggingface.co", text, revision, file);
    url->token = variable("HF_TOKEN");
    return n < (int)sizeof url->url;
}

static bool take_name(struct model_url *url, const char **why)
{
    char path[MODEL_URL_CAP];
    snprintf(path, sizeof path, "%s", url->url);
    path[strcspn(path, "?")] = '\0';
    const char *slash = strrchr(path, '/'), *suffix;
    *why = "not the address of a .gguf or .tmodel file";
    if (!slash || !model_file_split(slash + 1, url->name, &suffix))
        return false;
    url->suffix = strcmp(suffix, ".gguf") == 0 ? ".gguf" : ".tmodel";
    return true;
}

bool model_url_read(struct model_url *url, const char *text, const char **why)
{
    char copy[MODEL_URL_CAP];
    *url = (struct model_url){.token = NULL};
    *why = "too long";
    if (strlen(text) >= sizeof copy)
        return false;
    snprintf(copy, sizeof copy, "%s", text);
    if (!take_hash(url, copy, why))
        return false;
    if (begins(copy, "hf:")) {
        if (!expand_hf(url, copy + 3, why))
            return false;
    } else
        snprintf(url->url, sizeof url->url, "%s", copy);
    *why = "plain http:// is taken only with #sha256=HEX behind the address";
    if (begins(text, "http://") && !url->sha256[0])
        return false;
    return take_name(url, why);
}
