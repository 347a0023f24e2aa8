// SPDX-License-Identifier: MIT
#include "models/tensor_reader.h"

namespace limpid::models {

std::vector<float> TensorReader::take(const std::string& name,
                                      std::initializer_list<std::int64_t> shape) {
  return taken(weights_.find(name, shape));
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
