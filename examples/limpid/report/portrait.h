// SPDX-License-Identifier: MIT
// Portrait: what a report shows of one recording. Read in one pass, in constant memory.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "limpid/result.h"

namespace limpid::cli {

struct Extremes {
  float low = 0, high = 0;
};

struct Portrait {
  int sample_rate = 0;
  double seconds = 0;
  std::string spectrogram;         // PNG
  std::vector<Extremes> waveform;  // over all channels, evenly spread over the duration
  std::string clip;                // FLAC: the beginning, for listening
  double clip_seconds = 0;
};

Result<Portrait> portray(const std::filesystem::path& path);

}  // namespace limpid::cli
