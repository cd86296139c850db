// SPDX-License-Identifier: Apache-2.0
// The one list of what can be configured. The command line and the file are two spellings of it:
// `--disable-exits hlt,mwait` is `disable-exits = "hlt,mwait"`.
#pragma once

#include <span>
#include <string_view>

#include "base/result.h"
#include "vm/config.h"

namespace takt {

enum class OptionKind : std::uint8_t {
  value,  // one value, the last one counts
  list,   // may be given several times; in a file also a table of tables: [vcpu.0]
  table,  // KEY=VALUE,...; in a file a table: [budget]
  flag,   // on the command line without a value; in a file true or false
  keys,   // KEY=VALUE,...; in a file a table of them
  lines,  // as list; in a file also a table with the one key `schemata`
};

struct Option {
  std::string_view key;
  OptionKind kind;
  std::string_view placeholder;  // as the help shows the value
  std::string_view help;
  /// Reads `value` into the configuration; the error says what is allowed.
  Result<> (*set)(VmConfig& config, std::string_view value);
};

/// In the order in which help shows them: first what the board decides.
[[nodiscard]] std::span<const Option> config_options();
/// The options of this architecture's board, config_schema_x86.cpp or _arm64.cpp.
[[nodiscard]] std::span<const Option> board_options();

/// Sets one option by its key. The error names the key, the value and what is allowed.
[[nodiscard]] Result<> set_option(VmConfig& config, std::string_view key, std::string_view value);

/// Reads a file of options (TOML). Relative paths in it stay relative to the working directory.
/// Errors name the file and the line; an unknown key comes with the nearest known one.
[[nodiscard]] Result<> load_config(VmConfig& config, const std::string& path);
/// The same from text; `name` is the word for it in errors.
[[nodiscard]] Result<> parse_config(VmConfig& config, std::string_view text, std::string_view name);

}  // namespace takt
