// SPDX-License-Identifier: MIT
// DeFTAN-II, published and causal, against training/limpid_train/deftan2.py: what was trained is
// what runs. tests/data is written by training/make_test_vectors.py.
#include <gtest/gtest.h>

#include "models/registry.h"
#include "tests/kernels/every_target.h"
#include "tests/support/audio_compare.h"
#include "tests/support/stream_whole.h"

namespace limpid {
namespace {

std::string data(const std::string& file) {
  return std::string(LIMPID_TEST_DATA) + "/" + file;
}

class Deftan2AgainstTorch : public kernels::EveryTarget {};

// Three microphones through odd sizes: no width is a multiple of a vector.
void expect_streams_like_torch(const std::string& name) {
  auto model = models::load_file(data(name + ".safetensors"));
  ASSERT_TRUE(model) << model.error().message;
  const auto want = test::channel(data(name + "_expected.wav"));
  const auto input = test::channels(data("deftan2_tiny_input.wav"));
  ASSERT_EQ(input.extent(0), (*model)->spec().input_channels);
  for (int frames : {1, 16}) {
    const auto got = test::stream_channels(**model, input.view(), 16000, frames, 1);
    EXPECT_LE(test::relative_error(got.view()[0].span(), want, 0, 0), 1e-5)
        << frames << " frames a call";
  }
}

TEST_P(Deftan2AgainstTorch, TinyCausalNetwork) {
  expect_streams_like_torch("deftan2_tiny_causal");
}

TEST_P(Deftan2AgainstTorch, TinyCausalNetworkWithRelativePhases) {
  expect_streams_like_torch("deftan2_tiny_relative");
}

TEST_P(Deftan2AgainstTorch, TinyPublishedNetwork) {
  auto model = models::load_file(data("deftan2_tiny.safetensors"));
  ASSERT_TRUE(model) << model.error().message;
  const auto got =
      (*model)->enhance_exact(test::channels(data("deftan2_tiny_input.wav")).view(), 1);
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_LE(test::relative_error(got->view()[0].span(),
                                 test::channel(data("deftan2_tiny_expected.wav")), 0, 0),
            1e-5);
}

INSTANTIATE_EVERY_TARGET(Deftan2AgainstTorch);

}  // namespace
}  // namespace limpid
