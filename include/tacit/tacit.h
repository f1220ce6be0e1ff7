/* SPDX-License-Identifier: Apache-2.0
 *
 * Everything that libtacit offers. See docs/ARCHITECTURE.md for the way a byte goes.
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
