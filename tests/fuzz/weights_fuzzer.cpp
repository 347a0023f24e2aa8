// SPDX-License-Identifier: MIT
// libFuzzer entry: any bytes as a weight file.
#include <cstddef>
#include <cstdint>
#include <span>

#include "lib/io/weights.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto weights = limpid::io::Weights::parse(std::as_bytes(std::span(data, size)), "fuzz");
  if (!weights) return 0;
  for (const auto& [name, tensor] : weights->tensors()) (void)weights->find(name, tensor.shape);
  (void)weights->all_used();
  return 0;
}
