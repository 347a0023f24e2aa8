// SPDX-License-Identifier: MIT
// LongConv against training/limpid_train/longconv.py: what was trained is what runs. tests/data is
// written by training/make_test_vectors.py.
#include <gtest/gtest.h>

#include "models/registry.h"
#include "tests/support/audio_compare.h"
#include "tests/support/stream_whole.h"

namespace limpid {
namespace {

std::string data(const std::string& file) {
  return std::string(LIMPID_TEST_DATA) + "/" + file;
}

void expect_equal(const std::string& name, const std::string& heard) {
  auto model = models::load_file(data(name + ".safetensors"));
  ASSERT_TRUE(model) << model.error().message;
  const auto want = test::channel(data(name + "_expected.wav"));
  const auto input = test::channels(data(heard));
  ASSERT_EQ(input.extent(0), (*model)->spec().input_channels);
  for (int frames : {1, 7, 100}) {
    const auto got = test::stream_channels(**model, input.view(), 16000, frames, 1);
    EXPECT_LE(test::relative_error(got.view()[0].span(), want, 0, 0), 1e-5)
        << frames << " frames a call";
  }
}

// Odd sizes everywhere; the filters are shorter than the signal, and longer than a call.
TEST(LongConvAgainstTorch, TinyNetworkWithEverythingOn) {
  expect_equal("longconv_tiny", "frcrn_tiny_input.wav");
}

TEST(LongConvAgainstTorch, TinyNetworkThatLooksFurtherBack) {
  expect_equal("longconv_tiny_fine", "frcrn_tiny_input.wav");
}

TEST(LongConvAgainstTorch, TinyNetworkOfThreeMicrophones) {
  expect_equal("longconv_tiny_array", "deftan2_tiny_input.wav");
}

TEST(LongConvAgainstTorch, TinyNetworkWithASteadyFilter) {
  expect_equal("longconv_tiny_steady", "deftan2_tiny_input.wav");
}

TEST(LongConvAgainstTorch, Voice) {
  auto model = models::load_file(data("longconv_tiny.safetensors"));
  ASSERT_TRUE(model) << model.error().message;
  test::expect_voice(**model, test::channel(data("frcrn_tiny_input.wav")), 16000,
                     test::channel(data("longconv_tiny_voice.wav")));
}

}  // namespace
}  // namespace limpid
