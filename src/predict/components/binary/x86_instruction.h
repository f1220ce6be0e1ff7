/* SPDX-License-Identifier: Apache-2.0
 *
 * Follows x86-64 code byte by byte and tells where in an instruction the next byte stands. It knows
 * lengths, not meanings. From any start it agrees with real code after a few instructions.
 */
#ifndef TACIT_PREDICT_COMPONENTS_BINARY_X86_INSTRUCTION_H
#define TACIT_PREDICT_COMPONENTS_BINARY_X86_INSTRUCTION_H

#include <stdbool.h>
#include <stdint.h>

enum x86_phase {
    X86_OPCODE = 0, /* or a prefix */
    X86_OPCODE_0F = 1,
    X86_OPCODE_0F3 = 2, /* after 0F 38 or 0F 3A */
    X86_VEX = 3,        /* the rest of a VEX prefix */
    X86_MODRM = 4,
    X86_SIB = 5,
    X86_DISPLACEMENT = 6,
    X86_IMMEDIATE = 7,
};

struct x86_instruction {
    enum x86_phase phase;
    uint32_t opcode; /* with the number of its map above the low 8 bits; 0 before it is known */
    uint32_t modrm;  /* 0 before it is known */
    /* bytes of the displacement or immediate or VEX prefix that are still to come */
    uint32_t n_left;
    uint32_t n_immediate;
    bool wide; /* REX.W */
    bool operand16;
    bool has_modrm;
};

/* Takes in a byte; true if it was the instruction's last byte. */
bool x86_instruction_next(struct x86_instruction *x, unsigned byte);

#endif
