/* SPDX-License-Identifier: Apache-2.0
 *
 * TACIT_API marks what libtacit exports; every other symbol of the library is hidden.
 */
#ifndef TACIT_EXPORT_H
#define TACIT_EXPORT_H

#if defined(__GNUC__) || defined(__clang__)
#define TACIT_API __attribute__((visibility("default")))
#else
#define TACIT_API
#endif

#endif
