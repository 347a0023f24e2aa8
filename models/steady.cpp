// SPDX-License-Identifier: MIT
#include "models/steady.h"

#include <algorithm>
#include <array>

#include "models/settling.h"
#include "models/sizes.h"

namespace limpid::models {
namespace {

// As training/limpid_train/steady.py has them.
constexpr float kLoading = 1e-3f, kShare = 0.5f, kLimit = 2.0f;

}  // namespace

SteadyFilters::SteadyFilters(const MaskTraits& traits, int lanes, int bins)
    : frames_(traits.steady_frames),
      microphones_(traits.microphones),
      bins_(bins),
      rule_(rule(traits)),
      sums_(
          arena_.claim<float>(size(lanes) * kernels::steady_floats(frames_ * microphones_, bins))) {
}

kernels::SteadyRule SteadyFilters::rule(const MaskTraits& traits) noexcept {
  return {.keep = static_cast<float>(1.0 - 1.0 / traits.steady_horizon),
          .loading = kLoading,
          .share = kShare,
          .limit = kLimit};
}

int SteadyFilters::settle(const MaskTraits& traits) noexcept {
  return traits.steady_frames == 0 ? 0 : settle_mean(traits.steady_horizon);
}

std::span<float> SteadyFilters::sums_of(int lane) LIMPID_REALTIME {
  const std::size_t one = kernels::steady_floats(frames_ * microphones_, bins_);
  return sums_.subspan(size(lane) * one, one);
}

void SteadyFilters::run(int lane, const std::complex<float>* columns, std::ptrdiff_t apart,
                        std::ptrdiff_t stride, std::complex<float>* estimate) LIMPID_REALTIME {
  if (frames_ == 0) return;
  std::array<const std::complex<float>*, kernels::kMaxSteadyInputs> inputs;
  auto next = inputs.begin();
  for (int k = 0; k < frames_; ++k)
    for (int m = 0; m < microphones_; ++m) *next++ = columns + m * apart - k * stride;
  kernels::steady_filter({inputs.begin(), next}, bins_, rule_, sums_of(lane).data(), estimate);
}

void SteadyFilters::restart(int lane) LIMPID_REALTIME {
  std::ranges::fill(sums_of(lane), 0.0f);
}

}  // namespace limpid::models
