// SPDX-License-Identifier: MIT
// Loading and comparing audio in tests.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <span>
#include <vector>

#include "lib/io/audio_file.h"

namespace limpid::test {

// The first channel of a file; empty (and a failed test) when it cannot be read.
inline std::vector<float> channel(const std::filesystem::path& path) {
  auto audio = io::read_audio(path);
  EXPECT_TRUE(audio) << audio.error().message;
  if (!audio) return {};
  const auto samples = audio->samples.view()[0].span();
  return {samples.begin(), samples.end()};
}

// All channels of a file; empty (and a failed test) when it cannot be read.
inline Tensor<float, 2> channels(const std::filesystem::path& path) {
  auto audio = io::read_audio(path);
  EXPECT_TRUE(audio) << audio.error().message;
  return audio ? std::move(audio->samples) : Tensor<float, 2>();
}

// max |got - want| / max |want| without the first and last samples; 1e9 when lengths differ or a
// sample is not finite.
inline double relative_error(std::span<const float> got, std::span<const float> want,
                             std::size_t skip_start, std::size_t skip_end) {
  if (got.size() != want.size() || want.size() <= skip_start + skip_end) return 1e9;
  double worst = 0, peak = 0;
  for (std::size_t n = skip_start; n + skip_end < want.size(); ++n) {
    const double difference = std::abs(static_cast<double>(got[n]) - want[n]);
    if (!std::isfinite(difference)) return 1e9;
    worst = std::max(worst, difference);
    peak = std::max(peak, std::abs(static_cast<double>(want[n])));
  }
  return peak > 0 ? worst / peak : worst;
}

}  // namespace limpid::test
