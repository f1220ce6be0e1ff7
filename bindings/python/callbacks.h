/* SPDX-License-Identifier: Apache-2.0
 *
 * The Python functions that the library calls, for cffi; src/libtacit/_calls.py defines them.
 */
extern "Python" int on_progress(void *context, uint64_t n_in, uint64_t n_out);
extern "Python" int on_token(void *context, const struct tacit_eval_token *token);
extern "Python" int on_choice(void *context, const struct tacit_choice *choice);
extern "Python" int on_drop(void *context, const struct tacit_choice *choice);
extern "Python" const void *on_record(void *context, unsigned reader, size_t record, size_t *n_bytes);
extern "Python" enum tacit_status on_read(void *context, uint64_t offset, void *data, size_t n_bytes);
extern "Python" int on_text(void *context, const void *data, size_t n_bytes);
