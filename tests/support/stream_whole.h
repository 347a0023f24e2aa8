// SPDX-License-Identifier: MIT
// A whole recording through a session, its latency made up for: sample n out belongs to sample n
// in.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "lib/model/model.h"

namespace limpid::test {

// [input channel][sample] to [output channel][sample] in calls of 1..max_frames hops, drawn with
// `seed`; silence follows the input until all of it is out.
inline Tensor<float, 2> stream_channels(const Model& model, AudioView<const float> audio, int rate,
                                        int max_frames, unsigned seed) {
  const auto length = audio.extent(1);
  Tensor<float, 2> result({model.spec().output_channels, length});
  auto session = model.open({.sample_rate = rate, .lanes = 1, .max_frames = max_frames});
  EXPECT_TRUE(session) << session.error().message;
  if (!session) return result;
  const auto format = (*session)->format();
  const auto padded = (length + format.latency + format.hop - 1) / format.hop * format.hop;
  Tensor<float, 2> in({audio.extent(0), padded}), out({result.extent(0), padded});
  for (std::ptrdiff_t c = 0; c < audio.extent(0); ++c)
    std::ranges::copy(audio[c].span(), in.view()[c].data());
  std::mt19937 random(seed);
  std::uniform_int_distribution<std::ptrdiff_t> chunk(1, max_frames);
  for (std::ptrdiff_t at = 0, count = 0; at < padded; at += count) {
    count = std::min(padded - at, chunk(random) * format.hop);
    (*session)->process(in.view().slice(1, at, count), out.view().slice(1, at, count));
  }
  for (std::ptrdiff_t c = 0; c < result.extent(0); ++c)
    std::copy_n(out.view()[c].data() + format.latency, length, result.view()[c].data());
  return result;
}

// The same of one channel.
inline std::vector<float> stream_whole(const Model& model, const std::vector<float>& audio,
                                       int rate, int max_frames, unsigned seed) {
  const auto length = static_cast<std::ptrdiff_t>(audio.size());
  const auto out = stream_channels(model, {audio.data(), {1, length}}, rate, max_frames, seed);
  const auto samples = out.view()[0].span();
  return {samples.begin(), samples.end()};
}

// The probability of a voice is `want`, a sample a frame, in one call of all of it.
inline void expect_voice(const Model& model, std::vector<float> audio, int rate,
                         const std::vector<float>& want) {
  const auto frames = static_cast<std::ptrdiff_t>(want.size());
  auto session = model.open({.sample_rate = rate, .max_frames = static_cast<int>(frames)});
  ASSERT_TRUE(session) << session.error().message;
  const auto samples = frames * (*session)->format().hop;
  audio.resize(static_cast<std::size_t>(samples));
  (*session)->process({audio.data(), {1, samples}}, {audio.data(), {1, samples}});
  const auto got = (*session)->voice_activity();
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(got[i], want[i], 1e-5) << i;
}

}  // namespace limpid::test
