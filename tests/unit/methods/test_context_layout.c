/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands before the coded bits of a context block: packed and parsed, and refused when wrong.
 */
#include "methods/context/context_layout.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "unit/samples.h"

static struct context_layout layout, parsed;
static uint8_t packed[CONTEXT_LAYOUT_BYTES_MAX];

static void check_round_trip(uint32_t content_size)
{
    size_t n = context_layout_pack(packed, &layout), n_parsed;
    size_t n_payload = n + (size_t)context_layout_n_raw(&layout);
    uint8_t *payload = calloc(1, n_payload);
    memcpy(payload, packed, n);
    context_layout_set_contents(&layout, NULL, content_size);
    CHECK(context_layout_parse(payload, n_payload, content_size, NULL, &parsed, &n_parsed) ==
          TACIT_OK);
    CHECK(n_parsed == n && parsed.n_segments == layout.n_segments);
    CHECK(parsed.config.memory_log2 == layout.config.memory_log2 &&
          parsed.config.strength == layout.config.strength &&
          parsed.config.content_set == layout.config.content_set &&
          parsed.config.trained == layout.config.trained);
    for (uint32_t i = 0; i < layout.n_segments; i++) {
        const struct context_segment *a = &layout.segments[i], *b = &parsed.segments[i];
        CHECK(a->n_bytes == b->n_bytes && a->raw == b->raw && a->distance == b->distance &&
              a->content.type == b->content.type && a->content.stride == b->content.stride &&
              a->content.offset == b->content.offset);
    }
    /* Cut anywhere it is refused; so is any content that is too short. */
    for (size_t cut = 0; cut < n_payload; cut++)
        CHECK_MSG(context_layout_parse(payload, cut, content_size, NULL, &parsed, &n_parsed) !=
                          TACIT_OK ||
                      n_parsed + context_layout_n_raw(&parsed) <= cut,
                  "cut at %zu", cut);
    CHECK(context_layout_parse(payload, n_payload, 0, NULL, &parsed, &n_parsed) ==
          TACIT_ERR_CORRUPT);
    free(payload);
}

static enum tacit_status parse(const uint8_t *data, size_t n)
{
    size_t n_parsed;
    return context_layout_parse(data, n, 100, NULL, &parsed, &n_parsed);
}

static void check_refused(const char *what, const uint8_t *data, size_t n)
{
    CHECK_MSG(parse(data, n) == TACIT_ERR_CORRUPT, "%s", what);
}

/* What later releases may give a meaning needs one of them. */
static void check_reserved(const char *what, const uint8_t *data, size_t n)
{
    CHECK_MSG(parse(data, n) == TACIT_ERR_VERSION, "%s", what);
}

/* Copies in the coded bits, beside a segment that is raw, a copy, or sound. */
static void check_reserved_recalls(void)
{
    static const uint8_t kinds[][3] = {{0x11}, {0x20, 0x00}, {0x07, 0x02, 0x00}};
    struct tacit_reference *reference;
    CHECK(tacit_reference_create(&reference, "old", 3) == TACIT_OK);
    for (unsigned i = 0; i < 4; i++) {
        uint8_t data[] = {0x82, 0x0f, 0x01, 0x01, 0x01, 0, 0, 0};
        size_t n_parsed;
        if (i < 3)
            memcpy(data + 4, kinds[i], sizeof kinds[i]);
        CHECK_MSG(context_layout_parse(data, sizeof data, 100, reference, &parsed, &n_parsed) ==
                      (i < 3 ? TACIT_ERR_VERSION : TACIT_OK),
                  "segment %u", i);
    }
    tacit_reference_destroy(reference);
}

int main(void)
{
    check_reserved_recalls();
    layout =
        (struct context_layout){.config = {.strength = CONTEXT_STRONG, .memory_log2 = 22},
                                .n_segments = 1,
                                .segments = {{.content = {.type = CONTENT_TEXT}, .n_bytes = 100}}};
    check_round_trip(100);
    CHECK(context_layout_pack(packed, &layout) == 2);
    layout.config.trained = START_TEXT;
    check_round_trip(100);
    CHECK(context_layout_pack(packed, &layout) == 2);

    for (unsigned memory_log2 = CONTEXT_MEMORY_LOG2_MIN;
         memory_log2 <= CONTEXT_MEMORY_LOG2_MAX_LEAN; memory_log2++) {
        layout.config =
            (struct context_config){.strength = CONTEXT_LEAN, .memory_log2 = memory_log2};
        check_round_trip(100);
    }

    layout.n_segments = 4;
    layout.segments[1] = (struct context_segment){
        .content = {.type = CONTENT_IMAGE24, .stride = 300, .offset = 7}, .n_bytes = 1000};
    layout.segments[2] = (struct context_segment){.distance = 1100, .n_bytes = 5000};
    layout.segments[3] = (struct context_segment){
        .content = {.type = CONTENT_COMPRESSED}, .n_bytes = 50, .raw = true};
    check_round_trip(6150);

    check_reserved("a quick block's bit 7", (const uint8_t[]){0x02, 0x81}, 2);
    check_reserved("a lean block's bit 7", (const uint8_t[]){0x1b, 0x81}, 2);
    check_reserved("a raw segment's bit 7", (const uint8_t[]){0x32, 0x00, 0x91}, 3);
    check_reserved("a second segment's bit 7", (const uint8_t[]){0x32, 0x00, 0x01, 0x05, 0x81}, 5);
    CHECK(parse((const uint8_t[]){0x12, 0x81}, 2) == TACIT_OK && parsed.config.trained);
    check_reserved("bits beside a copy's", (const uint8_t[]){0x02, 0x21}, 2);
    check_reserved("type 31", (const uint8_t[]){0x02, 0x4f}, 2);
    check_reserved("changes", (const uint8_t[]){0xc2, 0x02}, 2);
    check_reserved("form 6", (const uint8_t[]){0xc2, 0x00, 0x00, 0x00, 0x02, 0x60}, 6);
    check_reserved("another dictionary", (const uint8_t[]){0xc2, 0x00, 0x00, 0x00, 0x02, 0x51}, 6);
    check_reserved("bit 3 of base64", (const uint8_t[]){0xc2, 0x00, 0x00, 0x00, 0x02, 0x18}, 6);
    check_reserved("base 3 of a dump of words",
                   (const uint8_t[]){0xc2, 0x00, 0x00, 0x00, 0x02, 0x40, 0x37, 0x46, 0x49, 0x00},
                   10);
    check_refused("line ends of nothing", (const uint8_t[]){0x42, 0x01}, 2);
    check_refused("a row of 0 bytes", (const uint8_t[]){0x02, 0x41}, 2);
    check_refused("stride 0", (const uint8_t[]){0x02, 0x03, 0x00, 0x00}, 4);
    check_refused("copy of nothing", (const uint8_t[]){0x02, 0x20, 0x00}, 3);
    check_refused("lengths", (const uint8_t[]){0x22, 0x00, 0x01, 0x63, 0x01}, 5);
    check_refused("long varint", (const uint8_t[]){0x22, 0x80, 0x00, 0x01, 0x05, 0x01}, 6);
    check_refused("raw beyond the end", (const uint8_t[]){0x02, 0x11, 0x00}, 3);
    check_refused("empty", (const uint8_t[]){0}, 0);
    return check_result();
}
