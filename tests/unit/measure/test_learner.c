/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdint.h>

#include "check.h"
#include "tacit/buffer.h"
#include "tacit/eval.h"
#include "unit/samples.h"

/* Context models alone: the archive is as long as the learner says, but for its frame. */
static void test_learner(void)
{
    static uint8_t data[2500], out[4000];
    static float bits[2500];
    struct tacit_learner *learner;
    double sum, half, rest, total = 0;
    size_t n_out;
    struct tacit_options options;
    sample_fill(data, sizeof data, SAMPLE_TEXT, 1);
    CHECK(tacit_learner_create(&learner, 0, 0) == TACIT_ERR_ARGUMENT && !learner);
    CHECK(tacit_learner_create(&learner, 6, sizeof data) == TACIT_OK);
    CHECK(tacit_learner_read(learner, data, sizeof data, bits, &sum) == TACIT_OK);
    tacit_learner_destroy(learner);
    for (size_t i = 0; i < sizeof data; i++)
        total += (double)bits[i];
    CHECK(fabs(total - sum) < 1e-6 * sum);
    tacit_options_init(&options);
    options.no_model = 1;
    CHECK(tacit_buffer_compress(data, sizeof data, out, sizeof out, &n_out, &options) == TACIT_OK);
    CHECK_MSG(fabs((double)n_out - sum / 8) < 0.001 * (double)n_out + 64, "%f computed, %zu coded",
              sum / 8, n_out);
    /* Bits add up over any split. */
    CHECK(tacit_learner_create(&learner, 6, sizeof data) == TACIT_OK);
    CHECK(tacit_learner_read(learner, data, 1234, NULL, &half) == TACIT_OK);
    CHECK(tacit_learner_read(learner, data + 1234, sizeof data - 1234, NULL, &rest) == TACIT_OK);
    CHECK(fabs(half + rest - sum) < 1e-6 * sum);
    tacit_learner_destroy(learner);
    tacit_learner_destroy(NULL);
}

int main(void)
{
    test_learner();
    return check_result();
}
