// SPDX-License-Identifier: MIT
// The published DeFTAN-II over whole recordings on a GPU, its kernels run thread by thread on the
// CPU, against the same on CPUs.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <tuple>

#include "models/deftan2/gpu_exact.h"
#include "tests/cuda/device_fixture.h"
#include "tests/cuda/emulate.h"
#include "tests/cuda/host_queue.h"
#include "tests/support/audio_compare.h"
#include "tests/support/random_deftan2.h"
#include "tests/support/signals.h"

namespace limpid::models {
namespace {

using test::Deftan2Recipe;
using test::relative_error;

constexpr int kHop = 32;  // 33 bins

// A network on both.
struct Pair {
  std::shared_ptr<const Model> cpu;
  kernels::cuda::HostQueue* queue = nullptr;
  std::unique_ptr<ExactSession> gpu;

  explicit Pair(Deftan2Recipe recipe, const GpuDeftan2Whole::Portion& portion = {},
                Arithmetic arithmetic = Arithmetic::exact) {
    recipe.causal = false;
    recipe.hop = kHop / 16000.0;
    cpu = test::random_deftan2(recipe);
    auto weights = test::deftan2_weights(recipe).weights(test::deftan2_metadata(recipe));
    const auto config = parse_deftan2_config(weights.metadata("config"), "test");
    EXPECT_TRUE(config) << config.error().message;
    const auto network = Deftan2Network::load(weights, *config);
    EXPECT_TRUE(network) << network.error().message;
    auto host = std::make_unique<kernels::cuda::HostQueue>();
    queue = host.get();
    auto session =
        GpuDeftan2Exact::open(std::move(host), cpu->spec(), *network, arithmetic, portion);
    EXPECT_TRUE(session) << session.error().message;
    gpu = *std::move(session);
  }

  int inputs() const { return cpu->spec().input_channels; }
  Tensor<float, 2> enhance(AudioView<const float> in) const { return taken(gpu->enhance(in)); }
  Tensor<float, 2> want(AudioView<const float> in) const {
    auto session = cpu->open_exact({.threads = 2});
    EXPECT_TRUE(session) << session.error().message;
    return taken((*session)->enhance(in));
  }
  static Tensor<float, 2> taken(Result<Tensor<float, 2>> result) {
    EXPECT_TRUE(result) << result.error().message;
    return result ? *std::move(result) : Tensor<float, 2>({0, 0});
  }
  void expect_same(AudioView<const float> in) const {
    const auto got = enhance(in), expected = want(in);
    ASSERT_EQ(got.view().shape(), expected.view().shape());
    for (std::ptrdiff_t lane = 0; lane < got.extent(0); ++lane)
      EXPECT_LE(relative_error(got.view()[lane].span(), expected.view()[lane].span(), 0, 0), 1e-5)
          << "recording " << lane << " of " << got.extent(0) << ", " << in.extent(1) << " samples";
  }
};

// Of the recording that keeps least.
double snr(const Tensor<float, 2>& got, const Tensor<float, 2>& want) {
  double least = std::numeric_limits<double>::infinity();
  for (std::ptrdiff_t lane = 0; lane < want.extent(0); ++lane) {
    const auto of = [lane](const Tensor<float, 2>& audio) {
      const auto samples = audio.view()[lane].span();
      return std::vector<double>(samples.begin(), samples.end());
    };
    least = std::min(least, kernels::cuda::snr(of(got), of(want)));
  }
  return least;
}

// A network whose activations are packed.
Deftan2Recipe packing(int channels) {
  return {.microphones = 1,
          .layers = 1,
          .channels = channels,
          .unfold = 2,
          .heads = 2,
          .head_width = 64,
          .hidden = 32};
}

// Whole fours of channels and odd numbers of them, one microphone and several, one recording and
// several.
TEST(Deftan2WholeGpu, EqualsTheCpu) {
  for (const Deftan2Recipe& recipe :
       {Deftan2Recipe{}, Deftan2Recipe{.microphones = 1, .layers = 1, .seed = 2},
        Deftan2Recipe{.microphones = 4,
        .channels = 8,
        .unfold = 4,
        .heads = 4,
        .head_width = 8,
        .hidden = 32},
        Deftan2Recipe{.layers = 3, .channels = 5, .unfold = 2, .heads = 1, .head_width = 37}}) {
    SCOPED_TRACE(recipe.channels);
    const Pair pair(recipe);
    pair.expect_same(test::noise(2 * pair.inputs(), 12 * kHop + 5).view());
  }
}

// Memory grows, and what is left in it does no harm.
TEST(Deftan2WholeGpu, EveryLength) {
  const Pair pair({.layers = 1});
  std::size_t least = 0;
  for (const int length : {1, 2, kHop - 1, kHop, kHop + 1, 2 * kHop, 3 * kHop - 1, 500, 40}) {
    pair.expect_same(test::noise(pair.inputs(), length).view());
    EXPECT_GE(pair.gpu->memory(), least);
    least = pair.gpu->memory();
  }
  EXPECT_EQ(pair.enhance(test::noise(pair.inputs(), 0).view()).extent(1), 0);
}

// Halves of blocks take some sequences at a time: one, some of a recording, some recordings.
TEST(Deftan2WholeGpu, InParts) {
  for (const GpuDeftan2Whole::Portion& portion :
       {GpuDeftan2Whole::Portion{1, 1}, {100, 1}, {800, 1}, {1, 5}}) {
    SCOPED_TRACE(portion.positions);
    const Pair pair({.microphones = 1, .layers = 1}, portion);
    pair.expect_same(test::noise(3, 8 * kHop).view());
  }
}

TEST(Deftan2WholeGpu, RecordingsAreIndependentAndLoudnessPassesThrough) {
  const Pair pair({.layers = 1});
  auto in = test::noise(3 * pair.inputs(), 300);
  for (float& x : in.view()[2].span()) x *= 1e-3f;  // the second one is louder at its second end
  const auto before = pair.enhance(in.view());
  std::ranges::fill(in.view()[2].span(), 0.0f);
  std::ranges::fill(in.view()[3].span(), 0.0f);
  const auto after = pair.enhance(in.view());
  for (const int lane : {0, 2})
    EXPECT_TRUE(std::ranges::equal(before.view()[lane].span(), after.view()[lane].span()));
  for (const float y : after.view()[1].span()) EXPECT_EQ(y, 0.0f) << "silence stays silence";
  for (int row = 0; row < 6; ++row)
    for (float& x : in.view()[row].span()) x *= 1e6f;
  in.view()[0][7] = std::numeric_limits<float>::quiet_NaN();
  pair.expect_same(in.view());
}

TEST(Deftan2WholeGpu, TensorCoresKeepWhatTheyPromise) {
  for (const auto& [arithmetic, least] :
       {std::pair{Arithmetic::tf32x3, 100.0}, std::pair{Arithmetic::tf32, 45.0},
        std::pair{Arithmetic::fp16, 45.0}, std::pair{Arithmetic::bf16, 28.0}}) {
    const Pair pair({.channels = 8, .head_width = 36}, {}, arithmetic);
    const auto in = test::noise(pair.inputs(), 10 * kHop);
    const auto got = pair.enhance(in.view()), want = pair.want(in.view());
    EXPECT_GE(snr(got, want), least);
    EXPECT_EQ(pair.queue->products[0], 2) << "both transforms";
    EXPECT_GT(pair.queue->products[static_cast<std::size_t>(arithmetic)], 0);
  }
}

// Halves whose activations are stored as numbers of 16 bits: as good as rounding them in front of
// every product is.
TEST(Deftan2WholeGpu, PackedActivationsKeepWhatTheyPromise) {
  for (const auto& [arithmetic, channels, least] : {std::tuple{Arithmetic::fp16, 16, 45.0},
                                                    {Arithmetic::fp16, 48, 45.0},
                                                    {Arithmetic::bf16, 16, 28.0}}) {
    SCOPED_TRACE(channels);
    const Pair pair(packing(channels), {}, arithmetic);
    const auto in = test::noise(1, 3 * kHop);
    const double kept = snr(pair.enhance(in.view()), pair.want(in.view()));
    EXPECT_GE(kept, least);
    RecordProperty("of_" + std::to_string(channels) + "_with_" +  // for --gtest_output
                       std::to_string(static_cast<int>(arithmetic)),
                   std::to_string(kept));
  }
}

// And whatever a portion takes, and whoever is beside a recording.
TEST(Deftan2WholeGpu, PackedRecordingsAreIndependent) {
  const Pair pair(packing(16), {}, Arithmetic::fp16),
      parts(packing(16), {100, 1}, Arithmetic::fp16);
  const auto in = test::noise(2, 2 * kHop);
  const auto got = pair.enhance(in.view()), in_parts = parts.enhance(in.view());
  const auto alone = pair.enhance(in.view().slice(0, 1, 1));
  for (int lane = 0; lane < 2; ++lane)
    EXPECT_TRUE(std::ranges::equal(in_parts.view()[lane].span(), got.view()[lane].span()));
  EXPECT_TRUE(std::ranges::equal(alone.view()[0].span(), got.view()[1].span()));
}

// And does no harm to those that fit.
TEST(Deftan2WholeGpu, TooLongARecordingSaysWhatItWouldTake) {
  const Pair pair({.layers = 1});
  const auto in = test::noise(2, 4000);
  pair.expect_same(in.view().slice(1, 0, 300));
  pair.queue->most = pair.gpu->memory() / sizeof(float);
  const auto refused = pair.gpu->enhance(in.view());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::out_of_memory);
  EXPECT_NE(refused.error().message.find(" MiB: cut it, or use the CPU"), std::string::npos)
      << refused.error().message;
  pair.expect_same(in.view().slice(1, 0, 300));
}

TEST(Deftan2WholeGpu, ARecordingThatNoMemoryHoldsIsAnError) {
  const Pair pair({.layers = 1});
  const float sample = 0;
  const auto out = pair.gpu->enhance({&sample, {pair.inputs(), std::ptrdiff_t{1} << 61}});
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().code, ErrorCode::out_of_memory);
}

TEST(Deftan2WholeGpu, WhatCannotBeIsRefused) {
  const Pair pair({.layers = 1});
  const auto three = pair.gpu->enhance(test::noise(3, 100).view());
  ASSERT_FALSE(three);
  EXPECT_EQ(three.error().code, ErrorCode::invalid_argument);
  EXPECT_NE(three.error().message.find("2 channels, found 3"), std::string::npos);
  EXPECT_FALSE(pair.cpu->open_exact({.gpu = 0, .gpu_arithmetic = Arithmetic::tf32}) &&
               pair.cpu->open_exact({.gpu = 99}))
      << "no hundred cards";
  const auto causal = test::random_deftan2({})->open_exact({.gpu = 0});
  ASSERT_FALSE(causal);
  EXPECT_EQ(causal.error().code, ErrorCode::unsupported) << causal.error().message;
  pair.queue->failing = true;
  const auto failed = pair.gpu->enhance(test::noise(2, 100).view());
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "as asked");
}

// On a real one, where there is one: what the emulated kernels are held to, at published widths.
const Deftan2Recipe kPublished{.microphones = 4,
                               .channels = 64,
                               .unfold = 4,
                               .heads = 4,
                               .head_width = 64,
                               .hidden = 256,
                               .causal = false};

TEST(Deftan2WholeOnDevice, EqualsTheCpu) {
  if (const auto why = kernels::cuda::no_device(); !why.empty()) GTEST_SKIP() << why;
  for (const auto& [recipe, recordings, length] :
       {std::tuple{kPublished, 1, 16000},
        {kPublished, 3, 3001},
        {Deftan2Recipe{.channels = 5, .heads = 1, .head_width = 17, .causal = false}, 4, 20011}}) {
    const auto model = test::random_deftan2(recipe);
    auto gpu = model->open_exact({.gpu = 0});
    ASSERT_TRUE(gpu) << gpu.error().message;
    const auto in = test::noise(recordings * recipe.microphones, length);
    const auto got = Pair::taken((*gpu)->enhance(in.view()));
    const auto want = Pair::taken((*model->open_exact({.threads = 8}))->enhance(in.view()));
    ASSERT_EQ(got.view().shape(), want.view().shape());
    for (int lane = 0; lane < recordings; ++lane)
      EXPECT_LE(relative_error(got.view()[lane].span(), want.view()[lane].span(), 0, 0), 1e-4);
  }
}

TEST(Deftan2WholeOnDevice, PackedActivationsKeepWhatTheyPromise) {
  if (const auto why = kernels::cuda::no_device(); !why.empty()) GTEST_SKIP() << why;
  const auto model = test::random_deftan2(kPublished);
  const auto in = test::noise(2 * kPublished.microphones, 16000);
  for (const auto& [arithmetic, least] :
       {std::pair{Arithmetic::fp16, 45.0}, std::pair{Arithmetic::bf16, 28.0}}) {
    auto gpu = model->open_exact({.gpu = 0, .gpu_arithmetic = arithmetic});
    ASSERT_TRUE(gpu) << gpu.error().message;
    const auto got = Pair::taken((*gpu)->enhance(in.view()));
    const auto want = Pair::taken((*model->open_exact({.threads = 8}))->enhance(in.view()));
    EXPECT_GE(snr(got, want), least);
  }
}

}  // namespace
}  // namespace limpid::models
