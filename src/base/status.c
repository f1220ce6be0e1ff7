/* SPDX-License-Identifier: Apache-2.0
 *
 * Names and messages of status codes (tacit/status.h).
 */
#include "tacit/status.h"

const char *tacit_status_name(enum tacit_status status)
{
#define CASE(name, code, message)                                                                  \
    case name:                                                                                     \
        return #name;
    switch (status) {
        TACIT_STATUS_TABLE(CASE)
    }
#undef CASE
    return "TACIT_ERR_UNKNOWN";
}

const char *tacit_status_message(enum tacit_status status)
{
#define CASE(name, code, message)                                                                  \
    case name:                                                                                     \
        return message;
    switch (status) {
        TACIT_STATUS_TABLE(CASE)
    }
#undef CASE
    return "unknown status";
}
