// SPDX-License-Identifier: MIT
// A folder that lives as long as a test, and recordings to put into it.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <string>

#include "lib/io/audio_file.h"
#include "tests/support/temporary_folder.h"

namespace limpid::test {

class Workbench : public testing::Test {
 protected:
  std::filesystem::path operator()(const std::string& name) const { return folder_ / name; }

  // A float WAV, each channel another chirp, loud enough to see and quiet enough not to clip.
  std::filesystem::path record(const std::string& name, int rate = 16000,
                               std::ptrdiff_t samples = 16000, int channels = 1) const {
    const auto path = folder_ / name;
    std::filesystem::create_directories(path.parent_path());
    Tensor<float, 2> audio({channels, samples});
    for (int c = 0; c < channels; ++c)
      for (std::ptrdiff_t i = 0; i < samples; ++i) {
        const double t = static_cast<double>(i) / rate;
        audio.view()[c][i] = static_cast<float>(0.4 * std::sin(2000 * t * (1 + t) + c));
      }
    EXPECT_TRUE(io::write_audio(path, audio.view(), io::float_wav(rate, channels)).ok());
    return path;
  }

  const TemporaryFolder temporary_;
  const std::filesystem::path folder_ = temporary_.path();
};

}  // namespace limpid::test
