/* SPDX-License-Identifier: Apache-2.0
 *
 * `tacit anomalies`: the lines or records that cost most against their kind. argv[0] is "anomalies".
 * Returns the process's exit status (exit_codes.h).
 */
#ifndef TACIT_CLI_RECORDS_CMD_ANOMALIES_H
#define TACIT_CLI_RECORDS_CMD_ANOMALIES_H

int cli_anomalies(int argc, char **argv);

#endif
