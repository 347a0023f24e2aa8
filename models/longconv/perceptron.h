// SPDX-License-Identifier: MIT
// x += W2 gelu(W1 norm(x)), on every band by itself or on all bands of a frame at once, which is
// how they hear from each other.
#pragma once

#include <span>
#include <string>

#include "models/longconv/config.h"
#include "models/longconv/rows.h"
#include "models/tensor_reader.h"

namespace limpid::models {

class Perceptron {
 public:
  enum class Over { band, frame };

  Perceptron() = default;
  Perceptron(TensorReader& reader, const std::string& prefix, const LongConvConfig& config,
             Over over);

  void run(const BandRows& x, std::span<float> scratch) const LIMPID_REALTIME;

  std::size_t scratch(int lanes, int frames) const noexcept;  // floats

  // For those who run it elsewhere.
  Over over() const noexcept { return over_; }
  const Norm& norm() const noexcept { return norm_; }
  const Linear& inputs() const noexcept { return inputs_; }
  const Linear& outputs() const noexcept { return outputs_; }

 private:
  Over over_ = Over::band;
  int bands_ = 0, channels_ = 0;
  Norm norm_;  // of each band
  Linear inputs_, outputs_;
};

}  // namespace limpid::models
