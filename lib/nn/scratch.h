// SPDX-License-Identifier: MIT
// Scratch: memory that a layer may use during one call. Layers cut long calls into tiles of frames
// so that what they put here stays in the second-level cache.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

namespace limpid::nn {

inline constexpr std::size_t kScratchFloats = std::size_t{1} << 17;  // 512 KiB

// Frames that fit when one frame needs `per_frame` floats; at least one.
inline int frames_per_tile(std::span<float> scratch, std::size_t per_frame, int frames) noexcept {
  const std::size_t fit = scratch.size() / std::max<std::size_t>(per_frame, 1);
  return std::max(1,
                  static_cast<int>(std::min<std::size_t>(fit, static_cast<std::size_t>(frames))));
}

// What a session must provide to a layer that needs `per_frame` floats a frame.
inline std::size_t scratch_size(std::size_t per_frame) noexcept {
  return std::max(per_frame, kScratchFloats);
}

}  // namespace limpid::nn
