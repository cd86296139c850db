// SPDX-License-Identifier: Apache-2.0
#include "cli/blame_command.h"

#include <fmt/format.h>

#include <cstdio>

#include "base/whole_file.h"
#include "record/bundle_json.h"
#include "record/explain.h"

namespace takt {
namespace {

/// Lines of at most `width` columns, for a terminal.
std::string folded(std::string_view text, std::size_t width = 90) {
  std::string lines;
  while (text.size() > width) {
    std::size_t cut = text.rfind(' ', width);
    if (cut == text.npos || cut == 0) cut = text.find(' ');
    if (cut == text.npos) break;
    lines += fmt::format("{}\n", text.substr(0, cut));
    text.remove_prefix(cut + 1);
  }
  return lines + std::string{text} + "\n";
}

/// Without control characters, which a bundle from elsewhere may have, but for the line ends.
std::string printable(std::string text) {
  for (char& c : text)
    if (c != '\n' && (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)) c = '?';
  return text;
}

Result<> blame(const std::string& file) {
  auto read = WholeFile::read(file);
  if (!read) return usage_error(read.error().text);
  const auto bytes = read->bytes();
  auto bundle = parse_bundle({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!bundle) return in_context(file, bundle.error());
  const Explanation why = explain(*bundle);
  const std::string text = printable(fmt::format(
      "cause: {}\n\n{}\nVM {}, {}, Linux {}; times from the begin of what was late:\n{}",
      cause_name(why.cause), folded(one_line(why.text)), bundle->vm, bundle->written,
      bundle->kernel, time_line(*bundle)));
  const bool all = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (!all || std::fflush(stdout) != 0) return sys_error("write the explanation");
  return {};
}

}  // namespace

int blame_command(const std::string& file) {
  const auto done = blame(file);
  if (done) return 0;
  say(fmt::format("takt: {}", one_line(done.error().text)));
  return done.error().blame == Blame::usage ? 2 : 1;
}

}  // namespace takt
