# SPDX-License-Identifier: Apache-2.0
# ACPI: each acpi_NAME.asl becomes boot/acpi_NAME_aml.h in the build folder, which holds the
# table as `takt::aml::NAME`. NAME_mmio64 is NAME compiled with MMIO64 defined.
find_program(TAKT_IASL iasl)
if(NOT TAKT_IASL)
  message(FATAL_ERROR "iasl, the ACPI compiler, is missing: apt-get install acpica-tools")
endif()

set(acpi_generated ${CMAKE_CURRENT_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${acpi_generated}/boot)
set(acpi_headers)
foreach(name dsdt ssdt_com1 ssdt_pci ssdt_pci_mmio64 ssdt_rtc ssdt_virtio)
  set(define)
  if(name MATCHES "_mmio64$")
    set(define MMIO64)
  endif()
  string(REGEX REPLACE "_mmio64$" "" source ${name})
  set(asl ${CMAKE_CURRENT_SOURCE_DIR}/acpi_${source}.asl)
  set(aml ${acpi_generated}/acpi_${name}.aml)
  set(header ${acpi_generated}/boot/acpi_${name}_aml.h)
  add_custom_command(OUTPUT ${header}
    COMMAND ${CMAKE_COMMAND} -DIASL=${TAKT_IASL} -DASL=${asl} -DAML=${aml} -DHEADER=${header}
      -DNAME=${name} -DDEFINE=${define} -P ${CMAKE_CURRENT_SOURCE_DIR}/acpi_embed.cmake
    DEPENDS ${asl} ${CMAKE_CURRENT_SOURCE_DIR}/acpi_embed.cmake
    COMMENT "Compiling acpi_${name}.asl"
    VERBATIM)
  list(APPEND acpi_headers ${header})
endforeach()

target_sources(takt_boot PRIVATE acpi_dump.cpp acpi_madt.cpp acpi_pci.cpp acpi_tables.cpp acpi_virtio.cpp
  ${acpi_headers})
target_include_directories(takt_boot PRIVATE ${acpi_generated})

takt_test(acpi_test SOURCES acpi_dump_test.cpp acpi_iasl_test.cpp acpi_pci_test.cpp
  acpi_tables_test.cpp
  LIBS takt_boot)
