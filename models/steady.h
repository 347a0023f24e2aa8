// SPDX-License-Identifier: MIT
// A filter over all microphones that changes slowly, fitted in every bin to what a network has made
// of all the last seconds: kernels/steady_filter.h. Masks that change with every frame remove what
// is loud beside the voice; this keeps what comes from where the voice is. Each errs where the
// other does not, and half of both is nearer to the voice than either.
#pragma once

#include <complex>
#include <span>

#include "lib/base/arena.h"
#include "lib/base/realtime.h"
#include "lib/kernels/steady_filter.h"
#include "models/mask_maker.h"

namespace limpid::models {

class SteadyFilters {
 public:
  SteadyFilters(const MaskTraits& traits, int lanes, int bins);

  // How such filters are fitted and heard, on CPUs and on GPUs.
  static kernels::SteadyRule rule(const MaskTraits& traits) noexcept;
  // Frames after which what was heard before makes no difference any more.
  static int settle(const MaskTraits& traits) noexcept;

  // Improves the present frame of a lane, `estimate`. The column of microphone m, k frames ago,
  // begins at columns + m * apart - k * stride. Nothing where the traits have no such filter.
  void run(int lane, const std::complex<float>* columns, std::ptrdiff_t apart,
           std::ptrdiff_t stride, std::complex<float>* estimate) LIMPID_REALTIME;
  void restart(int lane) LIMPID_REALTIME;
  std::size_t memory() const noexcept { return arena_.used(); }

 private:
  std::span<float> sums_of(int lane) LIMPID_REALTIME;

  int frames_, microphones_, bins_;
  kernels::SteadyRule rule_;
  Arena arena_;
  std::span<float> sums_;  // [lane]
};

}  // namespace limpid::models
