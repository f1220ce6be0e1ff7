/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/files/fd_io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/types.h>
#include <unistd.h>

/* After a failed call: whether to try again. */
static bool wait_to_retry(int fd, short events)
{
    if (errno == EINTR)
        return true;
    if (errno != EAGAIN && errno != EWOULDBLOCK)
        return false;
    struct pollfd poller = {.fd = fd, .events = events};
    return poll(&poller, 1, -1) >= 0 || errno == EINTR;
}

bool fd_read_full(int fd, void *data, size_t n, size_t *n_read)
{
    size_t done = 0;
    *n_read = 0;
    while (done < n) {
        ssize_t got = read(fd, (char *)data + done, n - done);
        if (got == 0)
            break;
        if (got > 0)
            done += (size_t)got;
        else if (!wait_to_retry(fd, POLLIN))
            return false;
    }
    *n_read = done;
    return true;
}

bool fd_read_some(int fd, void *data, size_t n, size_t *n_read)
{
    ssize_t got;
    *n_read = 0;
    while ((got = read(fd, data, n)) < 0)
        if (!wait_to_retry(fd, POLLIN))
            return false;
    *n_read = (size_t)got;
    return true;
}

bool fd_read_at(int fd, uint64_t offset, void *data, size_t n)
{
    size_t done = 0;
    while (done < n) {
        ssize_t got = pread(fd, (char *)data + done, n - done, (off_t)(offset + done));
        if (got > 0) {
            done += (size_t)got;
        } else if (got == 0) {
            errno = EIO;
            return false;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

bool fd_write_full(int fd, const void *data, size_t n)
{
    size_t done = 0;
    while (done < n) {
        ssize_t put = write(fd, (const char *)data + done, n - done);
        if (put >= 0)
            done += (size_t)put;
        else if (!wait_to_retry(fd, POLLOUT))
            return false;
    }
    return true;
}

void fd_guard_standard(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) == -1 && errno == EBADF)
            (void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
}
