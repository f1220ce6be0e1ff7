/* SPDX-License-Identifier: Apache-2.0
 *
 * The steps of encoder and decoder. Each has input, a queue of blocks, and a piece of output that
 * is ready. A call of tacit_encoder_run or tacit_decoder_run takes steps as long as they make
 * progress. A step does the first of these that is possible: give out the ready piece, make the
 * oldest block ready if it is done, take input. If none is possible and more input would not help,
 * the step waits for the oldest block.
 */
#ifndef TACIT_ARCHIVE_STREAM_STEP_H
#define TACIT_ARCHIVE_STREAM_STEP_H

enum stream_step {
    STEP_MOVED,       /* the step made progress: take another */
    STEP_NOTHING,     /* of a part of a step: it is not possible now */
    STEP_OUTPUT_FULL, /* the caller has to make room in the output */
    STEP_INPUT_EMPTY, /* the caller has to bring more input, or to say that there is none */
    STEP_DONE,        /* all input is taken and all output is given */
    STEP_FAILED,      /* the status is in the field `failed`; no step may follow */
};

#endif
