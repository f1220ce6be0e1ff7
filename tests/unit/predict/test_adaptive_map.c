/* SPDX-License-Identifier: Apache-2.0
 *
 * Adaptive probabilities: where they go under constant bits, and near which mean they stay.
 */
#include "check.h"
#include "predict/adaptive_map.h"

static void check_adaptive(void)
{
    struct adaptive_rates rates;
    adaptive_rates_init(&rates);
    for (int bit = 0; bit < 2; bit++) {
        uint32_t word = adaptive_start(32768, 0);
        for (int i = 0; i < 100000; i++)
            adaptive_update(&word, bit, &rates, 1023);
        CHECK_MSG(adaptive_p12(word) / 2 == (bit ? 2047u : 0u), "%x", word); /* within 2^-11 */
    }
    uint32_t word = adaptive_start(32768, 0);
    for (int i = 0; i < 40000; i++)
        adaptive_update(&word, i % 4 == 0, &rates, 255);
    CHECK_MSG(adaptive_p12(word) > 1000 && adaptive_p12(word) < 1048, "%x", word);
}

int main(void)
{
    check_adaptive();
    return check_result();
}
