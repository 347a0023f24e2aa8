// SPDX-License-Identifier: MIT
// One file: read, enhanced, written. Memory does not grow with its length, except for models whose
// recipe needs the whole recording.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "examples/limpid/channel_choice.h"
#include "examples/limpid/levels.h"
#include "examples/limpid/voice_frames.h"
#include "lib/io/audio_file.h"
#include "lib/model/model.h"

namespace limpid::cli {

struct FileJob {
  std::filesystem::path input, output;
  io::AudioFormat output_format;  // code 0: as the input
  io::AudioFormat input_format;   // as its header claimed for the plan; code 0: there was none
  double seconds = 0;             // likewise
  std::string notice;             // why the output is not the kind of file that the input is, or ""
};

struct EnhanceSettings {
  std::shared_ptr<const Model> model;
  float attenuation_limit_db = 0;  // 0 = no limit
  bool exact = false;              // the published offline recipe, whole file at once
  bool voice = false;              // keep what the model tells of speech; not with `exact`
  int threads = 1;                 // that may work on one file, whole or in pieces
  ChannelChoice channels{};        // of every file
  int frames_per_call = 16;        // hops that the model takes at once
  bool shared = false;             // the model's sessions wait for each other: see SharedModel
  std::shared_ptr<ExactSession> whole{};  // what takes whole files in turn; null: each has its own

  bool takes_whole_files() const { return exact || model->spec().memory == Memory::windowed; }
};

enum class Outcome { done, skipped, failed, cancelled };

struct FileResult {
  FileJob job;
  Outcome outcome = Outcome::done;
  std::string error;                 // why it failed
  std::vector<std::string> notices;  // what its owner should know though it went well
  io::AudioFormat input_format, output_format;
  double audio_seconds = 0, wall_seconds = 0;
  Levels levels;
  bool pauses = true;  // whether it means anything how much quieter those have become
  VoiceActivity voice;
  std::uint64_t repaired = 0, clipped = 0;  // samples
};

// [any thread; several at once where a file has several] Told of every `seconds` of audio read, or
// enhanced where pieces are; false stops the job, which then leaves no output.
using Advance = std::function<bool(double seconds)>;

// Never throws. The output appears, whole, under its name when everything went well, or not at all.
FileResult enhance_file(const FileJob& job, const EnhanceSettings& settings,
                        const Advance& advance);

}  // namespace limpid::cli
