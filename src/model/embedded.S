/* SPDX-License-Identifier: Apache-2.0
 *
 * The model file as it is, in the library's read-only data: pages are read as they are needed.
 */
    .section .rodata
    .balign 4096
    .globl tacit_embedded_model
    .hidden tacit_embedded_model
tacit_embedded_model:
    .incbin TACIT_EMBEDDED_FILE
    .globl tacit_embedded_model_end
    .hidden tacit_embedded_model_end
tacit_embedded_model_end:
    .byte 0

    .section .note.GNU-stack,"",%progbits
