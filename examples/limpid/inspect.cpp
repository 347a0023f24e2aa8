// SPDX-License-Identifier: MIT
// `limpid inspect`: everything a model file says about itself.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "examples/limpid/commands.h"
#include "examples/limpid/json.h"
#include "examples/limpid/model_options.h"
#include "examples/limpid/terminal.h"
#include "models/registry.h"

namespace limpid::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Arguments {
  std::string model;
  bool json = false;
};

constexpr std::size_t kNames = 16;  // columns

void row(const std::string& name, const std::string& value) {
  if (value.empty()) return;
  const std::string left = fmt::format("{:<{}}", printable(name), kNames - 1) + ' ';
  put(stdout, left + wrapped(value, kNames, std::max(kNames, left.size())));
}

std::string thousands(std::int64_t value) {
  std::string text = fmt::format("{}", value);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

std::string rates(const ModelSpec& spec) {
  if (spec.min_rate == spec.max_rate) return fmt::format("{} Hz only", spec.sample_rate);
  return fmt::format("{} to {} Hz, trained at {} Hz", spec.min_rate, spec.max_rate,
                     spec.sample_rate);
}

// Of a stream at the trained rate: what the network needs, and a hop that must be complete first.
std::optional<double> latency_ms(const Model& model) {
  const ModelSpec& spec = model.spec();
  const auto format = model.format(spec.sample_rate);
  if (spec.memory == Memory::windowed || !format) return std::nullopt;
  return 1e3 * (format->latency + format->hop - 1) / format->sample_rate;
}

std::string latency(const Model& model) {
  const auto milliseconds = latency_ms(model);
  return milliseconds ? fmt::format("{:.3g} ms in a stream", *milliseconds)
                      : "whole recordings only: does not stream";
}

// How much of what it has heard makes a difference, at the trained rate.
std::optional<double> memory_seconds(const Model& model) {
  const auto format = model.format(model.spec().sample_rate);
  if (model.spec().settle_hops == 0 || !format) return std::nullopt;
  return 1.0 * model.spec().settle_hops * format->hop / format->sample_rate;
}

std::string memory(const Model& model) {
  const auto seconds = memory_seconds(model);
  return seconds ? fmt::format("{:.3g} s; older sound makes no difference", *seconds) : "";
}

std::string plain(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

constexpr std::string_view kShownAbove[] = {"name",    "summary",    "architecture",
                                            "licence", "parameters", "macs_per_second"};

// What the author wrote, as it is, but for what was shown above.
void print_part(const Json& part) {
  for (const auto& [name, value] : part.items()) {
    if (std::ranges::find(kShownAbove, name) != std::end(kShownAbove)) continue;
    const bool list = value.is_array() && !value.empty() && value.front().is_string();
    if (!list) row(name, plain(value));
    if (!list) continue;
    std::string heading = name;
    for (const Json& item : value) row(std::exchange(heading, ""), plain(item));
  }
}

void print(const Model& model) {
  const ModelSpec& spec = model.spec();
  row("name", spec.name);
  row("summary", spec.summary);
  row("architecture", spec.architecture);
  row("sample rates", rates(spec));
  if (spec.output_channels > 0)  // a recogniser has none
    row("channels", fmt::format("{} in, {} out", spec.input_channels, spec.output_channels));
  row("latency", latency(model));
  row("remembers", memory(model));
  row("parameters", thousands(spec.parameters));
  if (spec.macs_per_second > 0)
    row("arithmetic", fmt::format("{:.3g} GMAC for a second of audio", spec.macs_per_second / 1e9));
  row("licence", spec.licence);
  const Json json = to_json(spec);
  for (const char* part : {"config", "card"}) {
    if (!json[part].is_object()) continue;
    put(stdout, std::string_view(part) == "config" ? "\nnetwork\n" : "\ntraining\n");
    print_part(json[part]);
  }
}

int run(const Arguments& arguments) {
  auto model = models::load(arguments.model);
  if (!model) {
    complain(model.error().message);
    return kUsage;
  }
  if (!arguments.json) {
    print(**model);
    return kOk;
  }
  Json object = to_json((*model)->spec());
  const auto milliseconds = latency_ms(**model);
  object["latency_ms"] = milliseconds ? Json(*milliseconds) : Json(nullptr);
  const auto seconds = memory_seconds(**model);
  object["memory_seconds"] = seconds ? Json(*seconds) : Json(nullptr);
  print_json(object);
  return kOk;
}

}  // namespace

void add_inspect(CLI::App& app, int& status) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand(
      "inspect", "Show a model: size, arithmetic, latency, rates, training data, scores, licence");
  add_model_or_argument(*command, arguments->model);
  command->add_flag("--json", arguments->json, "One JSON object");
  command->callback([arguments, &status] { status = run(*arguments); });
}

}  // namespace limpid::cli
