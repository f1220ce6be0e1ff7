# SPDX-License-Identifier: Apache-2.0
# libtacit.a and libtacit.so from tacit_objects, and all that `cmake --install` puts beside them:
# headers, pkg-config file, CMake package (tacit::tacit is the shared, tacit::tacit_static the
# static library).
include(CMakePackageConfigHelpers)

add_library(tacit_static STATIC $<TARGET_OBJECTS:tacit_objects>)
add_library(tacit_shared SHARED $<TARGET_OBJECTS:tacit_objects>)
foreach(library tacit_static tacit_shared)
    target_include_directories(${library} INTERFACE
        $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
        $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>
        $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    target_link_libraries(${library} PRIVATE PkgConfig::zstd Threads::Threads)
    set_target_properties(${library} PROPERTIES OUTPUT_NAME tacit LINKER_LANGUAGE C)
endforeach()
set_target_properties(tacit_shared PROPERTIES
    EXPORT_NAME tacit VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}
    LINK_DEPENDS ${PROJECT_SOURCE_DIR}/cmake/libtacit.map)
target_link_options(tacit_shared PRIVATE
    -Wl,--version-script=${PROJECT_SOURCE_DIR}/cmake/libtacit.map)

install(TARGETS tacit_static tacit_shared EXPORT tacit
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/tacit ${PROJECT_BINARY_DIR}/include/tacit
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")

file(RELATIVE_PATH TACIT_PC_TO_PREFIX /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
configure_file(${PROJECT_SOURCE_DIR}/cmake/tacit.pc.in ${PROJECT_BINARY_DIR}/tacit.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/tacit.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/tacit)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/tacit-config.cmake.in
    ${PROJECT_BINARY_DIR}/tacit-config.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/tacit-config-version.cmake
    COMPATIBILITY SameMajorVersion)
install(FILES ${PROJECT_BINARY_DIR}/tacit-config.cmake
              ${PROJECT_BINARY_DIR}/tacit-config-version.cmake
        DESTINATION ${package_dir})
install(EXPORT tacit NAMESPACE tacit:: FILE tacit-targets.cmake DESTINATION ${package_dir})
