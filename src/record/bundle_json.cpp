// SPDX-License-Identifier: Apache-2.0
#include "record/bundle_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "record/explain.h"

namespace takt {
namespace {

using Json = nlohmann::ordered_json;

constexpr int version = 1;
constexpr std::array<std::string_view, 3> role_names{"vcpu", "server", "other"};
constexpr std::array<std::string_view, 3> budget_names{"exit", "wakeup", "job"};

// --- writing ---

Json json_of(Span span) { return {{"from_ns", span.from_ns}, {"until_ns", span.until_ns}}; }

Json json_of(const BundleRecord& record) {
  Json json{{"at_ns", record.at_ns},
            {"took_ns", record.took_ns},
            {"kind", record_kind_name(record.kind)},
            {"address", record.address}};
  if (!record.device.empty()) json["device"] = record.device;
  if (record.width != 0) {
    json["write"] = record.write;
    json["width"] = record.width;
  }
  return json;
}

Json json_of(const BundleThread& thread) {
  Json records = Json::array();
  for (const BundleRecord& record : thread.records) records.push_back(json_of(record));
  return {{"name", thread.name},
          {"tid", thread.tid},
          {"role", role_names[std::to_underlying(thread.role)]},
          {"policy", thread.policy},
          {"priority", thread.priority},
          {"cpus", thread.cpus},
          {"minor_faults", thread.minor_faults},
          {"major_faults", thread.major_faults},
          {"records", std::move(records)}};
}

Json json_of(const Miss& miss) {
  Json json{{"budget", budget_names[std::to_underlying(miss.budget)]},
            {"key", miss.key},
            {"budget_ns", miss.budget_ns},
            {"tid", miss.tid},
            {"when", json_of(miss.when)},
            {"took_ns", miss.took_ns},
            {"waits", miss.waits}};
  if (miss.record) json["record"] = json_of(*miss.record);
  return json;
}

Json json_of(const HostEvent& event) {
  return {{"at_ns", event.at_ns},   {"cpu", event.cpu},   {"tid", event.tid},
          {"thread", event.thread}, {"name", event.name}, {"details", event.details}};
}

// --- reading: nothing of it throws, and a value of another type is an error ---

/// An object of a bundle; `where` names it in errors.
struct Object {
  const Json& json;
  std::string where;

  [[nodiscard]] std::unexpected<Error> bad(std::string_view key, std::string_view what) const {
    return usage_error(fmt::format("{}.{} is not {}", where, key, what));
  }
  [[nodiscard]] const Json* find(const char* key) const {
    const auto it = json.find(key);
    return it == json.end() ? nullptr : &*it;
  }
  /// Into `field` what stands under `key`; a key that is not there is an error.
  Result<> get(const char* key, std::string& field) const {
    const Json* value = find(key);
    if (value == nullptr || !value->is_string()) return bad(key, "a text");
    field = *value->get_ptr<const Json::string_t*>();
    return {};
  }
  template <std::unsigned_integral T>
  Result<> get(const char* key, T& field) const {
    const Json* value = find(key);
    const auto* number = value == nullptr ? nullptr : value->get_ptr<const std::uint64_t*>();
    if (number == nullptr || !std::in_range<T>(*number)) return bad(key, "a number that fits");
    field = static_cast<T>(*number);
    return {};
  }
  template <std::signed_integral T>
  Result<> get(const char* key, T& field) const {
    const Json* value = find(key);
    const auto* number = value == nullptr ? nullptr : value->get_ptr<const std::int64_t*>();
    const auto* natural = value == nullptr ? nullptr : value->get_ptr<const std::uint64_t*>();
    if (natural != nullptr && std::in_range<T>(*natural))
      field = static_cast<T>(*natural);
    else if (number != nullptr && natural == nullptr && std::in_range<T>(*number))
      field = static_cast<T>(*number);
    else
      return bad(key, "a whole number that fits");
    return {};
  }
  Result<> get(const char* key, bool& field) const {
    const Json* value = find(key);
    const auto* flag = value == nullptr ? nullptr : value->get_ptr<const bool*>();
    if (flag == nullptr) return bad(key, "true or false");
    field = *flag;
    return {};
  }
  /// One of `names`, as the enumerator of its place.
  template <class E>
  Result<> get(const char* key, E& field, std::span<const std::string_view> names) const {
    std::string name;
    TRY_VOID(get(key, name));
    const auto it = std::ranges::find(names, name);
    if (it == names.end()) return bad(key, "a word that is known here");
    field = static_cast<E>(it - names.begin());
    return {};
  }
  [[nodiscard]] Result<Object> object(const char* key) const {
    const Json* value = find(key);
    if (value == nullptr || !value->is_object()) return bad(key, "an object");
    return Object{*value, fmt::format("{}.{}", where, key)};
  }
};

Result<Span> span_of(const Object& object) {
  Span span;
  TRY_VOID(object.get("from_ns", span.from_ns));
  TRY_VOID(object.get("until_ns", span.until_ns));
  return span;
}

Result<BundleRecord> record_of(const Object& object) {
  BundleRecord record;
  TRY_VOID(object.get("at_ns", record.at_ns));
  TRY_VOID(object.get("took_ns", record.took_ns));
  TRY_VOID(object.get("kind", record.kind, record_kind_names));
  TRY_VOID(object.get("address", record.address));
  if (object.find("device") != nullptr) TRY_VOID(object.get("device", record.device));
  if (object.find("width") == nullptr) return record;
  TRY_VOID(object.get("write", record.write));
  TRY_VOID(object.get("width", record.width));
  return record;
}

Result<HostEvent> event_of(const Object& object) {
  HostEvent event;
  TRY_VOID(object.get("at_ns", event.at_ns));
  TRY_VOID(object.get("cpu", event.cpu));
  TRY_VOID(object.get("tid", event.tid));
  TRY_VOID(object.get("thread", event.thread));
  TRY_VOID(object.get("name", event.name));
  TRY_VOID(object.get("details", event.details));
  return event;
}

/// The objects of the list under `key`, each made by `make`.
template <class Make>
auto list_of(const Object& object, const char* key, Make make)
    -> Result<std::vector<typename std::invoke_result_t<Make, const Object&>::value_type>> {
  const Json* list = object.find(key);
  if (list == nullptr || !list->is_array()) return object.bad(key, "a list");
  std::vector<typename std::invoke_result_t<Make, const Object&>::value_type> all;
  for (const Json& element : *list) {
    const Object each{element, fmt::format("{}.{}[{}]", object.where, key, all.size())};
    if (!element.is_object()) return usage_error(each.where + " is not an object");
    TRY(auto made, make(each));
    all.push_back(std::move(made));
  }
  return all;
}

Result<BundleThread> thread_of(const Object& object) {
  BundleThread thread;
  TRY_VOID(object.get("name", thread.name));
  TRY_VOID(object.get("tid", thread.tid));
  TRY_VOID(object.get("role", thread.role, role_names));
  TRY_VOID(object.get("policy", thread.policy));
  TRY_VOID(object.get("priority", thread.priority));
  TRY_VOID(object.get("cpus", thread.cpus));
  TRY_VOID(object.get("minor_faults", thread.minor_faults));
  TRY_VOID(object.get("major_faults", thread.major_faults));
  TRY(thread.records, list_of(object, "records", record_of));
  return thread;
}

Result<Miss> miss_of(const Object& object) {
  Miss miss;
  TRY_VOID(object.get("budget", miss.budget, budget_names));
  TRY_VOID(object.get("key", miss.key));
  TRY_VOID(object.get("budget_ns", miss.budget_ns));
  TRY_VOID(object.get("tid", miss.tid));
  TRY(const Object when, object.object("when"));
  TRY(miss.when, span_of(when));
  TRY_VOID(object.get("took_ns", miss.took_ns));
  TRY_VOID(object.get("waits", miss.waits));
  if (object.find("record") == nullptr) return miss;
  TRY(const Object record, object.object("record"));
  TRY(miss.record, record_of(record));
  return miss;
}

Result<Bundle> bundle_of(const Object& object) {
  Bundle bundle;
  TRY_VOID(object.get("vm", bundle.vm));
  TRY_VOID(object.get("written", bundle.written));
  TRY_VOID(object.get("kernel", bundle.kernel));
  TRY(const Object miss, object.object("miss"));
  TRY(bundle.miss, miss_of(miss));
  TRY(const Object window, object.object("window"));
  TRY(bundle.window, span_of(window));
  TRY(const Object lately, object.object("lately"));
  TRY(bundle.lately, span_of(lately));
  TRY(bundle.threads,
      list_of(object, "threads", static_cast<Result<BundleThread> (*)(const Object&)>(thread_of)));
  if (object.find("rt_runtime_us") != nullptr) {
    std::int64_t us = 0;
    TRY_VOID(object.get("rt_runtime_us", us));
    bundle.rt_runtime_us = us;
  }
  if (object.find("host_events") != nullptr) {
    TRY(bundle.host_events, list_of(object, "host_events", event_of));
    return bundle;
  }
  TRY_VOID(object.get("host_events_missing", bundle.host_events_missing));
  return bundle;
}

}  // namespace

std::string to_json(const Bundle& bundle) {
  const Explanation explanation = explain(bundle);
  Json threads = Json::array();
  for (const BundleThread& thread : bundle.threads) threads.push_back(json_of(thread));
  Json json{{"takt_bundle", version},
            {"explanation", {{"cause", cause_name(explanation.cause)}, {"text", explanation.text}}},
            {"vm", bundle.vm},
            {"written", bundle.written},
            {"kernel", bundle.kernel},
            {"miss", json_of(bundle.miss)},
            {"window", json_of(bundle.window)},
            {"lately", json_of(bundle.lately)},
            {"threads", std::move(threads)}};
  if (bundle.rt_runtime_us) json["rt_runtime_us"] = *bundle.rt_runtime_us;
  if (bundle.host_events) {
    json["host_events"] = Json::array();
    for (const HostEvent& event : *bundle.host_events)
      json["host_events"].push_back(json_of(event));
  } else {
    json["host_events_missing"] = bundle.host_events_missing;
  }
  Json effective = Json::parse(bundle.effective, nullptr, false);
  if (!effective.is_discarded()) json["effective"] = std::move(effective);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Bundle> parse_bundle(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded() || !json.is_object())
    return usage_error("not a bundle of takt's: no JSON object");
  const Object object{json, "bundle"};
  const Json* found = object.find("takt_bundle");
  if (found == nullptr || *found != version)
    return usage_error(fmt::format("not a bundle of takt's: takt_bundle is not {}", version));
  return bundle_of(object);
}

}  // namespace takt
