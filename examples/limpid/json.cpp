// SPDX-License-Identifier: MIT
#include "examples/limpid/json.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "examples/limpid/terminal.h"

namespace limpid::cli {
namespace {

using Json = nlohmann::ordered_json;

const char* name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::done:
      return "done";
    case Outcome::skipped:
      return "skipped";
    case Outcome::failed:
      return "failed";
    case Outcome::cancelled:
      break;
  }
  return "cancelled";
}

Json decibels(double value) {
  return rounded(value, 100);
}

// null where there were none to measure.
Json of_pauses(const Levels& levels, double (*value)(const Levels::Pauses&)) {
  return levels.pauses ? decibels(value(*levels.pauses)) : Json(nullptr);
}

Json to_json(const Levels& levels) {
  using Pauses = Levels::Pauses;
  return {{"rms_before_db", decibels(levels.rms_before)},
          {"rms_after_db", decibels(levels.rms_after)},
          {"peak_before_db", decibels(levels.peak_before)},
          {"peak_after_db", decibels(levels.peak_after)},
          {"pauses_before_db", of_pauses(levels, [](const Pauses& p) { return p.before; })},
          {"pauses_after_db", of_pauses(levels, [](const Pauses& p) { return p.after; })},
          {"pause_reduction_db", of_pauses(levels, [](const Pauses& p) { return p.reduction(); })}};
}

Json to_json(const VoiceActivity& voice) {
  Json channels = Json::array();
  for (const auto& channel : voice.probability) {
    Json& row = channels.emplace_back(Json::array());
    for (const float probability : channel) row.push_back(rounded(probability, 1000));
  }
  return {{"frame_seconds", voice.frame_seconds}, {"probability", std::move(channels)}};
}

// The model's own JSON where it is JSON, its text where it is not, null where there is none.
Json embedded(const std::string& text) {
  if (text.empty()) return nullptr;
  Json value = Json::parse(text, nullptr, false);
  return value.is_discarded() ? Json(text) : value;
}

}  // namespace

double rounded(double value, double parts) {
  return std::round(value * parts) / parts;
}

Json to_json(const FileResult& result) {
  Json object{
      {"type", "file"}, {"status", name_of(result.outcome)}, {"input", result.job.input.string()}};
  if (!result.job.output.empty()) object["output"] = result.job.output.string();
  if (result.outcome == Outcome::failed) object["error"] = result.error;
  if (result.outcome == Outcome::done) {
    object["seconds"] = rounded(result.audio_seconds, 1e6);
    object["wall_seconds"] = rounded(result.wall_seconds, 1e6);
    object["real_time_factor"] =
        result.audio_seconds > 0 ? Json(rounded(result.wall_seconds / result.audio_seconds, 1e5))
                                 : Json(nullptr);
    object["sample_rate"] = result.input_format.sample_rate;
    object["channels"] = result.input_format.channels;
    object["input_format"] = result.input_format.describe();
    object["output_format"] = result.output_format.describe();
    object["levels"] = to_json(result.levels);
    if (result.voice.frame_seconds > 0) object["voice"] = to_json(result.voice);
    object["repaired_samples"] = result.repaired;
    object["clipped_samples"] = result.clipped;
  }
  object["notices"] = result.notices;
  return object;
}

Json to_json(const ModelSpec& spec) {
  return {
      {"name", spec.name},
      {"architecture", spec.architecture},
      {"summary", spec.summary},
      {"licence", spec.licence},
      {"sample_rate", spec.sample_rate},
      {"min_rate", spec.min_rate},
      {"max_rate", spec.max_rate},
      {"input_channels", spec.input_channels},
      {"output_channels", spec.output_channels},
      {"streams", spec.memory == Memory::carried},
      {"voice_activity", spec.voice_activity},
      {"parameters", spec.parameters},
      {"macs_per_second", spec.macs_per_second > 0 ? Json(spec.macs_per_second) : Json(nullptr)},
      {"config", embedded(spec.config)},
      {"card", embedded(spec.card)}};
}

void print_json(const Json& value) {
  // File names need not be UTF-8; JSON must be.
  put(stdout, value.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n');
}

}  // namespace limpid::cli
