/* SPDX-License-Identifier: Apache-2.0
 *
 * The HTML templates, cli/NAME.html, as the build embeds them. @DATA@ stands where the data goes.
 */
#ifndef TACIT_CLI_MEASURE_PAGES_H
#define TACIT_CLI_MEASURE_PAGES_H

extern const char surprise_page[];
extern const char report_page[];

#endif
