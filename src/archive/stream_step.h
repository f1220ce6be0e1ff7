/* SPDX-License-Identifier: Apache-2.0
 *
 * How encoder and decoder advance. Each has input, a queue of blocks under way, and output that is
 * lined up. A call of tacit_encoder_run or tacit_decoder_run takes steps as long as they move
 * something. A step does the first of these that it can: give out what is lined up, line up the
 * oldest block if it is done, take input. If it can do none of them and more input would not help, it
 * waits for the oldest block.
 */
#ifndef TACIT_ARCHIVE_STREAM_STEP_H
#define TACIT_ARCHIVE_STREAM_STEP_H

enum stream_step {
    STEP_MOVED,       /* something was done: take another step */
    STEP_NOTHING,     /* of a part of a step: it could do nothing now */
    STEP_OUTPUT_FULL, /* the caller has to make room in the output */
    STEP_INPUT_EMPTY, /* the caller has to bring more input, or to say that there is none */
    STEP_DONE,        /* all input is taken and all output is given */
    STEP_FAILED,      /* with the status in the field `failed`; no step may follow */
};

#endif
