// SPDX-License-Identifier: Apache-2.0
#include "record/trace_events.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace takt {
namespace {

using Json = nlohmann::ordered_json;

/// A double holds nanoseconds of three months of uptime to the digit, and later ones to within two.
double us(std::uint64_t ns) { return static_cast<double>(ns) / 1000.0; }

/// Names of threads are bytes that anybody chose: what is no UTF-8 is replaced.
std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json event(const char* phase, TraceTrack track, std::string_view name, std::uint64_t at_ns) {
  return {{"ph", phase}, {"pid", track.pid}, {"tid", track.tid}, {"ts", us(at_ns)}, {"name", name}};
}

Json metadata(const char* what, TraceTrack track, const char* key, Json value) {
  Json json = event("M", track, what, 0);
  json["args"] = {{key, std::move(value)}};
  return json;
}

}  // namespace

TraceEvents::TraceEvents() : text_{"{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n"} {}

void TraceEvents::add(const Args& event) {
  text_ += text_of(event);
  text_ += ",\n";
}

void TraceEvents::name_process(std::int64_t pid, std::string_view name) {
  const TraceTrack process{.pid = pid, .tid = pid};
  add(metadata("process_name", process, "name", name));
  add(metadata("process_sort_index", process, "sort_index", named_++));
}

void TraceEvents::name_track(TraceTrack track, std::string_view name) {
  add(metadata("thread_name", track, "name", name));
  add(metadata("thread_sort_index", track, "sort_index", named_++));
}

void TraceEvents::slice(TraceTrack track, std::string_view name, std::uint64_t begin_ns,
                        std::uint64_t end_ns, const Args& args) {
  Json json = event("X", track, name, begin_ns);
  json["dur"] = us(end_ns - begin_ns);
  if (!args.is_null()) json["args"] = args;
  add(json);
}

void TraceEvents::instant(TraceTrack track, std::string_view name, std::uint64_t at_ns,
                          const Args& args) {
  Json json = event("i", track, name, at_ns);
  json["s"] = "t";  // as high as its track
  if (!args.is_null()) json["args"] = args;
  add(json);
}

void TraceEvents::arrow(TraceTrack from, std::uint64_t from_ns, TraceTrack to,
                        std::uint64_t to_ns) {
  Json begin = event("s", from, "posted", from_ns);
  Json end = event("f", to, "posted", to_ns);
  end["bp"] = "e";  // to the slice around it, not to the next
  for (Json* json : {&begin, &end}) {
    (*json)["cat"] = "posted";
    (*json)["id"] = arrows_;
    add(*json);
  }
  ++arrows_;
}

std::string TraceEvents::finish(const Args& about) && {
  constexpr std::string_view comma = ",\n";
  if (text_.ends_with(comma)) text_.resize(text_.size() - comma.size());
  text_ += "\n],\n\"otherData\":" + text_of(about) + "}\n";
  return std::move(text_);
}

}  // namespace takt
