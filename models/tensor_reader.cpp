// SPDX-License-Identifier: MIT
#include "models/tensor_reader.h"

namespace limpid::models {

std::vector<float> TensorReader::take(const std::string& name,
                                      std::initializer_list<std::int64_t> shape) {
  if (status_) {
    if (const auto found = weights_.find(name, shape); found)
      return {found->begin(), found->end()};
    else
      status_ = found.error();
  }
  std::size_t count = 1;
  for (const auto extent : shape) count *= static_cast<std::size_t>(extent);
  return std::vector<float>(count);
}

Linear load_linear(TensorReader& reader, const std::string& name, int out, int in, bool bias) {
  const auto weight = reader.take(name + ".weight", {out, in});
  return {kernels::PackedMatrix(weight, out, in),
          bias ? reader.take(name + ".bias", {out}) : std::vector<float>()};
}

Norm load_norm(TensorReader& reader, const std::string& name, int channels) {
  return {reader.take(name + ".weight", {channels}), reader.take(name + ".bias", {channels})};
}

}  // namespace limpid::models
