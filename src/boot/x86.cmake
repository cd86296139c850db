# SPDX-License-Identifier: Apache-2.0
takt_layer(boot
  SOURCES
    bzimage_x86.cpp
    high_window_x86.cpp
    image_x86.cpp
    low_memory_x86.cpp
    memory_map_x86.cpp
    multiboot_header_x86.cpp
    multiboot_x86.cpp
    payload_x86.cpp
    pvh_x86.cpp
  LIBS takt_boot_shared takt_kvm)

takt_test(boot_x86_test
  SOURCES
    bzimage_x86_test.cpp
    high_window_x86_test.cpp
    image_x86_test.cpp
    low_memory_x86_test.cpp
    memory_map_x86_test.cpp
    multiboot_x86_test.cpp
    payload_x86_test.cpp
    pvh_x86_test.cpp
    real_kernel_x86_test.cpp
  LIBS takt_boot)

takt_fuzz(bzimage_x86_fuzz SOURCES bzimage_x86_fuzz.cpp LIBS takt_boot)
takt_fuzz(elf_x86_fuzz SOURCES elf_x86_fuzz.cpp LIBS takt_boot)

include(acpi.cmake)
