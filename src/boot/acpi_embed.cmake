# SPDX-License-Identifier: Apache-2.0
# cmake -DIASL= -DASL= -DAML= -DHEADER= -DNAME= -DDEFINE= -P acpi_embed.cmake
# Compiles one ASL file and writes the AML as a constexpr array. A warning of iasl's is an error.
# DEFINE, which may be empty, is defined for the ASL's #ifdef.
set(define)
if(DEFINE)
  set(define -D ${DEFINE})
endif()
execute_process(COMMAND ${IASL} -vs -we ${define} -p ${AML} ${ASL}
  RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${output}")
endif()
file(READ ${AML} hex HEX)
string(LENGTH ${hex} digits)
math(EXPR size "${digits} / 2")
string(REGEX REPLACE "(..)" "0x\\1," bytes ${hex})
# Twelve bytes a line.
string(REGEX REPLACE "(...........................................................,)" "\\1\n    "
  bytes ${bytes})
get_filename_component(source ${ASL} NAME)
file(WRITE ${HEADER} "// Made from ${source} by acpi_embed.cmake.
#pragma once

#include <array>
#include <cstdint>

namespace takt::aml {

inline constexpr std::array<std::uint8_t, ${size}> ${NAME}{
    ${bytes}};

}  // namespace takt::aml
")
