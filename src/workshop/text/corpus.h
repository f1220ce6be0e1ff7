/* SPDX-License-Identifier: Apache-2.0
 *
 * Token shards and the order in which training reads them. Sequence i of a run is a function of the
 * seed, the mixture and i alone: its category is drawn by the weights, its window from the
 * category's shuffled order, which is shuffled again each time all windows have been read. So one
 * number is a run's position in the data.
 */
#ifndef TACIT_WORKSHOP_TEXT_CORPUS_H
#define TACIT_WORKSHOP_TEXT_CORPUS_H

#include "workshop/train/config.h"

struct corpus_part {
    char name[64];
    uint16_t *ids;
    size_t n;
    double weight; /* share of all sequences */
    uint64_t n_drawn;
};

struct corpus {
    struct corpus_part *parts;
    size_t n_parts;
    uint64_t seed, next; /* sequence number */
    size_t seq_len;
    uint16_t bos;
};

/* The mixture's .train shards, positioned at sequence `next`. */
enum tacit_status corpus_open_train(struct corpus *corpus, const struct config *config,
                                    uint64_t next);
/* The .held shards, or every .apart shard of the directory; they are read with corpus_window only.
 */
enum tacit_status corpus_open_held(struct corpus *corpus, const struct config *config);
enum tacit_status corpus_open_apart(struct corpus *corpus, const struct config *config);
void corpus_close(struct corpus *corpus);

/* The next sequence: seq_len + 1 ids beginning with BOS, cut short only in a tiny category. Returns the number of
 * targets: ids[1..n], predicted from ids[0..n-1]. */
size_t corpus_draw(struct corpus *corpus, uint16_t *ids);
/* Window `index` of a part, in file order, likewise. */
size_t corpus_window(const struct corpus *corpus, const struct corpus_part *part, size_t index,
                     uint16_t *ids);
size_t corpus_n_windows(const struct corpus *corpus, const struct corpus_part *part);

#endif
