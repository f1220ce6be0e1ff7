/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sha256.h"

#include <string.h>

#include "check.h"

static void digest_hex(const char *data, size_t n, size_t piece, char hex[65])
{
    struct sha256 sha;
    uint8_t digest[SHA256_BYTES];
    sha256_init(&sha);
    for (size_t i = 0; i < n; i += piece)
        sha256_update(&sha, data + i, n - i < piece ? n - i : piece);
    sha256_final(&sha, digest);
    for (int i = 0; i < SHA256_BYTES; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

/* The machine's own instructions, if it has any, against plain C. */
static void check_blocks(void)
{
    enum { N_BLOCKS = 9 };
    uint8_t data[64 * N_BLOCKS + 1];
    uint32_t x = 1;
    sha256_blocks_fn *fastest = sha256_blocks_choose();
    for (int round = 0; round < 1000; round++) {
        uint32_t plain[8], fast[8];
        for (size_t i = 0; i < sizeof data; i++)
            data[i] = (uint8_t)((x = x * 1664525 + 1013904223) >> 24);
        for (size_t i = 0; i < 8; i++)
            plain[i] = x = x * 1664525 + 1013904223;
        memcpy(fast, plain, sizeof fast);
        size_t n_blocks = (size_t)round % (N_BLOCKS + 1);
        sha256_blocks_scalar(plain, data + round % 2, n_blocks);
        fastest(fast, data + round % 2, n_blocks);
        CHECK_MSG(memcmp(plain, fast, sizeof plain) == 0, "round %d", round);
    }
}

/* From FIPS 180-4's examples, and every length about the block's, in pieces that end anywhere. */
int main(void)
{
    char hex[65], whole[65], a[200];
    digest_hex("", 0, 1, hex);
    CHECK(!strcmp(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    digest_hex("abc", 3, 3, hex);
    CHECK(!strcmp(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    digest_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, 56, hex);
    CHECK(!strcmp(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"));
    memset(a, 'a', sizeof a);
    for (size_t n = 0; n <= sizeof a; n++) {
        digest_hex(a, n, n + 1, whole);
        digest_hex(a, n, 1 + n % 67, hex);
        CHECK_MSG(!strcmp(hex, whole), "length %zu", n);
    }
    digest_hex(a, 119, 7, hex);
    CHECK(!strcmp(hex, "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb"));
    check_blocks();
    return check_result();
}
