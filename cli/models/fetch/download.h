/* SPDX-License-Identifier: Apache-2.0
 *
 * Gets one file by HTTP into a file that grows beside its target. An interrupted download continues
 * where it stopped, in this run or a later one, if the server still has the same file, by its ETag,
 * and says which part it sends. Proxies and certificates come from the usual variables
 * (https_proxy, no_proxy, CURL_CA_BUNDLE, SSL_CERT_FILE). Redirections are followed, from https to
 * https only; only the first server gets the token.
 */
#ifndef TACIT_CLI_MODELS_FETCH_DOWNLOAD_H
#define TACIT_CLI_MODELS_FETCH_DOWNLOAD_H

#include "cli/base/console.h"
#include "cli/base/exit_codes.h"
#include "cli/models/model_url.h"

/* Gets url to part, the path of the growing file; part with .etag behind it holds its ETag. A hash that the server
 * tells (X-Linked-ETag) goes to url->sha256 if that is empty. Afterwards the file is whole, as far
 * as the server tells its length; the hash is not verified here. Reports failures, also that
 * libcurl is not there. */
enum exit_code download(struct console *console, struct model_url *url, const char *part);

#endif
