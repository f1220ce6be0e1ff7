/* SPDX-License-Identifier: Apache-2.0 */
#include "methods/block_methods.h"

#include "methods/context/context_block.h"
#include "methods/language/language_block.h"
#include "methods/stored_block.h"
#include "methods/zstd_block.h"
#include "tacit/archive.h"

static const struct block_method *const methods[] = {
    [TACIT_METHOD_STORED] = &stored_method,
    [TACIT_METHOD_ZSTD] = &zstd_method,
    [TACIT_METHOD_CONTEXT] = &context_method,
    [TACIT_METHOD_MODEL] = &language_method,
};

unsigned block_methods_end(void)
{
    return sizeof methods / sizeof methods[0];
}

const struct block_method *block_method_of(unsigned number)
{
    return number < block_methods_end() ? methods[number] : NULL;
}
