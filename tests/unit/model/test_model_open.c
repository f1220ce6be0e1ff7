/* SPDX-License-Identifier: Apache-2.0
 *
 * Where names lead. Opening and importing are tested through the command (tests/cli/test_model.py).
 */
#include "check.h"
#include "tacit/model.h"

#include <stdlib.h>
#include <string.h>

static char path[TACIT_MODEL_PATH_MAX];

static void test_directories(void)
{
    setenv("XDG_DATA_HOME", "/x", 1);
    setenv("XDG_DATA_DIRS", "/a::/b", 1);
    CHECK(tacit_model_directory(0, path) == TACIT_OK && !strcmp(path, "/x/tacit/models"));
    CHECK(tacit_model_directory(1, path) == TACIT_OK && !strcmp(path, "/a/tacit/models"));
    CHECK(tacit_model_directory(3, path) == TACIT_OK && !strcmp(path, "/b/tacit/models"));
    CHECK(tacit_model_directory(4, path) == TACIT_ERR_RANGE);
    setenv("XDG_DATA_HOME", "relative", 1); /* does not count */
    setenv("HOME", "/h", 1);
    CHECK(tacit_model_directory(0, path) == TACIT_OK);
    CHECK(!strcmp(path, "/h/.local/share/tacit/models"));
    unsetenv("HOME");
    CHECK(tacit_model_directory(0, path) == TACIT_ERR_ARGUMENT);
    unsetenv("XDG_DATA_DIRS");
    CHECK(tacit_model_directory(1, path) == TACIT_OK);
    CHECK(!strcmp(path, "/usr/local/share/tacit/models"));
}

static void test_find(void)
{
    static char long_name[2 * TACIT_MODEL_PATH_MAX];
    setenv("XDG_DATA_HOME", "/nonexistent", 1);
    setenv("XDG_DATA_DIRS", "/nonexistent", 1);
    CHECK(tacit_model_find("./a", path) == TACIT_OK && !strcmp(path, "./a"));
    CHECK(tacit_model_find("a.gguf", path) == TACIT_OK && !strcmp(path, "a.gguf"));
    CHECK(tacit_model_find("a.tmodel", path) == TACIT_OK && !strcmp(path, "a.tmodel"));
    CHECK(tacit_model_find("a", path) == TACIT_ERR_MODEL_MISSING);
    CHECK(tacit_model_find("", path) == TACIT_ERR_MODEL_MISSING);
    memset(long_name, 'a', sizeof long_name - 1);
    CHECK(tacit_model_find(long_name, path) == TACIT_ERR_ARGUMENT);
    long_name[TACIT_MODEL_PATH_MAX - 1] = '\0';
    CHECK(tacit_model_find(long_name, path) == TACIT_ERR_MODEL_MISSING);
}

static void test_errors(void)
{
    struct tacit_model_info info = {.struct_size = sizeof info};
    struct tacit_model *model;
    CHECK(tacit_model_open(&model, "/nonexistent.gguf") == TACIT_ERR_IO && !model);
    CHECK(tacit_model_inspect("/nonexistent.gguf", &info) == TACIT_ERR_IO);
    info.struct_size = 1;
    CHECK(tacit_model_inspect("/nonexistent.gguf", &info) == TACIT_ERR_ARGUMENT);
    CHECK(tacit_model_store("a.txt", "a", path) == TACIT_ERR_ARGUMENT);
    tacit_model_close(NULL);
}

int main(void)
{
    test_directories();
    test_find();
    test_errors();
    return check_result();
}
