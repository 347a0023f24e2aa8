// SPDX-License-Identifier: MIT
// bfloat16 numbers are the upper halves of floats.
#pragma once

#include <bit>
#include <cstdint>

namespace limpid {

constexpr float from_bfloat16(std::uint16_t upper) noexcept {
  return std::bit_cast<float>(std::uint32_t{upper} << 16);
}

// Whether a number is one already.
constexpr bool is_bfloat16(float x) noexcept {
  return (std::bit_cast<std::uint32_t>(x) & 0xffffu) == 0;
}

// Of a number that is one.
constexpr std::uint16_t to_bfloat16(float x) noexcept {
  return static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(x) >> 16);
}

}  // namespace limpid
