# SPDX-License-Identifier: Apache-2.0
set(CMAKE_SYSTEM_PROCESSOR s390x)
include(${CMAKE_CURRENT_LIST_DIR}/toolchain.cmake)
