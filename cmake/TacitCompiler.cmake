# SPDX-License-Identifier: Apache-2.0
# Flags that every target of the project shares. The floating-point flags are part of the file
# format's promise (docs/numerics.md): without them two machines may disagree on an archive.
add_library(tacit_flags INTERFACE)
target_compile_options(tacit_flags INTERFACE
    -ffp-contract=off -fno-fast-math -fno-math-errno -fno-strict-aliasing
    -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wpointer-arith
    -Wcast-qual -Wundef -Wwrite-strings)
# In standard mode gcc on s390x computes float expressions in double, for compatibility with itself of
# long ago; this switch turns that off. FLT_EVAL_METHOD is asserted where it matters.
if(CMAKE_C_COMPILER_ID STREQUAL "GNU" AND CMAKE_SYSTEM_PROCESSOR MATCHES "^s390")
    target_compile_options(tacit_flags INTERFACE -fexcess-precision=fast)
endif()
if(TACIT_WERROR)
    target_compile_options(tacit_flags INTERFACE -Werror)
endif()
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release)
endif()
