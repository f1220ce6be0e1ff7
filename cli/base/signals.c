/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/base/signals.h"

#include <assert.h>
#include <stddef.h>
#include <unistd.h>

/* Those that end a process and that somebody, or a limit, sends; a crash is not among them. */
static const int fatal_signals[] = {SIGINT,  SIGTERM, SIGHUP,    SIGPIPE, SIGQUIT, SIGALRM,
                                    SIGUSR1, SIGUSR2, SIGVTALRM, SIGPROF, SIGXCPU};
enum { N_FATAL_SIGNALS = sizeof fatal_signals / sizeof fatal_signals[0] };

/* A handler gets no argument, so these pointers cannot be passed to it. The file names are unique:
 * unlinking one twice, or before it exists, does no harm. NULL: free. */
static const char *volatile temp_paths[SIGNALS_TEMP_PATHS_MAX];

/* SA_RESETHAND restored the default action; the signal stays blocked until the handler returns, and
 * then ends the process. */
static void remove_temp_and_die(int signal_number)
{
    for (int i = 0; i < SIGNALS_TEMP_PATHS_MAX; i++) {
        const char *path = temp_paths[i];
        if (path != NULL)
            unlink(path);
    }
    raise(signal_number);
}

void signals_install(void)
{
    struct sigaction action = {.sa_handler = remove_temp_and_die, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < N_FATAL_SIGNALS; i++)
        sigaddset(&action.sa_mask, fatal_signals[i]);
    for (size_t i = 0; i < N_FATAL_SIGNALS; i++) {
        struct sigaction old;
        sigaction(fatal_signals[i], NULL, &old);
        if (old.sa_handler != SIG_IGN)
            sigaction(fatal_signals[i], &action, NULL);
    }
    signal(SIGXFSZ, SIG_IGN);
}

void signals_block(sigset_t *saved)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < N_FATAL_SIGNALS; i++)
        sigaddset(&set, fatal_signals[i]);
    sigprocmask(SIG_BLOCK, &set, saved);
}

void signals_restore(const sigset_t *saved)
{
    sigprocmask(SIG_SETMASK, saved, NULL);
}

static void replace_path(const char *old, const char *new)
{
    int i = 0;
    while (i < SIGNALS_TEMP_PATHS_MAX && temp_paths[i] != old)
        i++;
    assert(i < SIGNALS_TEMP_PATHS_MAX);
    temp_paths[i] = new;
}

void signals_add_temp_path(const char *path)
{
    replace_path(NULL, path);
}

void signals_remove_temp_path(const char *path)
{
    replace_path(path, NULL);
}
