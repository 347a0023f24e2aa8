// SPDX-License-Identifier: MIT
// Which transform a long convolution is done with, and whether it can be done at all.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <string>

#include "lib/kernels/cuda/backend.h"
#include "lib/kernels/cuda/fused_conv.h"
#include "lib/kernels/cuda/signal_row.h"

namespace limpid::kernels::cuda {

inline constexpr std::int64_t kLeastPoints = 256, kMaxFusedPoints = 32768, kMaxPoints = 1 << 22;
// Bytes that a block needs for the most points of one kernel. Compute capability 8.0 and 9.0 have
// them, 8.6, 8.9 and 12.x have 99 KiB, which is enough for half of the points, and for three
// kernels.
inline constexpr std::size_t kSharedOfMaxFused = FusedLayout<14>::kShared * sizeof(Complex);

struct ConvPlan {
  std::int64_t points = 0;  // of the real transform, a power of two
  RowShape row{};           // of audio, `paired` as far as the length allows it
  RowShape filter{};

  int log_complex() const {
    return static_cast<int>(std::bit_width(static_cast<std::uint64_t>(points))) - 2;
  }
};

namespace plan {

inline Error unsupported(const LongConvSpec& spec, const std::string& why) {
  return {ErrorCode::unsupported, "a long convolution of " + std::to_string(spec.lanes) + " x " +
                                      std::to_string(spec.channels) + " rows of " +
                                      std::to_string(spec.length) + " samples with " +
                                      std::to_string(spec.taps) + " taps " + why};
}

inline Status check(const LongConvSpec& spec) {
  if (spec.lanes < 1 || spec.channels < 1 || spec.length < 1 || spec.taps < 1)
    return Error{ErrorCode::invalid_argument,
                 "a long convolution needs at least one lane, channel, sample and tap, found " +
                     std::to_string(spec.lanes) + ", " + std::to_string(spec.channels) + ", " +
                     std::to_string(spec.length) + ", " + std::to_string(spec.taps)};
  if (spec.circular && spec.taps > spec.length)
    return Error{ErrorCode::invalid_argument,
                 "a circular convolution of " + std::to_string(spec.length) +
                     " samples cannot have " + std::to_string(spec.taps) + " taps"};
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max() / 16;
  if (spec.length > kMax / spec.lanes / spec.channels)
    return unsupported(spec, "is more than can be addressed");
  return Done{};
}

inline Status check_kept(const LongConvSpec& spec, std::int64_t points) {
  const auto& kept = spec.kept;
  if (kept.empty()) return Done{};
  if (!std::has_single_bit(kept.size()) || static_cast<std::int64_t>(kept.size()) > points / 64)
    return Error{ErrorCode::invalid_argument,
                 "a sparse pattern must have 1, 2, 4, ... up to a 64th of " +
                     std::to_string(points) + " values, found " + std::to_string(kept.size())};
  for (std::size_t k = 1; k < kept.size(); ++k)
    if ((kept[k] == 0) != (kept[kept.size() - k] == 0))
      return Error{ErrorCode::invalid_argument, "a sparse pattern must keep " + std::to_string(k) +
                                                    " and " + std::to_string(kept.size() - k) +
                                                    " together or neither"};
  return Done{};
}

// What a row costs in segments of `points`, in units of one point of a stage: a butterfly's share,
// and six for what is read, multiplied and written; three times that where passes go through
// memory.
inline double cost(std::int64_t points, std::int64_t segments) {
  const double stages = static_cast<double>(std::bit_width(static_cast<std::uint64_t>(points)));
  const double passes = points > kMaxFusedPoints ? 3 : 1;
  return passes * static_cast<double>(segments) * static_cast<double>(points) * (stages + 6);
}

}  // namespace plan

// For a device whose blocks may have `shared` bytes. invalid_argument: nothing to convolve, a
// circular filter longer than the row, or a pattern of a sparse filter that LongConvSpec does not
// allow. unsupported: too many taps, or too many segments.
inline Result<ConvPlan> plan_conv(const LongConvSpec& spec,
                                  std::size_t shared = kSharedOfMaxFused) {
  if (auto done = plan::check(spec); !done) return done.error();
  const std::int64_t taps = std::min(spec.taps, spec.length);
  const bool even = spec.length % 2 == 0;
  ConvPlan best;
  const bool transform_wraps = spec.circular && spec.length >= kLeastPoints &&
                               spec.length <= kMaxPoints &&
                               std::has_single_bit(static_cast<std::uint64_t>(spec.length));
  double least = std::numeric_limits<double>::infinity();
  for (std::int64_t points = kLeastPoints; points <= kMaxPoints; points *= 2) {
    if (points == kMaxFusedPoints && shared < kSharedOfMaxFused) continue;
    const bool whole = transform_wraps && points == spec.length;
    // A causal row that fits as a whole begins the transform; what its end brings forth behind it
    // is not wanted.
    const bool fits = !spec.circular && spec.length + taps - 1 <= points;
    const std::int64_t lead = whole || fits ? 0 : even ? taps / 2 * 2 : taps - 1;
    if (lead >= points) continue;
    const std::int64_t hop = std::min(points - lead, spec.length);
    const std::int64_t segments = (spec.length + hop - 1) / hop;
    if (segments > 1 && hop < points / 2) continue;       // most of it would be done again
    if (!spec.kept.empty() && !whole && !fits) continue;  // the filter is as long as the transform
    if (plan::cost(points, segments) >= least ||
        segments > std::numeric_limits<std::int32_t>::max())
      continue;
    least = plan::cost(points, segments);
    best.points = points;
    best.row = {spec.length,
                static_cast<std::int32_t>(hop),
                static_cast<std::int32_t>(lead),
                static_cast<std::int32_t>(segments),
                spec.circular,
                even,
                fits && spec.length <= points / 2};
  }
  if (best.points == 0 && shared < kSharedOfMaxFused && plan_conv(spec))
    return plan::unsupported(spec, "needs " + std::to_string(kSharedOfMaxFused) +
                                       " bytes of shared memory for a block, this GPU has " +
                                       std::to_string(shared));
  if (best.points == 0)
    return plan::unsupported(spec,
                             "needs more than " + std::to_string(kMaxPoints) + " transform points" +
                                 (spec.kept.empty() ? "" : ", or cannot have a sparse spectrum"));
  if (auto done = plan::check_kept(spec, best.points); !done) return done.error();
  if (best.row.segments > std::numeric_limits<std::int32_t>::max() / spec.lanes / spec.channels)
    return plan::unsupported(spec, "has too many rows for one call");
  best.filter = {taps, static_cast<std::int32_t>(best.points), 0, 1, 0, 0, taps <= best.points / 2};
  return best;
}

}  // namespace limpid::kernels::cuda
