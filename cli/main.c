/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "tacit/tacit.h"
#include "train.h"

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "train"))
        return cli_train(argc - 1, argv + 1);
    printf("tacit %s\n", tacit_version());
    return 0;
}
