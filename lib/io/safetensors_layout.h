// SPDX-License-Identifier: MIT
// Whether the tensors of a .safetensors header tile the data part: each as long as its type and
// shape say, without overlap, hole or rest.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "lib/io/weights.h"

namespace limpid::io {

// "" when all is well, otherwise what is wrong and where.
std::string layout_problem(const std::map<std::string, TensorEntry, std::less<>>& tensors,
                           std::uint64_t data_bytes);

// shape[0] * shape[1] * ... ; false when it does not fit. All dimensions are >= 0.
bool element_count(std::span<const std::int64_t> shape, std::uint64_t& count);

}  // namespace limpid::io
