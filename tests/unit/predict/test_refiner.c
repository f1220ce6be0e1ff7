/* SPDX-License-Identifier: Apache-2.0
 *
 * The refiner: at first it changes next to nothing, then it learns.
 */
#include <stdlib.h>

#include "base/strict_math.h"
#include "check.h"
#include "predict/refiner.h"

static void check_refiner(void)
{
    struct arena sizes = {0};
    struct refiner refiner = {0};
    struct refiner_stream stream = {0};
    refiner_lay_out(&refiner, &sizes, REFINER_MAPS);
    struct arena arena = {aligned_alloc(64, sizes.used), sizes.used, 0};
    refiner_lay_out(&refiner, &arena, REFINER_MAPS);
    uint8_t ring[16] = {0};
    struct history h = {.ring = ring, .mask = 15, .partial = 1};
    for (float x = -14; x <= 14; x += 0.37f) {
        float p = strict_squash(x), refined = refiner_predict(&refiner, &stream, &h, x, p);
        CHECK_MSG(refined > 0 && refined < 1, "%g", x);
        CHECK_MSG((refined - p) * (refined - p) < 0.02f * 0.02f, "%g changes %g to %g", x, p,
                  refined);
    }
    float before = refiner_predict(&refiner, &stream, &h, 1.0f, strict_squash(1.0f));
    for (int i = 0; i < 500; i++) {
        refiner_predict(&refiner, &stream, &h, 1.0f, strict_squash(1.0f));
        refiner_update(&refiner, &stream, 0);
    }
    float after = refiner_predict(&refiner, &stream, &h, 1.0f, strict_squash(1.0f));
    CHECK_MSG(after < before - 0.3f, "%g to %g", before, after);
    free(arena.memory);
}

int main(void)
{
    check_refiner();
    return check_result();
}
