// SPDX-License-Identifier: MIT
// What a network's session on a GPU has to keep, beside its session on the CPU: each promise one
// function, which fails the test that calls it. Kernels are emulated, but for those of
// expect_a_device_equals_the_cpu().
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "tests/cuda/device_fixture.h"
#include "tests/cuda/emulate.h"
#include "tests/cuda/emulated_model.h"
#include "tests/support/audio_compare.h"
#include "tests/support/signals.h"

namespace limpid::test {

// Both sessions of one network.
struct GpuPair {
  std::unique_ptr<Session> cpu, gpu;  // null where they do not open: a failed test
  kernels::cuda::HostQueue* queue = nullptr;
  int lanes, inputs;  // rows of audio a lane

  GpuPair(const EmulatedModel& model, const SessionConfig& config)
      : lanes(config.lanes), inputs(model.spec().input_channels) {
    auto opened = model.open(config);
    EXPECT_TRUE(opened) << opened.error().message;
    cpu = *std::move(opened);
    auto host = std::make_unique<kernels::cuda::HostQueue>();
    queue = host.get();
    auto session = model.open_on(std::move(host), config);
    EXPECT_TRUE(session) << session.error().message;
    if (session) gpu = *std::move(session);
  }

  Tensor<float, 2> noise(int samples) const { return test::noise(lanes * inputs, samples); }
};

// In calls of these many frames, again and again. `inputs` rows of a lane become one.
inline Tensor<float, 2> run_calls(Session& session, AudioView<const float> in,
                                  const std::vector<int>& calls, int inputs = 1) {
  Tensor<float, 2> out({in.extent(0) / inputs, in.extent(1)});
  const int hop = session.format().hop;
  std::ptrdiff_t at = 0;
  for (std::size_t call = 0; at < in.extent(1); ++call) {
    const std::ptrdiff_t count =
        std::min<std::ptrdiff_t>(calls[call % calls.size()] * hop, in.extent(1) - at);
    session.process(in.slice(1, at, count), out.view().slice(1, at, count));
    at += count;
  }
  return out;
}

inline void expect_same_lanes(const Tensor<float, 2>& got, const Tensor<float, 2>& want,
                              double tolerance) {
  for (int lane = 0; lane < want.view().extent(0); ++lane)
    EXPECT_LE(relative_error(got.view()[lane].span(), want.view()[lane].span(), 0, 0), tolerance)
        << "lane " << lane;
}

// Noise in calls of max_frames, the last one of what is left; and what is said about speech in it.
inline void expect_the_gpu_equals_the_cpu(const EmulatedModel& model, const SessionConfig& config,
                                          int frames) {
  GpuPair pair(model, config);
  ASSERT_NE(pair.gpu, nullptr);
  EXPECT_EQ(pair.gpu->format().latency, pair.cpu->format().latency);
  const auto in = pair.noise(pair.cpu->format().hop * frames);
  const auto want = run_calls(*pair.cpu, in.view(), {config.max_frames}, pair.inputs);
  expect_same_lanes(run_calls(*pair.gpu, in.view(), {config.max_frames}, pair.inputs), want, 1e-5);
  EXPECT_EQ(pair.queue->replays, config.max_frames > 64 ? frames / 64 : frames / config.max_frames)
      << "only full tiles are recorded";
  const auto got_voice = pair.gpu->voice_activity(), want_voice = pair.cpu->voice_activity();
  ASSERT_EQ(got_voice.size(), want_voice.size());
  for (std::size_t i = 0; i < want_voice.size(); ++i)
    EXPECT_NEAR(got_voice[i], want_voice[i], 1e-5);
}

// Of the lane that has least.
inline double decibel_between(const Tensor<float, 2>& got, const Tensor<float, 2>& want) {
  double least = std::numeric_limits<double>::infinity();
  for (int lane = 0; lane < want.view().extent(0); ++lane) {
    const auto of = [&](const Tensor<float, 2>& audio) {
      const auto samples = audio.view()[lane].span();
      return std::vector<double>(samples.begin(), samples.end());
    };
    least = std::min(least, kernels::cuda::snr(of(got), of(want)));
  }
  return least;
}

// With products on tensor cores, transforms excepted, noise comes out with so many dB between the
// signal and what differs from the CPU's.
struct Kept {
  Arithmetic arithmetic;
  double least;
};
inline constexpr Kept kKept[] = {{Arithmetic::tf32x3, 110},
                                 {Arithmetic::tf32, 58},
                                 {Arithmetic::fp16, 58},
                                 {Arithmetic::bf16, 40}};

// Trained networks leave little of noise, and errors stand beside what is left.
inline constexpr Kept kKeptByTrained[] = {{Arithmetic::tf32x3, 90},
                                          {Arithmetic::tf32, 36},
                                          {Arithmetic::fp16, 36},
                                          {Arithmetic::bf16, 18}};

inline void expect_tensor_cores_keep(const EmulatedModel& model, std::span<const Kept> promised,
                                     int frames = 10) {
  for (const auto& [arithmetic, least] : promised) {
    SCOPED_TRACE(static_cast<int>(arithmetic));
    GpuPair pair(
        model,
        {.sample_rate = 16000, .lanes = 1, .max_frames = frames, .gpu_arithmetic = arithmetic});
    ASSERT_NE(pair.gpu, nullptr);
    const auto in = pair.noise(pair.cpu->format().hop * 2 * frames);
    const auto want = run_calls(*pair.cpu, in.view(), {frames}, pair.inputs);
    const double kept =
        decibel_between(run_calls(*pair.gpu, in.view(), {frames}, pair.inputs), want);
    EXPECT_GE(kept, least);
    ::testing::Test::RecordProperty(  // for --gtest_output
        "of_" + std::to_string(model.spec().parameters) + "_with_" +
            std::to_string(static_cast<int>(arithmetic)),
        std::to_string(kept));
    if (arithmetic == Arithmetic::tf32) {  // words are floats
      EXPECT_LT(pair.queue->largest(), 65504 / 8) << "halves hold it, of louder recordings too";
    }
    EXPECT_EQ(pair.queue->products[0], 2 * 2) << "both transforms of two calls";
    EXPECT_GT(pair.queue->products[static_cast<std::size_t>(arithmetic)], 0);
  }
}

// On a real one; skipped where there is none.
inline void expect_tensor_cores_of_a_device_keep(const Model& model, std::span<const Kept> promised,
                                                 int lanes = 1) {
  if (const auto why = kernels::cuda::no_device(); !why.empty()) GTEST_SKIP() << why;
  SessionConfig config{.sample_rate = 16000, .lanes = lanes, .max_frames = 64};
  auto cpu = model.open(config);
  ASSERT_TRUE(cpu);
  const int inputs = model.spec().input_channels;
  const auto in = noise(lanes * inputs, (*cpu)->format().hop * 100);
  const auto want = run_calls(**cpu, in.view(), {64}, inputs);
  config.gpu = 0;
  for (const auto& [arithmetic, least] : promised) {
    SCOPED_TRACE(static_cast<int>(arithmetic));
    config.gpu_arithmetic = arithmetic;
    auto gpu = model.open(config);
    ASSERT_TRUE(gpu) << gpu.error().message;
    EXPECT_GE(decibel_between(run_calls(**gpu, in.view(), {64}, inputs), want), least);
  }
}

inline void expect_any_chunking_on_the_gpu(const EmulatedModel& model, int max_frames,
                                           const std::vector<int>& uneven) {
  GpuPair pair(model, {.sample_rate = 16000, .lanes = 1, .max_frames = max_frames});
  ASSERT_NE(pair.gpu, nullptr);
  const auto in = pair.noise(pair.cpu->format().hop * 2 * max_frames);
  const auto want = run_calls(*pair.cpu, in.view(), {max_frames}, pair.inputs);
  for (const auto& calls : {std::vector<int>{1}, {max_frames}, uneven}) {
    pair.gpu->reset();
    expect_same_lanes(run_calls(*pair.gpu, in.view(), calls, pair.inputs), want, 1e-5);
  }
}

inline void expect_a_lane_begins_anew(const EmulatedModel& model, int rate) {
  GpuPair pair(model, {.sample_rate = rate, .lanes = 3, .max_frames = 8});
  ASSERT_NE(pair.gpu, nullptr);
  const int half = pair.cpu->format().hop * 16;
  const auto in = pair.noise(2 * half);
  const auto want = run_calls(*pair.cpu, in.view(), {8}, pair.inputs);
  run_calls(*pair.gpu, in.view().slice(1, 0, half), {8}, pair.inputs);
  EXPECT_TRUE(pair.gpu->restart(1));
  const auto got = run_calls(*pair.gpu, in.view().slice(1, half, half), {8}, pair.inputs);
  for (const int lane : {0, 2})
    EXPECT_LE(relative_error(got.view()[lane].span(), want.view()[lane].slice(0, half, half).span(),
                             0, 0),
              1e-5);
  pair.cpu->reset();
  const auto anew = run_calls(*pair.cpu, in.view().slice(1, half, half), {8}, pair.inputs);
  EXPECT_LE(relative_error(got.view()[1].span(), anew.view()[1].span(), 0, 0), 1e-5);
}

// What numbers of 16 bits make of noise does not depend on how it is cut into calls, nor on what a
// lane has heard before it began: to the bit.
inline void expect_the_same_bits_however_cut(const EmulatedModel& model,
                                             const std::vector<int>& uneven) {
  for (const Arithmetic arithmetic : {Arithmetic::fp16, Arithmetic::bf16}) {
    SCOPED_TRACE(static_cast<int>(arithmetic));
    GpuPair pair(model,
                 {.sample_rate = 16000, .lanes = 3, .max_frames = 8, .gpu_arithmetic = arithmetic});
    ASSERT_NE(pair.gpu, nullptr);
    const int half = pair.cpu->format().hop * 16;
    const auto in = pair.noise(2 * half);
    const auto bits = [](AudioView<const float> audio, int lane) {
      std::vector<std::uint32_t> all;
      for (const float sample : audio[lane].span())
        all.push_back(std::bit_cast<std::uint32_t>(sample));
      return all;
    };
    const auto run = [&](AudioView<const float> audio, const std::vector<int>& calls) {
      return run_calls(*pair.gpu, audio, calls, pair.inputs);
    };
    const auto late = in.view().slice(1, half, half);
    const auto anew = run(late, {8});
    pair.gpu->reset();
    const auto whole = run(in.view(), {8});
    pair.gpu->reset();
    const auto first = run(in.view().slice(1, 0, half), uneven);
    EXPECT_TRUE(pair.gpu->restart(1));
    const auto second = run(late, uneven);
    for (int lane = 0; lane < 3; ++lane) {
      SCOPED_TRACE(lane);
      EXPECT_EQ(bits(first.view(), lane), bits(whole.view().slice(1, 0, half), lane));
      EXPECT_EQ(bits(second.view(), lane), lane == 1
                                               ? bits(anew.view(), lane)
                                               : bits(whole.view().slice(1, half, half), lane));
    }
  }
}

inline void expect_repairs_on_the_gpu(const EmulatedModel& model) {
  GpuPair pair(model, {.sample_rate = 16000, .lanes = 1, .max_frames = 4});
  ASSERT_NE(pair.gpu, nullptr);
  auto in = pair.noise(pair.cpu->format().hop * 4);
  in.view()[0][3] = std::numeric_limits<float>::quiet_NaN();
  in.view()[0][100] = std::numeric_limits<float>::infinity();
  const auto out = run_calls(*pair.gpu, in.view(), {4}, pair.inputs);
  for (const float sample : out.view()[0].span()) EXPECT_TRUE(std::isfinite(sample));
  EXPECT_EQ(pair.gpu->repaired(), 2u);
}

inline void expect_a_failing_device_is_silent(const EmulatedModel& model) {
  GpuPair pair(model, {.sample_rate = 16000, .lanes = 1, .max_frames = 4});
  ASSERT_NE(pair.gpu, nullptr);
  pair.queue->failing = true;
  const auto in = pair.noise(pair.cpu->format().hop * 8);
  const auto out = run_calls(*pair.gpu, in.view(), {4, 3}, pair.inputs);
  for (const float sample : out.view()[0].span()) EXPECT_EQ(sample, 0.0f);
  ASSERT_NE(pair.gpu->failure(), nullptr);
  EXPECT_EQ(pair.gpu->failure()->message, "as asked");
  EXPECT_EQ(pair.cpu->failure(), nullptr);
}

// On a real one; skipped where there is none.
inline void expect_a_device_equals_the_cpu(const Model& model, int lanes, int rate) {
  if (const auto why = kernels::cuda::no_device(); !why.empty()) GTEST_SKIP() << why;
  const int inputs = model.spec().input_channels;
  auto gpu = model.open({.sample_rate = rate, .lanes = lanes, .max_frames = 64, .gpu = 0});
  ASSERT_TRUE(gpu) << gpu.error().message;
  auto cpu = model.open({.sample_rate = rate, .lanes = lanes, .max_frames = 64});
  ASSERT_TRUE(cpu);
  const auto in = noise(lanes * inputs, (*cpu)->format().hop * 100);
  const auto want = run_calls(**cpu, in.view(), {64}, inputs);
  expect_same_lanes(run_calls(**gpu, in.view(), {64}, inputs), want, 1e-4);
  (*gpu)->reset();
  expect_same_lanes(run_calls(**gpu, in.view(), {1, 64, 7}, inputs), want, 1e-4);
}

}  // namespace limpid::test
