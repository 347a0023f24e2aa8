// SPDX-License-Identifier: MIT
// The published FRCRN, full size, against outputs of the published code (tests/fixtures). Weights
// are synthetic: every layer matters, nothing saturates; a layer skipped or swapped moves the
// output by 6e-4 or more, single against double precision by 4e-6 at most.
#include <gtest/gtest.h>

#include <filesystem>

#include "models/registry.h"
#include "tests/support/audio_compare.h"
#include "tests/support/stream_whole.h"

namespace limpid {
namespace {

using test::channel;
using test::relative_error;
using test::stream_whole;

class FrcrnParity : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(path("frcrn_published.safetensors")))
      GTEST_SKIP() << "no converted checkpoint (test convert_official_checkpoint needs PyTorch)";
  }
  static std::string path(const std::string& file) {
    return std::string(LIMPID_CHECKPOINTS) + "/" + file;
  }
  static std::shared_ptr<const Model> checkpoint(const std::string& file) {
    auto model = models::load_file(path(file));
    EXPECT_TRUE(model) << model.error().message;
    return model ? *model : nullptr;
  }
};

std::vector<float> fixture(const std::string& name) {
  return channel(std::string(LIMPID_FIXTURES) + "/frcrn_portable_" + name + ".wav");
}

Result<Tensor<float, 2>> exactly(const Model& model, const std::string& name) {
  const auto input = fixture(name);
  return model.enhance_exact({input.data(), {1, std::ssize(input)}}, 1);
}

TEST_F(FrcrnParity, OfflineWholeFile) {
  const auto model = checkpoint("frcrn_published.safetensors");
  ASSERT_NE(model, nullptr);
  const auto result = exactly(*model, "input");
  ASSERT_TRUE(result) << result.error().message;
  const auto got = result->view()[0].span();
  const auto want = fixture("expected");
  ASSERT_EQ(got.size(), want.size());
  EXPECT_LE(relative_error(got, want, 320, 0), 1e-5);
  EXPECT_LE(relative_error(got, want, 0, 0), 1e-4);
}

TEST_F(FrcrnParity, OfflineShorterThanASecond) {
  const auto model = checkpoint("frcrn_published.safetensors");
  ASSERT_NE(model, nullptr);
  const auto got = exactly(*model, "short_input");
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_LE(relative_error(got->view()[0].span(), fixture("short_expected"), 320, 0), 1e-5);
}

TEST_F(FrcrnParity, StreamWithFrozenGains) {
  const auto model = checkpoint("frcrn_frozen.safetensors");
  ASSERT_NE(model, nullptr);
  const auto want = fixture("stream_padded_expected");
  const auto by_one = stream_whole(*model, fixture("stream_input"), 16000, 1, 1);
  EXPECT_LE(relative_error(by_one, want, 0, 0), 1e-5);
  for (unsigned seed : {1u, 2u}) {
    const auto chunked = stream_whole(*model, fixture("stream_input"), 16000, 7, seed);
    EXPECT_LE(relative_error(chunked, by_one, 0, 0), 1e-5);
  }
  EXPECT_EQ(by_one, stream_whole(*model, fixture("stream_input"), 16000, 1, 1))
      << "repeat runs differ";
}

TEST_F(FrcrnParity, StreamLatencyIsWindowPlusFourteenFrames) {
  const auto model = checkpoint("frcrn_frozen.safetensors");
  ASSERT_NE(model, nullptr);
  const auto format = model->format(16000);
  ASSERT_TRUE(format);
  EXPECT_EQ(format->hop, 320);
  EXPECT_EQ(format->latency, 320 + 14 * 320);
  EXPECT_FALSE(model->format(48000));
}

TEST_F(FrcrnParity, GlobalPoolingRefusesToStream) {
  const auto model = checkpoint("frcrn_published.safetensors");
  ASSERT_NE(model, nullptr);
  EXPECT_EQ(model->spec().memory, Memory::windowed);
  auto session = model->open({.sample_rate = 16000, .lanes = 1, .max_frames = 1});
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code, ErrorCode::unsupported);
}

TEST_F(FrcrnParity, RunningPoolingIsChunkInvariant) {
  const auto model = checkpoint("frcrn_running.safetensors");
  ASSERT_NE(model, nullptr);
  auto input = fixture("stream_input");
  input.resize(16000);
  const auto by_one = stream_whole(*model, input, 16000, 1, 1);
  EXPECT_LE(relative_error(stream_whole(*model, input, 16000, 5, 3), by_one, 0, 0), 1e-5);
}

}  // namespace
}  // namespace limpid
