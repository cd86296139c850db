// SPDX-License-Identifier: Apache-2.0
#include "ctl/api.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "ctl/open_metrics.h"

namespace takt::ctl {
namespace {

using Json = nlohmann::ordered_json;

Response json_response(const Json& json) {
  return {.body = json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"};
}

Response no_content() { return {.status = 204}; }

Response ping(ControlledVm&, std::string_view) { return json_response({{"vmm", "takt"}}); }

Response info(ControlledVm& vm, std::string_view) {
  const auto effective = vm.info();
  if (!effective) return error_response(500, effective.error().text);
  Json json = Json::parse(*effective, nullptr, false);
  Json whole{{"state", vm.is_paused() ? "paused" : "running"}};
  whole.update(json);
  return json_response(whole);
}

Response stat(ControlledVm& vm, std::string_view) {
  return {.body = to_json(vm.statistics()) + "\n"};
}

Response metrics(ControlledVm& vm, std::string_view) {
  return {.type = open_metrics_type, .body = to_open_metrics(vm.statistics())};
}

Response pause(ControlledVm& vm, std::string_view) {
  if (vm.is_paused()) return error_response(409, "the VM is paused already");
  if (const auto paused = vm.pause(); !paused) return error_response(503, paused.error().text);
  return no_content();
}

Response resume(ControlledVm& vm, std::string_view) {
  if (!vm.is_paused()) return error_response(409, "the VM is not paused");
  vm.resume();
  return no_content();
}

Response shut_down(ControlledVm& vm, std::string_view) {
  if (vm.is_paused())
    return error_response(409, "the VM is paused: resume it first, or use vm.power-off");
  if (!vm.press_power_button())
    return error_response(501, "this machine has no power button: vm.power-off ends it at once");
  return no_content();
}

Response end_after(ControlledVm& vm, Outcome outcome) {
  Response response = no_content();
  response.afterwards = [&vm, outcome] { vm.end(outcome); };
  return response;
}

Response power_off(ControlledVm& vm, std::string_view) { return end_after(vm, {Ending::quit}); }
Response reset(ControlledVm& vm, std::string_view) {
  return end_after(vm, {Ending::reset, reset_by_user});
}

/// N of "PARAMETER=N".
std::optional<std::uint64_t> number_of(std::string_view query, std::string_view parameter) {
  if (!query.starts_with(parameter) || !query.substr(parameter.size()).starts_with('='))
    return std::nullopt;
  const std::string_view text = query.substr(parameter.size() + 1);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The rings hold less than an hour of anything.
Response trace(ControlledVm& vm, std::string_view query) {
  constexpr std::uint64_t most_ms = 3'600'000;
  const auto last_ms = number_of(query, "last_ms");
  if (!last_ms || *last_ms == 0 || *last_ms > most_ms)
    return error_response(400, "wants ?last_ms=N, 1 to 3600000");
  return {.body = vm.trace(*last_ms * 1'000'000)};
}

Response balloon(ControlledVm& vm, std::string_view query) {
  const auto mib = number_of(query, "target_mib");
  if (!mib || *mib > vm.memory() >> 20)
    return error_response(400, "wants ?target_mib=N: what the guest shall give, of its memory");
  if (!vm.set_balloon(*mib << 20)) return error_response(501, "only a VM with --balloon does that");
  return no_content();
}

Response republish(ControlledVm& vm, std::string_view) {
  if (!vm.republish()) return error_response(501, "only a VM with --testdev does that");
  return no_content();
}

struct Endpoint {
  std::string_view method;
  std::string_view path;
  Response (*handle)(ControlledVm& vm, std::string_view query);
};

constexpr std::array endpoints{
    Endpoint{"GET", "/metrics", metrics},
    Endpoint{"GET", "/api/v1/vmm.ping", ping},
    Endpoint{"GET", "/api/v1/vm.info", info},
    Endpoint{"GET", "/api/v1/vm.stat", stat},
    Endpoint{"GET", "/api/v1/vm.trace", trace},
    Endpoint{"PUT", "/api/v1/vm.pause", pause},
    Endpoint{"PUT", "/api/v1/vm.resume", resume},
    Endpoint{"PUT", "/api/v1/vm.shutdown", shut_down},
    Endpoint{"PUT", "/api/v1/vm.power-off", power_off},
    Endpoint{"PUT", "/api/v1/vm.reset", reset},
    Endpoint{"PUT", "/api/v1/vm.balloon", balloon},
    Endpoint{"PUT", "/api/v1/testdev.republish", republish},
};

}  // namespace

Response error_response(unsigned status, std::string_view text) {
  Response response = json_response({{"error", one_line(std::string{text})}});
  response.status = status;
  return response;
}

Response answer(ControlledVm& vm, const Request& request) {
  const std::size_t mark = std::min(request.target.find('?'), request.target.size());
  const std::string_view path = request.target.substr(0, mark);
  const std::string_view query = request.target.substr(std::min(mark + 1, request.target.size()));
  const auto it = std::ranges::find(endpoints, path, &Endpoint::path);
  if (it == endpoints.end()) return error_response(404, "no such endpoint; README.md lists them");
  if (request.method == it->method) return it->handle(vm, query);
  Response response = error_response(405, std::string{"this endpoint takes "}.append(it->method));
  response.allow = it->method;
  return response;
}

}  // namespace takt::ctl
