// SPDX-License-Identifier: MIT
// The causal family against training/limpid_train/network.py: what was trained is what runs.
// tests/data is written by training/make_test_vectors.py.
#include <gtest/gtest.h>

#include "models/registry.h"
#include "tests/support/audio_compare.h"
#include "tests/support/stream_whole.h"

namespace limpid {
namespace {

std::string data(const std::string& file) {
  return std::string(LIMPID_TEST_DATA) + "/" + file;
}

TEST(FrcrnAgainstTorch, TinyNetworkWithEverythingOn) {
  auto model = models::load_file(data("frcrn_tiny.safetensors"));
  ASSERT_TRUE(model) << model.error().message;
  const auto want = test::channel(data("frcrn_tiny_expected.wav"));
  const auto input = test::channel(data("frcrn_tiny_input.wav"));
  for (int frames : {1, 16}) {
    const auto got = test::stream_whole(**model, input, 16000, frames, 1);
    EXPECT_LE(test::relative_error(got, want, 0, 0), 1e-5) << frames << " frames a call";
  }
}

TEST(ShippedAgainstTorch, IsWhatWasTrained) {
  const auto input = test::channel(data("frcrn_tiny_input.wav"));
  for (const std::string name : {"light", "base", "frcrn"}) {
    auto model = models::load(name);
    ASSERT_TRUE(model) << model.error().message;
    EXPECT_EQ((*model)->spec().name, name);
    const auto want = test::channel(data(name + "_expected.wav"));
    const auto got = test::stream_whole(**model, input, 16000, 8, 1);
    EXPECT_LE(test::relative_error(got, want, 0, 0), 1e-5) << name;
    SCOPED_TRACE(name);
    test::expect_voice(**model, input, 16000, test::channel(data(name + "_voice.wav")));
  }
}

// Their fourth microphone hears the difference of the second and the third.
TEST(ShippedAgainstTorch, ArraysAreWhatWasTrained) {
  const auto three = test::channels(data("deftan2_tiny_input.wav"));
  Tensor<float, 2> input({4, three.extent(1)});
  for (std::ptrdiff_t i = 0; i < three.extent(1); ++i) {
    for (int m = 0; m < 3; ++m) input.view()[m][i] = three.view()[m][i];
    input.view()[3][i] = three.view()[1][i] - three.view()[2][i];
  }
  for (const std::string name : {"array-light-2", "array-light-4", "array-small-4"}) {
    auto model = models::load(name);
    ASSERT_TRUE(model) << model.error().message;
    const auto want = test::channel(data(name + "_expected.wav"));
    const AudioView<const float> heard(input.view().data(),
                                       {(*model)->spec().input_channels, three.extent(1)});
    const auto got = test::stream_channels(**model, heard, 16000, 8, 1);
    EXPECT_LE(test::relative_error(got.view()[0].span(), want, 0, 0), 1e-5) << name;
  }
}

TEST(ShippedAgainstTorch, OneIsTheDefault) {
  const auto model = models::load("");
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ((*model)->spec().name, "light");
}

}  // namespace
}  // namespace limpid
