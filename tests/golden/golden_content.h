/* SPDX-License-Identifier: Apache-2.0
 *
 * The content of the golden archives: one generator for each class of content that the format
 * treats on its own. Integers and a seed only, so that every machine makes the same bytes. What a
 * class makes never changes once an archive of it is released; another need is another class.
 */
#ifndef TACIT_TESTS_GOLDEN_CONTENT_H
#define TACIT_TESTS_GOLDEN_CONTENT_H

#include <stddef.h>
#include <stdint.h>

/* X(name, what) in the order of their numbers. */
#define GOLDEN_CLASS_TABLE(X)                                                                      \
    X(zeros, "one value")                                                                          \
    X(bytes, "0, 1, 2 ... 255 again and again")                                                    \
    X(random, "nothing to gain")                                                                   \
    X(prose, "sentences of a skewed vocabulary")                                                   \
    X(accents, "the same with two-byte UTF-8 letters, some of them broken")                        \
    X(markup, "nested XML elements with attributes")                                               \
    X(source, "lines of code, indented")                                                           \
    X(log, "time stamps, addresses, messages")                                                     \
    X(csv, "rows of fields, columns that correlate")                                               \
    X(records, "binary rows of 24 bytes")                                                          \
    X(x86, "an ELF header, then code with relative calls")                                         \
    X(image8, "PGM: header and rows of grey")                                                      \
    X(image24, "BMP: header and padded rows of colour")                                            \
    X(image32, "BMP: header and rows of colour and alpha")                                         \
    X(audio16, "WAV: header and stereo samples")                                                   \
    X(bitmap, "PBM: header and rows of black and white")                                           \
    X(repeats, "text that comes again, whole pages of it")                                         \
    X(mixed, "stretches of the others")                                                            \
    X(crlf, "sentences, lines that end with CR LF and some that do not")                           \
    X(tar, "a tar of short files of sentences")                                                    \
    X(holes, "lines of fields parted by SOH, with runs of NUL and base64 between")                 \
    X(wide, "UTF-16 with a mark, then UTF-32, lines that end with CR LF")                          \
    X(digits, "mail with base64, JSON strings with base64 for URLs, hexadecimal lines")            \
    X(sounds, "sound files of every other width and byte order")                                   \
    X(caption, "a few sentences, then a sound file")                                               \
    X(pictures, "image files of 16-bit samples")                                                   \
    X(dumps, "dumps of sentences and records by several programs")                                 \
    X(words, "the same as dumps of words")                                                         \
    X(alpha, "image files of four 16-bit samples a pixel")                                         \
    X(figures, "image files of 8-bit samples, gray and of four, and of bits")                      \
    X(forms, "UTF-16 without a mark, digits and dumps as the classes before do not have them")     \
    X(gaps, "a tar with a block more behind each file")                                            \
    X(pages, "sentences, and all of them again")                                                   \
    X(news, "a tar as above, then English prose, which language models know better")               \
    X(database, "a database of SQLite")                                                            \
    X(numbers, "nested arrays of numbers, rows of measurements, numbers too long or too deep")     \
    X(letters, "English prose, words in capitals, letters and bytes of other kinds, some CR LF")

#define GOLDEN_CLASS_ENUM(name, what) GOLDEN_##name,
enum golden_class { GOLDEN_CLASS_TABLE(GOLDEN_CLASS_ENUM) GOLDEN_N_CLASSES };
#undef GOLDEN_CLASS_ENUM

/* The last part of forms begins there. */
enum { GOLDEN_FORMS_BLOCK = 2200 };

const char *golden_class_name(enum golden_class kind);

/* Fills out[0 .. n); shorter content is not always a prefix of longer content. */
void golden_fill(uint8_t *out, size_t n, enum golden_class kind);

#endif
