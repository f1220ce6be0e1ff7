/* SPDX-License-Identifier: Apache-2.0
 *
 * What image, audio and code models stand on: least squares, distributions, instruction lengths.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "base/strict_math.h"
#include "check.h"
#include "kernel_sets.h"
#include "predict/components/binary/x86_instruction.h"
#include "predict/density.h"
#include "predict/least_squares.h"

enum { ARENA_BYTES = 1 << 17 };

static uint64_t rng_state = 1;

static uint32_t rng(void)
{
    rng_state = rng_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(rng_state >> 32);
}

static uint8_t *arena_memory(void)
{
    static uint8_t memory[ARENA_BYTES + ARENA_ALIGN];
    memset(memory, 0, sizeof memory);
    return memory + (ARENA_ALIGN - (uintptr_t)memory % ARENA_ALIGN) % ARENA_ALIGN;
}

static void fill(float *x, unsigned n, int range)
{
    for (unsigned i = 0; i < n; i++)
        x[i] = (float)((int)(rng() % (2u * (unsigned)range + 1)) - range);
}

/* A linear law is found, whatever the number of inputs and the interval. */
static void check_law_is_found(unsigned n, unsigned interval)
{
    float x[LEAST_SQUARES_WIDTH_MAX] __attribute__((aligned(64))) = {0}, law[LEAST_SQUARES_MAX];
    struct kernels kernels;
    struct least_squares ls;
    struct arena arena = {arena_memory(), ARENA_BYTES, 0};
    kernels_select(&kernels, cpu_features());
    least_squares_lay_out(&ls, &arena, &kernels, n, 0.999f, 0.001f, interval);
    for (unsigned i = 0; i < n; i++)
        law[i] = (float)((int)(rng() % 9) - 4) * 0.25f;
    float error = 0;
    for (int round = 0; round < 600; round++) {
        fill(x, n, 100);
        float target = 0;
        for (unsigned i = 0; i < n; i++)
            target += x[i] * law[i];
        error = least_squares_predict(&ls, x) - target;
        least_squares_learn(&ls, x, target);
        CHECK(x[n] == 0);
    }
    CHECK_MSG(error < 0.5f && error > -0.5f, "%u inputs, interval %u: off by %g", n, interval,
              (double)error);
}

/* Inputs that say all the same, jump by ten orders of magnitude or are all zero: the predictions stay
 * numbers, and are the same from every kernel table. */
static void check_extremes(uint32_t features, uint32_t *checksum)
{
    float x[LEAST_SQUARES_WIDTH_MAX] __attribute__((aligned(64))) = {0};
    struct kernels kernels;
    struct least_squares ls;
    struct arena arena = {arena_memory(), ARENA_BYTES, 0};
    kernels_select(&kernels, features);
    least_squares_lay_out(&ls, &arena, &kernels, 31, 0.98f, 4.0f, 1);
    rng_state = 7;
    *checksum = 0;
    for (int round = 0; round < 4000; round++) {
        int kind = round / 100 % 4;
        fill(x, 31, kind == 0 ? 131070 : kind == 1 ? 1 : 255);
        for (unsigned i = 0; i < 31 && kind >= 2; i++)
            x[i] = kind == 2 ? x[0] : 0;
        float p = least_squares_predict(&ls, x);
        CHECK(p > -1e15f && p < 1e15f);
        *checksum = *checksum * 31 + strict_to_bits(p);
        least_squares_learn(&ls, x, (float)((int)(rng() % 131071) - 65535));
    }
}

/* The bits' probabilities multiply to the number's: they sum to 1 and are highest at the guess. */
static void check_density(float middle, float scale)
{
    struct kernels kernels;
    double sum = 0, best = 0;
    unsigned at_best = 0;
    kernels_select(&kernels, cpu_features());
    for (unsigned value = 0; value < 256; value++) {
        struct density d;
        double p = 1;
        density_begin(&d, 256);
        density_guess(&d, middle, scale);
        for (int b = 7; b >= 0; b--) {
            float x[INPUTS_MAX], stretched[DENSITY_GUESSES_MAX];
            struct mixer_inputs inputs = {.x = x};
            int bit = value >> b & 1;
            density_predict(&d, &kernels, &inputs, stretched);
            CHECK(inputs.n == 1 && x[0] == stretched[0] && x[0] > -8 && x[0] < 8);
            p *= (double)strict_squash(bit ? x[0] : -x[0]);
            density_update(&d, bit);
        }
        sum += p;
        if (value == 0 || value == 255) /* all that lies beyond counts there */
            continue;
        at_best = p > best ? value : at_best;
        best = p > best ? p : best;
    }
    CHECK_MSG(sum > 0.999 && sum < 1.001, "%g, %g: sum %g", (double)middle, (double)scale, sum);
    CHECK_MSG((int)at_best >= (int)middle - 1 && (int)at_best <= (int)middle + 1, "%g: best at %u",
              (double)middle, at_best);
}

static void check_instruction_lengths(void)
{
    static const struct {
        const char *bytes;
        unsigned n;
    } instructions[] = {
        {"\x90", 1},                         /* nop */
        {"\x55", 1},                         /* push rbp */
        {"\x48\x89\xe5", 3},                 /* mov rbp, rsp */
        {"\x48\x8b\x05\x01\x02\x03\x04", 7}, /* mov rax, [rip + ...] */
        {"\x8b\x44\x24\x08", 4},             /* mov eax, [rsp + 8] */
        {"\x8b\x84\x24\x01\x02\x03\x04", 7}, /* the same, far */
        {"\x48\xb8\1\2\3\4\5\6\7\x08", 10},  /* mov rax, 64 bits */
        {"\xb8\1\2\3\4", 5},                 /* mov eax, 32 bits */
        {"\x66\xb8\1\2", 4},                 /* mov ax, 16 bits */
        {"\xe8\1\2\3\4", 5},                 /* call */
        {"\x0f\x84\1\2\3\4", 6},             /* jz, far */
        {"\x74\x05", 2},                     /* jz */
        {"\xf6\xc1\x01", 3},                 /* test cl, 1 */
        {"\xf7\xd8", 2},                     /* neg eax */
        {"\xf7\xc1\1\2\3\4", 6},             /* test ecx, ... */
        {"\x83\x7d\xfc\x00", 4},             /* cmp dword [rbp - 4], 0 */
        {"\x81\xec\1\2\3\4", 6},             /* sub esp, ... */
        {"\x0f\xb6\x04\x07", 4},             /* movzx eax, byte [rdi + rax] */
        {"\x66\x0f\x3a\x0f\xc1\x08", 6},     /* palignr xmm0, xmm1, 8 */
        {"\x66\x0f\x38\x00\xc1", 5},         /* pshufb xmm0, xmm1 */
        {"\xc5\xf8\x77", 3},                 /* vzeroupper */
        {"\xf3\x0f\x1e\xfa", 4},             /* endbr64 */
        {"\x66\x0f\x1f\x84\0\0\0\0\0", 9},   /* nop, long */
        {"\x8b\x04\x85\1\2\3\4", 7},         /* mov eax, [rax * 4 + ...] */
        {"\xc2\x08\x00", 3},                 /* ret 8 */
        {"\xc3", 1},                         /* ret */
        {"\x69\xc0\1\2\3\4", 6},             /* imul eax, eax, ... */
        {"\x6b\xc0\x03", 3},                 /* imul eax, eax, 3 */
    };
    for (size_t i = 0; i < sizeof instructions / sizeof *instructions; i++) {
        struct x86_instruction x = {.phase = X86_OPCODE};
        unsigned n = 0;
        bool ended = false;
        while (!ended && n < instructions[i].n)
            ended = x86_instruction_next(&x, (uint8_t)instructions[i].bytes[n++]);
        CHECK_MSG(ended && n == instructions[i].n, "instruction %zu: %u bytes", i, n);
    }
}

/* Any bytes: an instruction ends within what the tables allow, and the next begins afresh. */
static void check_instruction_bounds(void)
{
    struct x86_instruction x = {.phase = X86_OPCODE};
    unsigned n_since_prefix = 0;
    for (int i = 0; i < 1000000; i++) {
        bool was_first = x.phase == X86_OPCODE;
        bool ended = x86_instruction_next(&x, rng() & 0xff);
        n_since_prefix = was_first ? 1 : n_since_prefix + 1;
        CHECK(n_since_prefix <= 15 && x.n_left <= 8 && x.opcode < 0x300 && x.modrm < 0x200);
        CHECK(!ended || (x.phase == X86_OPCODE && x.opcode == 0));
    }
}

int main(void)
{
    for (unsigned n = 1; n <= LEAST_SQUARES_MAX; n += 1 + n / 3)
        for (unsigned interval = 1; interval <= 8; interval += 7)
            check_law_is_found(n, interval);
    uint32_t expected, features = cpu_features();
    check_extremes(CPU_SCALAR, &expected);
    for (uint32_t set = CPU_SCALAR; set != features;) {
        set = kernel_set_after(set, features);
        uint32_t checksum;
        check_extremes(set, &checksum);
        CHECK_MSG(checksum == expected, "features %x", set);
    }
    for (float middle = 0; middle <= 255; middle += 36.4f)
        for (float scale = 0.5f; scale < 50; scale *= 4)
            check_density(middle, scale);
    check_instruction_lengths();
    check_instruction_bounds();
    return check_result();
}
