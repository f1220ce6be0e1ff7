/* SPDX-License-Identifier: Apache-2.0
 *
 * Status codes: how every function of libtacit that can fail says so.
 *
 * 0 is success. Errors are negative and grouped by tens, by what the caller can do about them. The
 * library never prints and never exits. Thread-safe: these functions keep no state.
 */
#ifndef TACIT_STATUS_H
#define TACIT_STATUS_H

#include "tacit/export.h"

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, code, message): the one place where a status is defined. */
#define TACIT_STATUS_TABLE(X)                                                                      \
    X(TACIT_OK, 0, "success")                                                                      \
    /* -1x: the caller's arguments */                                                              \
    X(TACIT_ERR_ARGUMENT, -10, "invalid argument")                                                 \
    X(TACIT_ERR_RANGE, -11, "range lies outside the content")                                      \
    X(TACIT_ERR_STATE, -12, "call out of order for this handle")                                   \
    /* -2x: the archive */                                                                         \
    X(TACIT_ERR_NOT_ARCHIVE, -20, "not a tacit archive")                                           \
    X(TACIT_ERR_CORRUPT, -21, "archive is damaged")                                                \
    X(TACIT_ERR_TRUNCATED, -22, "archive ends too early")                                          \
    X(TACIT_ERR_CHECKSUM, -23, "checksum does not match")                                          \
    /* -3x: what this build or machine cannot do */                                                \
    X(TACIT_ERR_VERSION, -30, "archive needs a newer version of tacit")                            \
    X(TACIT_ERR_UNSUPPORTED, -31, "not supported by this build")                                   \
    X(TACIT_ERR_FLOAT, -32, "floating-point arithmetic is not strict IEEE on this machine")        \
    X(TACIT_ERR_MODEL_MISSING, -33, "archive needs a model that was not given")                    \
    X(TACIT_ERR_MODEL_WRONG, -34, "archive was made with another model")                           \
    X(TACIT_ERR_MODEL_DAMAGED, -35, "model file is damaged")                                       \
    X(TACIT_ERR_REFERENCE_MISSING, -36, "archive needs a reference that was not given")            \
    X(TACIT_ERR_REFERENCE_WRONG, -37, "archive was made with another reference")                   \
    /* -4x: resources */                                                                           \
    X(TACIT_ERR_MEMORY, -40, "out of memory")                                                      \
    X(TACIT_ERR_MEMORY_LIMIT, -41, "memory limit is too small")                                    \
    X(TACIT_ERR_THREAD, -42, "cannot start a thread")                                              \
    X(TACIT_ERR_CONTENT_LIMIT, -43, "content is larger than the limit")                            \
    /* -5x: input and output */                                                                    \
    X(TACIT_ERR_IO, -50, "input/output error")                                                     \
    /* -6x: asked for */                                                                           \
    X(TACIT_ERR_CANCELLED, -60, "cancelled")

#define TACIT_STATUS_ENUM(name, code, message) name = (code),
enum tacit_status { TACIT_STATUS_TABLE(TACIT_STATUS_ENUM) };
#undef TACIT_STATUS_ENUM

/* The status's own spelling, "TACIT_ERR_CORRUPT"; "TACIT_ERR_UNKNOWN" for a value not in the table.
 * A static string. */
TACIT_API const char *tacit_status_name(enum tacit_status status);

/* One short phrase for people, no trailing full stop. A static string, never NULL. */
TACIT_API const char *tacit_status_message(enum tacit_status status);

#ifdef __cplusplus
}
#endif

#endif
