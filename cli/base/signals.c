/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/base/signals.h"

#include <assert.h>
#include <stddef.h>
#include <unistd.h>

/* Signals that a user, a program or a limit sends; then signals of a crash. The numbers of
 * real-time signals are no constants. */
static const int fatal_signals[] = {SIGINT,    SIGTERM, SIGHUP,  SIGPIPE, SIGQUIT, SIGALRM, SIGUSR1,
                                    SIGUSR2,   SIGPOLL, SIGPROF, SIGXCPU, SIGSYS,  SIGTRAP,
#ifdef SIGSTKFLT
                                    SIGSTKFLT,
#endif
#ifdef SIGPWR
                                    SIGPWR,
#endif
                                    SIGVTALRM, SIGABRT, SIGSEGV, SIGBUS,  SIGFPE,  SIGILL};
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

static void fill_fatal_set(sigset_t *set)
{
    sigemptyset(set);
    for (size_t i = 0; i < N_FATAL_SIGNALS; i++)
        sigaddset(set, fatal_signals[i]);
    for (int i = SIGRTMIN; i <= SIGRTMAX; i++)
        sigaddset(set, i);
}

/* A sanitizer's handler for crashes stays, and an ignored signal stays ignored. */
static void install(int signal_number, const struct sigaction *action)
{
    struct sigaction old;
    if (sigaction(signal_number, NULL, &old) == 0 && old.sa_handler == SIG_DFL)
        sigaction(signal_number, action, NULL);
}

void signals_install(void)
{
    struct sigaction action = {.sa_handler = remove_temp_and_die, .sa_flags = (int)SA_RESETHAND};
    fill_fatal_set(&action.sa_mask);
    for (size_t i = 0; i < N_FATAL_SIGNALS; i++)
        install(fatal_signals[i], &action);
    for (int i = SIGRTMIN; i <= SIGRTMAX; i++)
        install(i, &action);
    signal(SIGXFSZ, SIG_IGN);
}

void signals_block(sigset_t *saved)
{
    sigset_t set;
    fill_fatal_set(&set);
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
