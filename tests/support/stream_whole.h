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

// Calls of 1..max_frames hops, drawn with `seed`; silence follows the input until all of it is out.
inline std::vector<float> stream_whole(const Model& model, std::vector<float> audio, int rate,
                                       int max_frames, unsigned seed) {
  auto session = model.open({.sample_rate = rate, .lanes = 1, .max_frames = max_frames});
  EXPECT_TRUE(session) << session.error().message;
  if (!session) return {};
  const auto format = (*session)->format();
  const auto hop = static_cast<std::size_t>(format.hop);
  const auto latency = static_cast<std::size_t>(format.latency), length = audio.size();
  audio.resize((length + latency + hop - 1) / hop * hop);
  std::mt19937 random(seed);
  std::uniform_int_distribution<std::ptrdiff_t> chunk(1, max_frames);
  std::vector<float> out(audio.size());
  for (std::size_t at = 0; at < audio.size();) {
    const auto left = static_cast<std::ptrdiff_t>(audio.size() - at);
    const std::ptrdiff_t count = std::min(left, chunk(random) * format.hop);
    (*session)->process({audio.data() + at, {1, count}}, {out.data() + at, {1, count}});
    at += static_cast<std::size_t>(count);
  }
  const auto begin = out.begin() + format.latency;
  return {begin, begin + static_cast<std::ptrdiff_t>(length)};
}

}  // namespace limpid::test
