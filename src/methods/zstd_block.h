/* SPDX-License-Identifier: Apache-2.0
 *
 * Method zstd: the payload is one zstd frame that states its content size. The window is as large
 * as the block. The bytes depend on the version of libzstd that encodes; any version decodes them.
 */
#ifndef TACIT_METHODS_ZSTD_BLOCK_H
#define TACIT_METHODS_ZSTD_BLOCK_H

#include "methods/block_method.h"

extern const struct block_method zstd_method;

#endif
