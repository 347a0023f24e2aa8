// SPDX-License-Identifier: MIT
// A small model file and a noisy signal for the tests of the facade.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <string>
#include <vector>

#include "limpid/limpid.hpp"
#include "tests/support/random_frcrn.h"
#include "tests/support/temporary_folder.h"

namespace limpid::test {

class ApiTest : public testing::Test {
 protected:
  ApiTest() : model_(write_model("small.safetensors", {})) {}

  std::string write_model(const std::string& name, const FrcrnRecipe& recipe) {
    const auto bytes = frcrn_weights(recipe).bytes(frcrn_metadata(recipe));
    const std::string path = (folder_ / name).string();
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
    return path;
  }

  Enhancer open(int sample_rate = 16000, int channels = 1) {
    auto enhancer =
        Enhancer::open({.model = model_, .sample_rate = sample_rate, .channels = channels});
    EXPECT_TRUE(enhancer) << enhancer.error().message;
    return *std::move(enhancer);
  }

  TemporaryFolder folder_;
  std::string model_;
};

inline std::vector<float> signal(int samples, float pitch = 0.05f) {
  std::vector<float> audio(static_cast<std::size_t>(samples));
  unsigned noise = 1;
  for (int i = 0; i < samples; ++i) {
    noise = noise * 1664525u + 1013904223u;
    audio[static_cast<std::size_t>(i)] =
        0.3f * std::sin(pitch * static_cast<float>(i)) +
        0.1f * (static_cast<float>(noise >> 8) / static_cast<float>(1 << 23) - 1.0f);
  }
  return audio;
}

inline constexpr float kHalf = 6.0206f;  // dB: an attenuation limit that keeps a half of the input

inline void expect_half_and_half(const std::vector<float>& mixed, const std::vector<float>& wet,
                                 const std::vector<float>& input, int latency) {
  const auto delay = static_cast<std::size_t>(latency);
  for (std::size_t i = delay; i < input.size(); ++i)
    ASSERT_NEAR(mixed[i], 0.5f * wet[i] + 0.5f * input[i - delay], 1e-4) << "sample " << i;
}

// All of one channel through `process(in, out, samples)`, in blocks of `block`.
template <class Process>
std::vector<float> in_blocks(const std::vector<float>& input, int block, Process process) {
  std::vector<float> output(input.size());
  const int total = static_cast<int>(input.size());
  for (int at = 0; at < total; at += block) {
    const float* in = input.data() + at;
    float* out = output.data() + at;
    process(&in, &out, std::min(block, total - at));
  }
  return output;
}

}  // namespace limpid::test
