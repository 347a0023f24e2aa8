// SPDX-License-Identifier: MIT
// The JSON header of a .safetensors file, as untrusted input: everything it claims is checked
// against itself and against the size of the data part.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "lib/io/weights.h"
#include "limpid/result.h"

namespace limpid::io {

struct SafetensorsHeader {
  std::map<std::string, TensorEntry, std::less<>> tensors;
  std::map<std::string, std::string, std::less<>> metadata;
};

// `data_bytes` is the size of what follows the header. Messages begin with `origin`. bad_format.
// May throw std::bad_alloc.
Result<SafetensorsHeader> parse_header(std::string_view json, std::uint64_t data_bytes,
                                       const std::string& origin);

// For messages: 'name', shortened and without control characters; [2, 3].
std::string in_quotes(std::string_view name);
std::string shape_text(std::span<const std::int64_t> shape);

}  // namespace limpid::io
