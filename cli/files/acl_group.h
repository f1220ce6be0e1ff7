/* SPDX-License-Identifier: Apache-2.0
 *
 * The permissions of a file's owning group if the file has an access control list: the group bits
 * of its mode are then the list's mask, and a copy with that mode would let the group do more.
 */
#ifndef TACIT_CLI_FILES_ACL_GROUP_H
#define TACIT_CLI_FILES_ACL_GROUP_H

#include <sys/types.h>

/* The group's bits, as in 070: all of them if there is no list, none if the list cannot be read. */
mode_t acl_group_rights(int fd);

#endif
