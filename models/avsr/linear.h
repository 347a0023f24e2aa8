// SPDX-License-Identifier: MIT
// What the recogniser is built of: rows of features times weights. All take and give dense
// [row][feature] tensors and allocate their result; nothing here runs on audio threads.
#pragma once

#include <string>

#include "lib/kernels/gemm.h"
#include "lib/tensor/tensor.h"
#include "models/tensor_reader.h"

namespace limpid::models::avsr {

using Features = Tensor<float, 2>;  // [row][feature]
using FeaturesView = TensorView<const float, 2>;

// y = activation(W x + b), PyTorch's Linear.
Features run(const Linear& linear, FeaturesView x,
             kernels::Activation activation = kernels::Activation::none);

// Each row to mean 0 and variance 1, then gain and offset: PyTorch's LayerNorm.
Features run(const Norm& norm, FeaturesView x);

// A convolution along the rows with zeros around them, as long as its input, then ReLU.
class Convolution {
 public:
  Convolution() = default;
  // Reads <name>.weight [outputs][inputs][taps] and <name>.bias; taps odd.
  Convolution(TensorReader& reader, const std::string& name, int outputs, int inputs, int taps);
  Features run(FeaturesView x) const;

 private:
  int taps_ = 1;
  Linear linear_;  // of a window of frames
};

// Linear-ReLU-Linear-LayerNorm: from an encoder's features to the decoder's.
class Projector {
 public:
  Projector() = default;
  Projector(TensorReader& reader, const std::string& name, int inputs, int hidden, int width);
  Features run(FeaturesView x) const;

 private:
  Linear first_, second_;
  Norm norm_;
};

// Two convolutions.
class Encoder {
 public:
  Encoder() = default;
  Encoder(TensorReader& reader, const std::string& name, int inputs, int width, int taps);
  Features run(FeaturesView x) const;

 private:
  Convolution first_, second_;
};

}  // namespace limpid::models::avsr
