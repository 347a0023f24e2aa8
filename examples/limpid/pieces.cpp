// SPDX-License-Identifier: MIT
#include "examples/limpid/pieces.h"

#include <algorithm>

namespace limpid::cli {
namespace {

// Hops that pieces are whole numbers of: models work in blocks of 16, 32 or 64, which then lie as
// in the uncut stream, so that mostly not even rounding differs.
constexpr int kGrain = 64;
constexpr int kLongerThanSettling = 3;
// In, and as many out: what pieces may have if they can do with it, and what they may have at all.
constexpr std::int64_t kSamples = std::int64_t{1} << 25, kMaxSamples = std::int64_t{1} << 28;

std::int64_t parts(std::int64_t whole, std::int64_t part) {
  return (whole + part - 1) / part;
}

}  // namespace

Pieces plan_pieces(const Model& model, int sample_rate, std::int64_t samples, int channels,
                   int threads) {
  const auto format = model.format(sample_rate);
  const int settle_hops = model.spec().settle_hops;
  if (!format || settle_hops == 0) return {};
  const std::int64_t grain = std::int64_t{kGrain} * format->hop;
  const std::int64_t settle = grain * parts(settle_hops + 1, kGrain);  // a stream is a hop late
  const std::int64_t shortest = kLongerThanSettling * settle;
  const std::int64_t rest = samples - settle;  // nothing is before the first piece
  // Twice the shortest, so that no piece need be shorter for all to be equal.
  const std::int64_t fit = (kMaxSamples / channels - settle) / (2 * shortest);
  const std::int64_t at_once = std::min({std::int64_t{threads}, rest / shortest, fit});
  if (at_once < 2) return {};
  const std::int64_t longest = std::max(2 * shortest, (kSamples / channels - settle) / at_once);
  const std::int64_t rounds = parts(rest, at_once * longest);
  const std::int64_t length = grain * parts(parts(rest, at_once * rounds), grain);
  return {settle, length, static_cast<int>(std::min(at_once, parts(rest, length)))};
}

}  // namespace limpid::cli
