/* SPDX-License-Identifier: Apache-2.0
 *
 * A replaced file appears whole or not at all, whatever an earlier process has left beside it.
 */
#include "base/file_replace.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

static const char *const target = "file_replace.test/target";

static size_t n_files(void)
{
    size_t n = 0;
    DIR *folder = opendir("file_replace.test");
    for (struct dirent *entry; folder && (entry = readdir(folder)) != NULL;)
        n += entry->d_name[0] != '.';
    if (folder)
        closedir(folder);
    return n;
}

static int holds(const char *wanted)
{
    char data[16] = {0};
    int fd = open(target, O_RDONLY);
    ssize_t n = read(fd, data, sizeof data - 1);
    close(fd);
    return n == (ssize_t)strlen(wanted) && memcmp(data, wanted, (size_t)n) == 0;
}

static void test_replaces(void)
{
    struct stat about;
    mode_t mask = umask(027);
    CHECK(file_replace_all(target, "old", 3) == TACIT_OK && holds("old") && n_files() == 1);
    CHECK(stat(target, &about) == 0 && (about.st_mode & 0777) == 0640);
    umask(mask);
    struct file_replace file;
    CHECK(file_replace_open(&file, target) == TACIT_OK);
    CHECK(file_replace_write(&file, "ne", 2) == TACIT_OK && holds("old"));
    CHECK(file_replace_write(&file, "w", 1) == TACIT_OK);
    CHECK(file_replace_commit(&file) == TACIT_OK && holds("new") && n_files() == 1);
}

static void test_abandoned(void)
{
    struct file_replace file;
    CHECK(file_replace_open(&file, target) == TACIT_OK);
    CHECK(file_replace_write(&file, "bad", 3) == TACIT_OK);
    file_replace_abandon(&file);
    CHECK(holds("new") && n_files() == 1);
    CHECK(file_replace_open(&file, "file_replace.test/missing/target") == TACIT_ERR_IO &&
          errno == ENOENT);
    mkdir("file_replace.test/folder", 0777);
    CHECK(file_replace_all("file_replace.test/folder", "x", 1) == TACIT_ERR_IO && n_files() == 2);
    rmdir("file_replace.test/folder");
}

/* A process that died has left temporary files of the very names that this one would take first. */
static void test_leftovers(void)
{
    char name[256];
    for (unsigned i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s.%ld-%u.part", target, (long)getpid(), i);
        close(open(name, O_CREAT | O_WRONLY, 0));
    }
    CHECK(file_replace_all(target, "newest", 6) == TACIT_OK && holds("newest") && n_files() == 4);
}

int main(void)
{
    CHECK(system("rm -rf file_replace.test") == 0);
    CHECK(mkdir("file_replace.test", 0777) == 0);
    test_replaces();
    test_abandoned();
    test_leftovers();
    CHECK(system("rm -rf file_replace.test") == 0);
    return check_result();
}
