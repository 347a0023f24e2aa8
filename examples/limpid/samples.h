// SPDX-License-Identifier: MIT
// What commands do to samples on their way to a model, and what they say of what was changed.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lib/tensor/tensor.h"

namespace limpid::cli {

// The channels `heard` of `from` [channel][any number], in that order, into to[heard][as many]. NaN
// and infinity become silence, before a resampler can smear them: returns how many there were.
std::uint64_t take_channels(AudioView<const float> from, std::span<const int> heard,
                            AudioView<float> to) noexcept;

// What the owner of the audio should know though it went well, for a format whose samples are
// clipped at `loudest`.
std::vector<std::string> notices_of(std::uint64_t repaired, std::uint64_t clipped, float loudest);

}  // namespace limpid::cli
