/* SPDX-License-Identifier: Apache-2.0 */
#include "language_decoder.h"

#include <stdlib.h>
#include <string.h>

#include "archive_input.h"
#include "arithmetic.h"
#include "arrangement.h"
#include "coded_bits.h"
#include "component.h"
#include "content_changes.h"
#include "item_ends.h"
#include "item_trie.h"
#include "model_reader.h"
#include "predictor.h"
#include "recalled.h"
#include "sample_type.h"
#include "text_items.h"
#include "text_pieces.h"

enum { NO_TOKEN = -1, SHOWN = 256 };

/* The payload up to the coded bits. */
struct layout {
    unsigned memory, type, reading;
    struct kept kept;
    int unmixed, primed, reads, versed, arranged, recalled, restated;
    uint32_t first_token, context, n_streams, length[128];
    struct changes changes;
    struct arrangement arrangement;
    uint32_t span, n_spoken;
};

/* One stream of items. */
struct item_stream {
    struct reader *reader;
    uint32_t at, end;
    int64_t before; /* the token to be read next, or NO_TOKEN */
    float *logits;
};

struct language {
    const struct model *model;
    struct layout layout;
    struct items items;
    struct distribution distribution;
    struct hint hint;
    struct predictor *predictor;
    struct ends *ends;
    struct decoder bits;
    uint64_t x[4]; /* unmixed */
    uint64_t n_items;
    struct item_stream stream[128];
};

static void take_usual(struct layout *l, unsigned first, uint32_t size)
{
    static const unsigned versed[] = {0, 1, 2, 4, 8, 9};
    l->type = first & 15;
    l->versed = l->type >= 10;
    note("versed", (unsigned)l->versed);
    if (l->versed)
        l->type = versed[l->type - 10];
    l->memory = 2 + (first >> 5 & 3);
    l->reads = 1;
    l->reading = 4 | 5 << 4;
    l->context = 2048;
    l->n_streams = 1;
    l->span = l->n_spoken = l->length[0] = size;
}

static void take_streams(struct layout *l, int small)
{
    uint32_t n_left = l->n_spoken;
    l->context = 2048;
    l->n_streams = 1;
    if (!small) {
        l->first_token = take_varint();
        l->context = take_varint();
        l->n_streams = take_varint();
    }
    note("several streams", l->n_streams > 1);
    require(l->context >= 1 && l->context <= 1u << 20, "context");
    require(l->n_streams >= 1 && l->n_streams <= 128, "number of streams");
    for (uint32_t i = 0; i + 1 < l->n_streams; i++) {
        l->length[i] = take_varint();
        require(l->length[i] >= 1 && l->length[i] < n_left, "length of a stream");
        n_left -= l->length[i];
    }
    l->length[l->n_streams - 1] = n_left;
}

static void take_kept(struct kept *kept)
{
    unsigned first = *take(1), share = first & 0x80 ? *take(1) : 0;
    kept->kind = first & 0x7f;
    note("cache", kept->kind);
    note("share", share == 0 ? 0 : share == 0x80 ? 2 : 1);
    require(kept->kind <= 6 && first != 0, "kind of KV cache");
    require((share == 0) == (first < 0x80) && share <= 0x80 && (share < 100 || share == 0x80),
            "share of the positions");
    require(share == 0 || share == 0x80 || kept->kind == 0, "a share beside few bits");
    kept->share = share == 0x80 ? 0 : share;
    if (share != 0x80)
        return;
    kept->n_heads = take_varint();
    require(kept->n_heads >= 1 && kept->n_heads <= HEADS_MAX, "number of heads");
    for (uint32_t i = 0; i < kept->n_heads; i += 2) {
        unsigned two = *take(1);
        kept->parts[i] = two & 15;
        require(i + 1 < kept->n_heads || two < 16, "parts of heads");
        if (i + 1 < kept->n_heads)
            kept->parts[i + 1] = (uint8_t)(two >> 4);
    }
}

static void take_layout(struct layout *l, uint32_t size)
{
    unsigned first = *take(1);
    memset(l, 0, sizeof *l);
    note("usual", (first & 0x90) == 0x90);
    if ((first & 0x90) == 0x90) {
        take_usual(l, first, size);
        return;
    }
    l->memory = first & 15;
    l->unmixed = (first & 0x10) != 0;
    l->primed = (first & 0x80) != 0;
    unsigned second = *take(1);
    l->type = second & 15;
    l->reads = (second & 0x10) != 0;
    l->recalled = (second & 0x90) == 0x90;
    l->restated = l->recalled && (second & 0x20) != 0;
    l->arranged = (second & 0x80) != 0 && !l->recalled;
    note("unmixed", (unsigned)l->unmixed);
    note("primed", (unsigned)l->primed);
    note("small", first >> 6 & 1);
    note("model reads reference", (unsigned)l->reads);
    note("arranged", (unsigned)l->arranged);
    note("model recalls", (unsigned)l->recalled);
    note("model restates", (unsigned)l->restated);
    note("spoken type", l->type);
    if (l->reads)
        l->reading = *take(1);
    if (second & 0x40)
        take_kept(&l->kept);
    require(!l->recalled || n_reference > 0, "the reference is not there");
    if (l->restated)
        take_restated();
    int lines = (first & 0x20) != 0, recoded = (second & 0x20) != 0 && !l->recalled;
    l->n_spoken = take_changes(&l->changes, lines, recoded, size);
    l->span = recoded ? l->n_spoken : size;
    if (l->arranged) {
        take_arrangement(&l->arrangement, l->n_spoken);
        l->n_spoken = l->arrangement.n_spoken;
    }
    take_streams(l, (first & 0x40) != 0);
    require(!l->reads || !(l->unmixed || lines || recoded || l->primed || l->arranged),
            "reference beside what does not go with it");
    require(!l->recalled || l->n_streams == 1, "copies in several streams");
    require(!l->primed || l->n_streams == 1, "a primer with several streams");
    require(!l->arranged || !l->unmixed, "arranged and unmixed");
}

/* A bit that is decoded, or known: -1 is to be decoded. */
static int next_bit(struct language *g, int known, uint32_t p)
{
    return known >= 0 ? known : decode_bit(&g->bits, p);
}

static void set_hint(struct language *g, const struct walk *walk, uint32_t split)
{
    uint32_t depth = walk->position / 9, width = 0;
    float x = stretch_of(&g->distribution, walk, split), size = x < 0.0f ? -x : x;
    for (uint32_t n = walk->high - walk->low; n > 1; n >>= 1)
        width++;
    unsigned doubt = size < 1.0f ? 0 : size < 3.0f ? 1 : size < 6.0f ? 2 : 3;
    g->hint = (struct hint){x, (least(depth, 3) * 16 + least(width, 15)) * 4 + doubt, false};
}

/* A walk to an item; place: the item's if it is known, else -1. Returns the place. */
static uint32_t walk_to(struct language *g, int64_t place)
{
    const struct items *items = &g->items;
    struct walk walk = {0, items->n, 0};
    begin_item(g->predictor);
    for (;;) {
        uint32_t split = split_of(items, &walk);
        int at_end = walk.position % 9 == 0, bit = decision_of(items, walk.low, walk.position);
        int known = place < 0 ? -1 : place >= split;
        if (split == 0 && !at_end) {
            g->hint = (struct hint){0.0f, 0, true};
            pass_bit(g->predictor, bit);
        } else if (split != 0) {
            set_hint(g, &walk, split);
            if (at_end) {
                bit = next_bit(
                    g, known,
                    predict_end(g->ends, g->predictor, split, walk.position / 9, g->hint.stretch));
                learn_end(g->ends, bit);
            } else {
                bit = next_bit(g, known, predict_bit(g->predictor));
                learn_bit(g->predictor, bit);
            }
            *(bit ? &walk.low : &walk.high) = split;
        }
        walk.position++;
        if (at_end && bit == 0) {
            end_item(g->predictor, walk.position / 9);
            return walk.low;
        }
    }
}

/* A walk to an item that both sides know, without the language model. */
static void pass_to(struct language *g, uint32_t place)
{
    struct walk walk = {0, g->items.n, 0};
    begin_item(g->predictor);
    for (int bit = 1, at_end = 0; bit != 0 || !at_end;) {
        uint32_t split = split_of(&g->items, &walk);
        at_end = walk.position % 9 == 0;
        bit = split != 0 ? place >= split : decision_of(&g->items, walk.low, walk.position);
        if (!at_end) {
            pass_bit(g->predictor, bit);
        } else if (split != 0) {
            predict_end(g->ends, g->predictor, split, walk.position / 9, 0.0f);
            learn_end(g->ends, bit);
        }
        if (split != 0)
            *(bit ? &walk.low : &walk.high) = split;
        walk.position++;
    }
    end_item(g->predictor, walk.position / 9);
}

/* Unmixed: whole items. */
static uint32_t whole_item(struct language *g)
{
    uint64_t *x = &g->x[g->n_items++ % 4], slot = *x % (UINT64_C(1) << 30);
    const uint64_t *sum = g->distribution.sum;
    uint32_t place = 0;
    make_parts(&g->distribution);
    while (sum[place + 1] <= slot)
        place++;
    *x = (sum[place + 1] - sum[place]) * (*x >> 30) + slot - sum[place];
    if (*x < UINT64_C(1) << 31) {
        require(g->bits.end - position >= 4, "the payload ends too early");
        *x = *x << 32 | take_number(4);
    }
    return place;
}

/* The next item of a stream; known: its place, or -1. */
static uint32_t next_item(struct language *g, struct item_stream *s, int64_t known)
{
    if (s->before != NO_TOKEN)
        read_token(s->reader, (uint32_t)s->before, s->logits);
    set_masses(&g->distribution, s->logits);
    uint32_t place = g->layout.unmixed ? whole_item(g) : walk_to(g, known);
    if (!g->layout.unmixed)
        learn_place(&g->distribution, place);
    uint32_t token = g->items.item[place].token;
    s->before = token < g->items.n_tokens ? (int64_t)token : NO_TOKEN;
    return place;
}

static void learn_text(struct language *g, const uint8_t *text, uint32_t n)
{
    uint32_t *places = (uint32_t *)(void *)allocate((n + (size_t)1) * sizeof *places);
    note_cutting(g->model);
    uint32_t n_places = text_items(g->model, &g->items, text, n, places);
    for (uint32_t i = 0; i < n_places; i++)
        next_item(g, &g->stream[0], places[i]);
    free(places);
}

static const char primer[] =
    "10.0.0.7 - - [04/Mar/2024:12:31:09 +0000] \"GET /index.html HTTP/1.1\" 200 5316 \"-\" "
    "\"Mozilla/5.0 (X11; Linux x86_64)\"\n"
    "time=\"2024-03-04T12:31:08Z\" level=info msg=\"request done\" method=GET path=/api/items "
    "status=200\n"
    "{\"level\":\"error\",\"ts\":\"2024-03-04T12:31:08.120Z\",\"msg\":\"connection refused\"}\n"
    "2024-03-04 12:31:07,412 INFO [main] org.example.server.Worker: Started 4 threads in 31 ms\n"
    "2024-03-04 12:31:09 status installed libc6:amd64 2.36-9\n"
    "Mar  4 12:31:10 server kernel: [    1.204817] usb 1-1: new high-speed USB device number 2 "
    "using xhci_hcd\n"
    "Mar  4 12:31:11 server systemd[1]: Started Session 3 of user root.\n"
    "Mar  4 12:31:12 server CRON[2114]: pam_unix(cron:session): session opened for user root by "
    "(uid=0)\n"
    "Mar  4 12:31:14 server sshd[2120]: Invalid user admin from 192.168.1.20\n"
    "Mar  4 12:31:14 server sshd[2120]: pam_unix(sshd:auth): authentication failure; logname= "
    "uid=0 euid=0 tty=ssh ruser= rhost=192.168.1.20  user=root\n"
    "Mar  4 12:31:15 server sshd[2120]: Failed password for root from 192.168.1.20 port 50022 "
    "ssh2\n"
    "Mar  4 12:31:15 server sshd[2120]: Received disconnect from 192.168.1.20: 11: Bye Bye "
    "[preauth]\n";

static void pass_text(struct language *g, const uint8_t *text, uint32_t n)
{
    uint32_t *places = (uint32_t *)(void *)allocate((n + (size_t)1) * sizeof *places);
    note_cutting(g->model);
    uint32_t n_places = text_items(g->model, &g->items, text, n, places);
    for (uint32_t i = 0; i < n_places; i++)
        pass_to(g, places[i]);
    free(places);
}

static void read_reference(struct language *g)
{
    unsigned part = g->layout.reading >> 4;
    size_t n_learnt = part == 0 ? n_reference : (size_t)1 << (15 + part);
    size_t n_model = (size_t)1 << (9 + (g->layout.reading & 15)), i = 0;
    n_learnt = n_learnt < n_reference ? n_learnt : n_reference;
    n_model = n_model < n_learnt ? n_model : n_learnt;
    select_stream(g->predictor, 0, 0);
    for (; i < n_reference - n_learnt; i++)
        pass_byte(g->predictor, reference[i]);
    g->hint = (struct hint){0.0f, 0, true};
    if (g->layout.versed) {
        pass_text(g, reference + i, (uint32_t)(n_reference - n_model - i));
        i = n_reference - n_model;
    }
    for (; i < n_reference - n_model; i++)
        for (int b = 7; b >= 0; b--)
            pass_bit(g->predictor, reference[i] >> b & 1);
    learn_text(g, reference + i, (uint32_t)n_model);
    for (uint32_t k = 1; k < g->layout.n_streams; k++) {
        copy_reader(g->stream[k].reader, g->stream[0].reader);
        g->stream[k].before = g->stream[0].before;
        memcpy(g->stream[k].logits, g->stream[0].logits, g->items.n_tokens * sizeof(float));
    }
}

static void decode_silent(struct language *g, uint8_t *to)
{
    const struct arrangement *a = &g->layout.arrangement;
    int several = g->layout.n_streams > 1;
    select_stream(g->predictor, several ? g->layout.n_streams : 0, several ? a->n_spoken : 0);
    for (uint32_t k = 0; k < a->n_silent; k++) {
        const struct speech_part *part = &a->part[a->silent[k]];
        begin_segment(g->predictor, part->type, part->stride, part->offset);
        for (uint32_t i = 0; i < part->length; i++) {
            g->hint = (struct hint){0.0f, 0, true};
            to[i] = 0;
            for (int b = 0; b < 8; b++) {
                int bit = decode_bit(&g->bits, predict_bit(g->predictor));
                learn_bit(g->predictor, bit);
                to[i] = (uint8_t)(to[i] * 2 + bit);
            }
        }
        if (part->type == 4)
            undo_x86(to, part->length);
        if (sample_bytes(part->type) > 0)
            undo_samples(part->type, to, part->length, part->offset);
        to += part->length;
    }
    for (uint32_t i = 0; i < g->layout.n_streams; i++) {
        select_stream(g->predictor, i, g->stream[i].at);
        begin_segment(g->predictor, g->layout.type, 0, 0);
    }
}

static void make_streams(struct language *g)
{
    const struct layout *l = &g->layout;
    uint32_t start = 0;
    for (uint32_t i = 0; i < l->n_streams; i++) {
        struct item_stream *s = &g->stream[i];
        s->reader = make_reader(g->model, l->context, &l->kept);
        s->at = start;
        s->end = start += l->length[i];
        s->before = l->first_token;
        s->logits = zeros(g->model->shape.n_vocab * sizeof(float));
    }
}

static void make_models(struct language *g)
{
    const struct layout *l = &g->layout;
    uint32_t types = 1u << l->type;
    for (uint32_t i = 0; i < l->arrangement.n_silent; i++)
        types |= 1u << l->arrangement.part[l->arrangement.silent[i]].type;
    uint32_t n = l->n_streams + (l->n_streams > 1 && l->arrangement.n_silent > 0);
    g->predictor = make_hinted_predictor(l->memory, types, l->reads ? n_reference : 0, l->span, n,
                                         l->type, &g->hint, l->versed);
    g->ends = make_ends(l->memory);
}

/* Copies behind an item; the models learn the end of what is copied. */
static void copy_behind(struct language *g, struct item_stream *s, uint8_t *content, uint32_t n_new)
{
    uint32_t from = s->at, n = 1;
    while (n > 0 && s->at < s->end) {
        n = recall_behind(&g->bits, content, s->at, s->end, n_new);
        s->at += n;
        n_new = 0;
    }
    n = s->at - from < SHOWN ? s->at - from : SHOWN;
    if (n > 0 && s->at < s->end)
        learn_text(g, content + s->at - n, n);
}

static void decode_streams(struct language *g, uint8_t *content)
{
    const struct layout *l = &g->layout;
    uint32_t n_before = l->reads ? (uint32_t)n_reference : 0;
    uint32_t n_left = l->n_spoken;
    while (n_left > 0) {
        n_left = 0;
        for (uint32_t i = 0; i < l->n_streams; i++) {
            struct item_stream *s = &g->stream[i];
            if (s->at == s->end)
                continue;
            if (!l->unmixed)
                select_stream(g->predictor, i, n_before + s->at);
            const struct item *item = &g->items.item[next_item(g, s, -1)];
            require(item->n <= s->end - s->at, "an item behind the end of its stream");
            memcpy(content + s->at, item->bytes, item->n);
            s->at += item->n;
            if (l->recalled)
                copy_behind(g, s, content, item->n);
            n_left += s->end - s->at;
        }
    }
}

static void decode_items(struct language *g, uint8_t *content, size_t end)
{
    const struct layout *l = &g->layout;
    if (l->unmixed) {
        g->bits.end = end;
        for (int i = 0; i < 4; i++)
            g->x[i] = take_number(8);
    } else {
        g->bits = begin_bits(end);
        make_models(g);
    }
    if (l->reads)
        read_reference(g);
    if (l->recalled)
        begin_recall(l->n_spoken, 1);
    if (l->primed) {
        select_stream(g->predictor, 0, 0);
        learn_text(g, (const uint8_t *)primer, sizeof primer - 1);
    }
    if (l->arranged)
        decode_silent(g, content + l->n_spoken);
    decode_streams(g, content);
    for (int i = 0; l->unmixed && i < 4; i++)
        require(g->x[i] == UINT64_C(1) << 31, "the end of whole items");
    require(!l->unmixed || position == end, "bytes behind whole items");
}

static void note_kinds(const struct weights *tensors, int n)
{
    for (int i = 0; i < n; i++)
        if (tensors[i].n_rows > 0)
            note("kind of weights", tensors[i].kind);
}

/* What the model has that decides bits. */
static void note_model(const struct model *m)
{
    const struct shape *s = &m->shape;
    note("norm", s->norm);
    note("activation", s->activation);
    for (unsigned bit = 0; bit < 19; bit++)
        note("flag of a model", 2 * bit + (s->flags >> bit & 1));
    note("cap on logits", s->logit_cap == 0.0f ? 0 : s->flags & FLAG_ROOT_CAP ? 2 : 1);
    note("windows", s->period ? 2 : s->window ? 1 : 0);
    note("more than 64 numbers a head", s->head_dim > 64);
    note("rotated", s->rope_dims == 0 ? 0 : s->rope_dims < s->head_dim ? 1 : 2);
    note("rope for windows", s->local_rope_base != 0.0f);
    note("gain of rope", s->rope_gain != 0.0f);
    note("scale of scores", s->score_scale != 0.0f);
    note("cap on scores", s->score_cap != 0.0f);
    note("gain of embedding", s->embed_gain != 0.0f);
    note("form of tokens", m->form);
    note_kinds(m->global, N_GLOBAL_TENSORS);
    for (uint32_t i = 0; i < s->n_layers; i++)
        note_kinds(m->layer[i], N_LAYER_TENSORS);
}

void decode_language(const struct model *model, uint8_t *content, uint32_t size, size_t end)
{
    static struct language g;
    memset(&g, 0, sizeof g);
    g.model = model;
    note_model(model);
    take_layout(&g.layout, size);
    require(position <= end, "the payload ends too early");
    const struct layout *l = &g.layout;
    require(l->memory <= 10, "memory");
    require(l->type <= 11 && !has_rows(l->type), "content type");
    require(l->first_token < model->shape.n_vocab, "first token");
    require(!l->reads || n_reference > 0, "the reference is not there");
    make_items(&g.items, model);
    make_distribution(&g.distribution, &g.items, !l->unmixed);
    make_streams(&g);
    uint32_t n_recoded = l->changes.recoded ? l->span : size - l->changes.lines.n_removed;
    uint8_t *decoded = l->changes.recoded ? allocate(n_recoded) : content;
    decode_items(&g, decoded, end);
    if (l->arranged)
        undo_arrangement(&l->arrangement, decoded, n_recoded);
    undo_changes(&l->changes, decoded, content, size);
    if (l->restated)
        restore_headers(content, size);
    free(g.items.item);
    forget();
}
