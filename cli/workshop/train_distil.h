/* SPDX-License-Identifier: Apache-2.0
 *
 * `tacit train distil`: a model learns from another one. argv[0] is "distil". Returns the process's exit status (exit_codes.h).
 */
#ifndef TACIT_CLI_WORKSHOP_TRAIN_DISTIL_H
#define TACIT_CLI_WORKSHOP_TRAIN_DISTIL_H

int cli_train_distil(int argc, char **argv);

#endif
