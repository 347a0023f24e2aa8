// SPDX-License-Identifier: MIT
// Recordings may hold what is no number.
#pragma once

#include <cstdint>

#include "lib/tensor/tensor.h"

namespace limpid::cli {

// NaN and infinity become silence, before a resampler can smear them. Returns how many there were.
std::uint64_t silence_non_finite(AudioView<float> samples) noexcept;

}  // namespace limpid::cli
