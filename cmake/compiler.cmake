# SPDX-License-Identifier: Apache-2.0
# clang 19 or newer, and why nothing else: docs/adr/0001-clang-19.md.
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang" OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
  message(FATAL_ERROR
    "Tollgate must be built with clang 19 or newer; "
    "this is ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}.\n"
    "Of 21 small coroutine programs g++ 12.2 corrupted memory in 8 "
    "and failed to compile 1; clang 19 passed all.\n"
    "On Debian 12: apt-get install clang-19 lld-19, then configure with --preset release.")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(TG_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
    -Wno-missing-designated-field-initializers -Werror)

find_program(TG_CCACHE ccache)
if(TG_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${TG_CCACHE})
  # A precompiled header carries the time it was made; ccache must not mistake that for a change.
  add_compile_options(-Xclang -fno-pch-timestamp)
  set(ENV{CCACHE_SLOPPINESS} pch_defines,time_macros)
endif()
add_link_options(-fuse-ld=lld -Wl,--gc-sections)
add_compile_options(-ffunction-sections -fdata-sections -fno-omit-frame-pointer)
add_link_options(-pie -Wl,-z,relro,-z,now)
add_compile_definitions(_GLIBCXX_ASSERTIONS)

if(TG_SANITIZE)
  # Debian's SOCI hides the type information that the vptr check needs.
  add_compile_options(-fsanitize=${TG_SANITIZE} -fno-sanitize-recover=all -fno-sanitize=vptr)
  add_link_options(-fsanitize=${TG_SANITIZE} -fno-sanitize=vptr)
else()
  add_compile_options(-fstack-protector-strong)
  add_compile_definitions($<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2>)
endif()

# What calls execute most often, counted by ./dev profile: hot code lies together and is inlined.
# Functions that are not in it, or have changed since, are compiled as they would be without it.
# Only rooms that a call passes through count and are compiled so (PROFILED, cmake/rooms.cmake).
set(TG_PROFILE "" CACHE STRING "of the executed code: make it, use it, or nothing")
# A static function is known by its file's name, wherever the sources lie.
set(TG_PROFILE_OPTIONS "SHELL:-mllvm -static-func-full-module-prefix=false")
if(TG_PROFILE STREQUAL "make")
  list(APPEND TG_PROFILE_OPTIONS -fprofile-generate)
  add_link_options(-fprofile-generate)
elseif(TG_PROFILE STREQUAL "use")
  find_program(LLVM_PROFDATA NAMES llvm-profdata-19 llvm-profdata REQUIRED)
  set(text ${CMAKE_SOURCE_DIR}/profile/tollgate.proftext)
  set(profile ${CMAKE_BINARY_DIR}/tollgate.profdata)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${text})
  execute_process(COMMAND ${LLVM_PROFDATA} merge -o ${profile} ${text} COMMAND_ERROR_IS_FATAL ANY)
  list(APPEND TG_PROFILE_OPTIONS -fprofile-use=${profile}
       -Wno-profile-instr-unprofiled -Wno-profile-instr-out-of-date
       "SHELL:-mllvm -no-pgo-warn-mismatch")
endif()
