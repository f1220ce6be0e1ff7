# SPDX-License-Identifier: Apache-2.0
# cmake -DOUT=pages.c -DFILES="a.html;b.html" -P embed_pages.cmake: each file as an array of characters named
# like it, with a byte 0 at its end.
set(text "#include \"cli/measure/pages.h\"\n")
foreach(file ${FILES})
    get_filename_component(name ${file} NAME_WE)
    file(READ ${file} bytes HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
    string(APPEND text "const char ${name}[] = {${bytes}0};\n")
endforeach()
file(WRITE ${OUT} "${text}")
