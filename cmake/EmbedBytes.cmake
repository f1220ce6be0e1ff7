# SPDX-License-Identifier: Apache-2.0
# embed_bytes(OUT FILE NAME): writes OUT, C source with the file's bytes as `const unsigned char NAME[]`, when cmake
# runs, which it does again if the file changes.
function(embed_bytes out file name)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file(READ ${file} bytes HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
    string(REPEAT "[^\n]" 120 line)
    string(REGEX REPLACE "(${line})" "\\1\n" bytes "${bytes}")
    file(CONFIGURE OUTPUT ${out} @ONLY CONTENT
        "extern const unsigned char ${name}[];\nconst unsigned char ${name}[] = {\n${bytes}\n};\n")
endfunction()
