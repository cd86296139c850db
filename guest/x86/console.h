// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace probe::x86 {

/// Sets COM1 to 115200 8N1 with FIFO and without interrupts. Before any output.
void start_console();

}  // namespace probe::x86
