// SPDX-License-Identifier: Apache-2.0
#include "cli/trace_command.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "base/fd.h"

namespace takt {
namespace {

using Json = nlohmann::json;

/// "last 0.52 s", or what to say where nothing is.
std::string reach(const Json& row) {
  if (!row.contains("goes_back_ms")) return "nothing";
  return fmt::format("the last {:.3f} s", row.value("goes_back_ms", 0.0) / 1000);
}

std::string line_of_thread(const Json& row) {
  return fmt::format("{}: {}, {} records{}\n", row.value("name", "?"), reach(row),
                     row.value("records", 0),
                     row.value("from_its_start", false) ? ", from its start" : "");
}

std::string line_of_host(const Json& host) {
  if (host.contains("missing")) return fmt::format("host: {}\n", host.value("missing", ""));
  return fmt::format("host: {}, {} events\n", reach(host), host.value("events", 0));
}

Result<> trace(const TraceArguments& arguments, const Fetch& fetch) {
  TRY(const auto last, parse_duration(arguments.last));
  TRY(const std::string json,
      fetch(arguments.name, fmt::format("/api/v1/vm.trace?last_ms={}", last.count())));
  TRY(const Fd file, open_file(arguments.output, O_WRONLY | O_CREAT | O_TRUNC, 0644));
  if (auto written = write_all(file, std::as_bytes(std::span{json})); !written)
    return in_context(arguments.output, written.error());
  say(fmt::format("{}{}", reach_of(json), arguments.output));
  return {};
}

}  // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::uint64_t>, 3> units{
      {{"ms", 1}, {"s", 1000}, {"min", 60'000}}};
  constexpr std::uint64_t most_ms = 3'600'000;
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const auto& [name, ms] : units)
    if (error == std::errc{} && unit == name && count > 0 && count <= most_ms / ms)
      return std::chrono::milliseconds{count * ms};
  return usage_error(
      fmt::format("--last {}: want a time such as 5s, 250ms or 2min, an hour at most", text));
}

std::string reach_of(std::string_view json) {
  const Json trace = Json::parse(json, nullptr, false);
  if (!trace.is_object() || !trace.contains("otherData")) return "";
  const Json& about = trace["otherData"];
  std::string text;
  for (const Json& row : about.value("threads", Json::array())) text += line_of_thread(row);
  return text + line_of_host(about.value("host", Json::object()));
}

int trace_command(const TraceArguments& arguments, const Fetch& fetch) {
  const auto done = trace(arguments, fetch);
  if (done) return 0;
  say(fmt::format("takt: {}", one_line(done.error().text)));
  return done.error().blame == Blame::usage ? 2 : 1;
}

}  // namespace takt
