/* SPDX-License-Identifier: Apache-2.0
 *
 * Includes all headers of libtacit. docs/ARCHITECTURE.md follows a block through the library.
 */
#ifndef TACIT_TACIT_H
#define TACIT_TACIT_H

#include "tacit/archive.h"
#include "tacit/buffer.h"
#include "tacit/eval.h"
#include "tacit/generate.h"
#include "tacit/model.h"
#include "tacit/options.h"
#include "tacit/parts.h"
#include "tacit/reference.h"
#include "tacit/select.h"
#include "tacit/statistics.h"
#include "tacit/status.h"
#include "tacit/stream.h"
#include "tacit/version.h"

#endif
