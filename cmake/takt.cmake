# SPDX-License-Identifier: Apache-2.0
# The three kinds of target in this tree: a layer, its tests, its fuzzers.

# The architecture that is built for: which *_x86.cpp or *_arm64.cpp files.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  set(TAKT_ARCH x86)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  set(TAKT_ARCH arm64)
else()
  message(FATAL_ERROR "takt is for x86-64 and arm64, not ${CMAKE_SYSTEM_PROCESSOR}")
endif()

find_package(fmt REQUIRED)
find_package(Threads REQUIRED)
find_package(GTest REQUIRED)

add_library(takt_flags INTERFACE)
target_include_directories(takt_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(takt_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wold-style-cast -Wcast-align -Wcast-qual
  -Wnon-virtual-dtor -Wundef)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(takt_flags INTERFACE -Wthread-safety -Wsuggest-override)
else()
  target_compile_options(takt_flags INTERFACE -Wsuggest-override -Wno-attributes=clang::)
endif()
if(TAKT_WERROR)
  target_compile_options(takt_flags INTERFACE -Werror)
endif()
if(TAKT_SANITIZE)
  target_compile_options(takt_flags INTERFACE
    -fsanitize=${TAKT_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(takt_flags INTERFACE -fsanitize=${TAKT_SANITIZE})
  if(TAKT_SANITIZE MATCHES "undefined") # vptr checks need RTTI
    target_compile_options(takt_flags INTERFACE -fno-sanitize=vptr)
  endif()
endif()

if(TAKT_FUZZ) # coverage of all code under test, not of the fuzzer's own file only
  target_compile_options(takt_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# Layers that run on real-time paths: errors are values, nothing throws.
add_library(takt_rt_flags INTERFACE)
target_compile_options(takt_rt_flags INTERFACE -fno-exceptions -fno-rtti)
target_link_libraries(takt_rt_flags INTERFACE takt_flags)

# takt_layer(NAME SOURCES files... LIBS libs... [EXCEPTIONS])
# A folder of src/ as a static library `takt_NAME`.
function(takt_layer name)
  cmake_parse_arguments(arg "EXCEPTIONS" "" "SOURCES;LIBS" ${ARGN})
  add_library(takt_${name} STATIC ${arg_SOURCES})
  target_link_libraries(takt_${name} PUBLIC ${arg_LIBS})
  if(arg_EXCEPTIONS)
    target_link_libraries(takt_${name} PRIVATE takt_flags)
  else()
    target_link_libraries(takt_${name} PRIVATE takt_rt_flags)
  endif()
endfunction()

# The real-time guards (base/rt_guard.h). The preset `guard` has them in a release, for the lab.
set(takt_rt_guard_default ON)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  set(takt_rt_guard_default OFF)
endif()
option(TAKT_RT_GUARD "What real-time code must not do ends the program (off: it is counted)"
  ${takt_rt_guard_default})
set(takt_rt_guard_definition)
if(TAKT_SANITIZE) # sanitizers define the same functions
  set(takt_rt_guard_definition TAKT_RT_GUARD_ABSENT)
elseif(TAKT_RT_GUARD)
  set(takt_rt_guard_definition TAKT_RT_GUARD)
endif()

# takt_guard(PROGRAM): puts the guards into it, and names into the stack traces that they print.
function(takt_guard program)
  if(TAKT_SANITIZE OR NOT TARGET ${program})
    return()
  endif()
  target_link_libraries(${program} PRIVATE takt_rt_guard ${CMAKE_DL_LIBS})
  if(TAKT_RT_GUARD)
    set_target_properties(${program} PROPERTIES ENABLE_EXPORTS ON)
  endif()
endfunction()

# takt_test(NAME [THREADS] [ARCH] SOURCES files... LIBS libs...)
# A GoogleTest binary, one ctest entry, labelled "unit"; "threads" too if it has several, "arch" if what it tests
# differs by architecture (targets takt_tests_threads, takt_tests_arch: these and what they need). A binary without tests fails.
# Not in release builds: those are for users and for whole-system tests.
add_custom_target(takt_tests_threads)
add_custom_target(takt_tests_arch)
function(takt_test name)
  if(CMAKE_BUILD_TYPE STREQUAL "Release")
    return()
  endif()
  cmake_parse_arguments(arg "THREADS;ARCH" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE takt_flags ${arg_LIBS} GTest::gtest GTest::gtest_main)
  target_compile_options(${name} PRIVATE -fno-rtti)
  if(TAKT_SANITIZE) # an optimised test with a sanitizer takes twice the time to compile
    target_compile_options(${name} PRIVATE -O0)
  endif()
  add_test(NAME ${name} COMMAND ${name})
  set(labels unit)
  foreach(kind THREADS ARCH)
    if(arg_${kind})
      string(TOLOWER ${kind} label)
      list(APPEND labels ${label})
      add_dependencies(takt_tests_${label} ${name})
    endif()
  endforeach()
  set_tests_properties(${name} PROPERTIES LABELS "${labels}" TIMEOUT 120
    FAIL_REGULAR_EXPRESSION "0 tests from 0 test suites ran")
endfunction()

# takt_fuzz(NAME SOURCES files... LIBS libs...)
# A libFuzzer target that runs for a few seconds as a test, labelled "fuzz".
# A corpus beside the source, in NAME.corpus/, is used as seed where it exists.
set(TAKT_FUZZ_SECONDS 4 CACHE STRING "Seconds each fuzzer runs as a test")
function(takt_fuzz name)
  if(NOT TAKT_FUZZ)
    return()
  endif()
  cmake_parse_arguments(arg "" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE takt_rt_flags ${arg_LIBS})
  target_compile_options(${name} PRIVATE -fsanitize=fuzzer)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  set(corpus ${CMAKE_CURRENT_BINARY_DIR}/${name}.corpus)
  file(MAKE_DIRECTORY ${corpus})
  set(seeds)
  if(IS_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}/${name}.corpus)
    set(seeds ${CMAKE_CURRENT_SOURCE_DIR}/${name}.corpus)
  endif()
  add_test(NAME ${name} COMMAND ${name} -max_total_time=${TAKT_FUZZ_SECONDS} -timeout=5
    -rss_limit_mb=1024 -print_final_stats=1 ${corpus} ${seeds})
  set_tests_properties(${name} PROPERTIES LABELS fuzz TIMEOUT 120)
endfunction()
