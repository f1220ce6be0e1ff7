# SPDX-License-Identifier: Apache-2.0
# Installs into a fresh folder and builds a program outside the project against what is there: by CMake
# package with the shared and the static library, and by pkg-config.
set(work ${BUILD}/tests/install)
file(REMOVE_RECURSE ${work})

function(run)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(NOT result EQUAL 0)
        string(REPLACE ";" " " command "${ARGN}")
        message(FATAL_ERROR "${command}\n${output}")
    endif()
endfunction()

run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${work}/prefix)
run(${CMAKE_COMMAND} -G Ninja -S ${CMAKE_CURRENT_LIST_DIR}/consumer -B ${work}/build
    -D CMAKE_PREFIX_PATH=${work}/prefix -D CMAKE_C_COMPILER=${CC} "-D CMAKE_C_FLAGS=${FLAGS}")
run(${CMAKE_COMMAND} --build ${work}/build)
run(${work}/build/consumer_shared)
run(${work}/build/consumer_static)

set(ENV{PKG_CONFIG_PATH} ${work}/prefix/${LIBDIR}/pkgconfig)
execute_process(COMMAND pkg-config --cflags --libs tacit OUTPUT_VARIABLE flags
                OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
separate_arguments(flags UNIX_COMMAND "${FLAGS} ${flags}")
run(${CC} ${CMAKE_CURRENT_LIST_DIR}/consumer/main.c -o ${work}/by_pkg_config ${flags}
    -Wl,-rpath,${work}/prefix/${LIBDIR})
run(${work}/by_pkg_config)

run(${work}/prefix/bin/tacit --version)
foreach(file man/man1/tacit.1 man/man1/tacit-models.1 bash-completion/completions/tacit zsh/site-functions/_tacit
        mime/packages/tacit.xml tacit/tacit.magic tacit/lessfilter)
    if(NOT EXISTS ${work}/prefix/share/${file})
        message(FATAL_ERROR "share/${file} was not installed")
    endif()
endforeach()
