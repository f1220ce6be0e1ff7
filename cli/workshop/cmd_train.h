/* SPDX-License-Identifier: Apache-2.0
 *
 * `tacit train`: prepares text, trains a small model, evaluates it. argv[0] is "train". Returns the
 * process's exit status.
 */
#ifndef TACIT_CLI_WORKSHOP_CMD_TRAIN_H
#define TACIT_CLI_WORKSHOP_CMD_TRAIN_H

int cli_train(int argc, char **argv);

#endif
