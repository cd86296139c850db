// SPDX-License-Identifier: Apache-2.0
// What ELF files an x86 guest starts from.
#pragma once

#include <elf.h>

#include "boot/elf.h"

namespace takt {

inline constexpr ElfTarget elf_x86{.name = "x86-64", .machine64 = EM_X86_64, .machine32 = EM_386};

}  // namespace takt
