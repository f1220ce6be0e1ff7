/* SPDX-License-Identifier: Apache-2.0
 *
 * What a file's owning group may do where the file has an access control list: its mode then has the
 * list's mask in the group's place, and who copies that as a mode lets the group do more.
 */
#ifndef TACIT_CLI_FILES_ACL_GROUP_H
#define TACIT_CLI_FILES_ACL_GROUP_H

#include <sys/types.h>

/* The group's bits, as in 070, all of them where there is no list, and none where it cannot be read. */
mode_t acl_group_rights(int fd);

#endif
