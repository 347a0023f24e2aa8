// SPDX-License-Identifier: MIT
// How the layers of a network are read from a file, and the two that every network has, in the
// order in which gemm reads them.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "lib/io/weights.h"
#include "lib/kernels/gemm.h"

namespace limpid::models {

// Finds tensors and remembers the first thing that was wrong, so that loaders read like a list.
class TensorReader {
 public:
  explicit TensorReader(io::Weights& weights) : weights_(weights) {}
  // Zeros where the file has no such tensor of this shape.
  std::vector<float> take(const std::string& name, std::initializer_list<std::int64_t> shape);
  const Status& status() const noexcept { return status_; }

 private:
  io::Weights& weights_;
  Status status_ = Done{};
};

struct Linear {
  kernels::PackedMatrix weights;
  std::vector<float> bias;  // may be empty
};

inline constexpr float kNormEpsilon = 1e-5f;  // of norms: PyTorch's

struct Norm {  // per channel; empty: there is none
  std::vector<float> gain, offset;
};

// <name>.weight [out, in] and, with `bias`, <name>.bias [out].
Linear load_linear(TensorReader& reader, const std::string& name, int out, int in, bool bias);

// <name>.weight and <name>.bias, both [channels].
Norm load_norm(TensorReader& reader, const std::string& name, int channels);

}  // namespace limpid::models
