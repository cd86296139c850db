// SPDX-License-Identifier: Apache-2.0
// The configuration file: TOML, read by toml++, spelled by the schema.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "base/whole_file.h"
#include "vm/config_schema.h"
#include "vm/toml_library.h"

namespace takt {
namespace {

/// Number of single-character edits between two words (Levenshtein).
std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0u);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t change = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({change, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::string unknown_key(std::string_view key) {
  const auto options = config_options();
  const auto nearest =
      std::ranges::min_element(options, {}, [&](const Option& o) { return edits(key, o.key); });
  if (edits(key, nearest->key) * 3 <= key.size())
    return fmt::format("unknown key '{}'; did you mean '{}'?", key, nearest->key);
  std::string all;
  for (const auto& o : options) all += fmt::format("{}{}", all.empty() ? "" : ", ", o.key);
  return fmt::format("unknown key '{}'; allowed are {}", key, all);
}

/// A TOML scalar in the words of the command line.
std::optional<std::string> scalar_text(const toml::node& node) {
  if (const auto s = node.value_exact<std::string>()) return *s;
  if (const auto i = node.value_exact<std::int64_t>()) return fmt::format("{}", *i);
  if (const auto b = node.value_exact<bool>()) return *b ? "true" : "false";
  return std::nullopt;
}

class Reader {
 public:
  Reader(VmConfig& config, std::string_view name) : config_{config}, name_{name} {}

  Result<> read(const toml::table& table) {
    for (const auto& [key, node] : table) TRY_VOID(read_option(key.str(), node));
    return {};
  }

 private:
  std::unexpected<Error> fail(const toml::node& node, std::string_view text) const {
    return usage_error(fmt::format("{}:{}: {}", name_, node.source().begin.line, text));
  }

  Result<> set(const toml::node& node, std::string_view key, std::string_view value) {
    if (auto r = set_option(config_, key, value); !r) return fail(node, r.error().text);
    return {};
  }

  Result<> read_option(std::string_view key, const toml::node& node) {
    const auto options = config_options();
    const auto option = std::ranges::find(options, key, &Option::key);
    if (option == options.end()) return fail(node, unknown_key(key));
    if (const auto* table = node.as_table()) return read_table(*option, *table);
    if (const auto* array = node.as_array()) return read_array(*option, *array);
    if (const auto text = scalar_text(node)) return set(node, key, *text);
    return fail(node, fmt::format("{}: the value is a {}; allowed are text, whole numbers, true "
                                  "and false",
                                  key, type_name(node)));
  }

  Result<> read_array(const Option& option, const toml::array& array) {
    if (option.kind != OptionKind::list && option.kind != OptionKind::lines)
      return fail(array, fmt::format("{}: one value is allowed, not a list", option.key));
    for (const auto& element : array) {
      const auto text = scalar_text(element);
      if (!text) return fail(element, fmt::format("{}: a list of texts is allowed", option.key));
      TRY_VOID(set(element, option.key, *text));
    }
    return {};
  }

  Result<> read_table(const Option& option, const toml::table& table) {
    if (option.kind == OptionKind::keys) return read_keys(option, "", table);
    if (option.kind == OptionKind::lines) return read_lines(option, table);
    if (option.kind == OptionKind::table) return read_each_key(option, "", table);
    return read_placements(option, table);
  }

  /// [budget] exit_us = 20 is --budget exit_us=20, and slow.job_us = 9 is slow.job_us=9.
  Result<> read_each_key(const Option& option, const std::string& path, const toml::table& keys) {
    for (const auto& [key, node] : keys) {
      const std::string name = path + std::string{key.str()};
      if (const auto* inner = node.as_table()) {
        TRY_VOID(read_each_key(option, name + ".", *inner));
        continue;
      }
      const auto value = scalar_text(node);
      if (!value) return fail(node, fmt::format("{}: a text or a number is allowed", name));
      TRY_VOID(set(node, option.key, fmt::format("{}={}", name, *value)));
    }
    return {};
  }

  /// [resctrl] schemata = ["L3:0=f0"] is --resctrl L3:0=f0.
  Result<> read_lines(const Option& option, const toml::table& table) {
    for (const auto& [key, node] : table) {
      const auto* lines = node.as_array();
      if (key.str() != "schemata" || lines == nullptr)
        return fail(node, fmt::format("{0}.{1}: {0} has one key: schemata = [\"TEXT\", ...]",
                                      option.key, key.str()));
      TRY_VOID(read_array(option, *lines));
    }
    return {};
  }

  /// [vcpu.0] cpu = 2 is --vcpu 0:cpu=2.
  Result<> read_placements(const Option& option, const toml::table& table) {
    if (option.kind != OptionKind::list)
      return fail(table, fmt::format("{}: one value is allowed, not a table", option.key));
    for (const auto& [name, node] : table) {
      const auto* keys = node.as_table();
      if (keys == nullptr)
        return fail(node,
                    fmt::format("{0}.{1}: a table is allowed: [{0}.{1}]", option.key, name.str()));
      TRY_VOID(read_keys(option, fmt::format("{}:", name.str()), *keys));
    }
    return {};
  }

  /// [helpers] cpu = 0 is --helpers cpu=0: `text` is what stands before the keys.
  Result<> read_keys(const Option& option, std::string text, const toml::table& keys) {
    bool first = true;
    for (const auto& [key, node] : keys) {
      const auto value = scalar_text(node);
      if (!value) return fail(node, fmt::format("{}: a text or a number is allowed", key.str()));
      text += fmt::format("{}{}={}", std::exchange(first, false) ? "" : ",", key.str(), *value);
    }
    return set(keys, option.key, text);
  }

  static std::string type_name(const toml::node& node) {
    return node.is_floating_point() ? "fraction" : "date or time";
  }

  VmConfig& config_;
  std::string_view name_;
};

}  // namespace

Result<> parse_config(VmConfig& config, std::string_view text, std::string_view name) {
  const toml::parse_result parsed = toml::parse(text, name);
  if (!parsed) {
    const auto& error = parsed.error();
    return usage_error(
        fmt::format("{}:{}: {}", name, error.source().begin.line, error.description()));
  }
  return Reader{config, name}.read(parsed.table());
}

Result<> load_config(VmConfig& config, const std::string& path) {
  auto file = WholeFile::read(path);
  if (!file) return usage_error(file.error().text);
  const auto bytes = file->bytes();
  return parse_config(config, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path);
}

}  // namespace takt
