/* SPDX-License-Identifier: Apache-2.0
 *
 * Gets one file by HTTP into a file that grows beside its target, so that what was interrupted goes on where it
 * stopped, in this run or in a later one: only where the server still has the same file, by its ETag, and says
 * which part it sends. Proxies and certificates are those of the usual variables (https_proxy, no_proxy,
 * CURL_CA_BUNDLE, SSL_CERT_FILE). Redirections are followed, from https to https only; the token stays with the first server.
 */
#ifndef TACIT_CLI_MODELS_DOWNLOAD_H
#define TACIT_CLI_MODELS_DOWNLOAD_H

#include "cli/base/console.h"
#include "cli/base/exit_codes.h"
#include "cli/models/model_url.h"

/* Gets url to part, the path of the growing file; part with .etag behind it holds its ETag. A hash that the server
 * tells (X-Linked-ETag) goes to url->sha256 if that is empty. The file is whole then, as far as the server tells its
 * length; its hash is not verified here. What went wrong was said. Without libcurl it says so. */
enum exit_code download(struct console *console, struct model_url *url, const char *part);

#endif
