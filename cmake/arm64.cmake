# SPDX-License-Identifier: Apache-2.0
# Cross build for arm64 with Debian's compiler and unpacked Debian packages (tools/cross.sh):
# TAKT_SYSROOT holds the libraries, QEMU's user-mode emulator runs the tests.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_ASM_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_OBJCOPY aarch64-linux-gnu-objcopy)

list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES TAKT_SYSROOT)
set(CMAKE_FIND_ROOT_PATH ${TAKT_SYSROOT} /usr/aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_EXE_LINKER_FLAGS_INIT "-Wl,-rpath-link,${TAKT_SYSROOT}/usr/lib/aarch64-linux-gnu")

set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static
  -E LD_LIBRARY_PATH=${TAKT_SYSROOT}/usr/lib/aarch64-linux-gnu:${TAKT_SYSROOT}/lib/aarch64-linux-gnu
  -L /usr/aarch64-linux-gnu)
