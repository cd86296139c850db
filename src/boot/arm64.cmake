# SPDX-License-Identifier: Apache-2.0
find_library(TAKT_LIBFDT fdt REQUIRED)
find_path(TAKT_LIBFDT_INCLUDE libfdt.h REQUIRED)

takt_layer(boot_arm64
  SOURCES
    elf_arm64.cpp
    fdt_arm64.cpp
    fdt_devices_arm64.cpp
    fdt_gic_arm64.cpp
    fdt_pci_arm64.cpp
    fdt_writer.cpp
    linux_image_arm64.cpp
    payload_arm64.cpp
    zboot.cpp
  LIBS takt_boot_shared ${TAKT_LIBFDT})
target_include_directories(takt_boot_arm64 SYSTEM PUBLIC ${TAKT_LIBFDT_INCLUDE})
if(NOT TAKT_ARCH STREQUAL "arm64") # only where its tests ask for it
  set_target_properties(takt_boot_arm64 PROPERTIES EXCLUDE_FROM_ALL ON)
endif()

takt_test(boot_arm64_test
  SOURCES
    elf_arm64_test.cpp
    fdt_arm64_test.cpp
    fdt_dtc_arm64_test.cpp
    fdt_pci_arm64_test.cpp
    fdt_writer_test.cpp
    gunzip_test.cpp
    linux_image_arm64_test.cpp
    payload_arm64_test.cpp
    real_kernel_arm64_test.cpp
    zboot_test.cpp
  LIBS takt_boot_arm64)

takt_fuzz(linux_image_arm64_fuzz SOURCES linux_image_arm64_fuzz.cpp LIBS takt_boot_arm64)
takt_fuzz(elf_arm64_fuzz SOURCES elf_arm64_fuzz.cpp LIBS takt_boot_arm64)
