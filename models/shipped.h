// SPDX-License-Identifier: MIT
// The weight files inside this library: a program that links it needs no file at run time.
#pragma once

#include <cstddef>
#include <span>

namespace limpid::models {

struct ShippedModel {
  const char* name;
  std::span<const std::byte> bytes;  // a whole .safetensors file
};

std::span<const ShippedModel> shipped_models() noexcept;

}  // namespace limpid::models
