// SPDX-License-Identifier: MIT
// What the recogniser is built of: rows of features times weights. All take and give dense
// [row][feature] tensors and allocate their result; nothing here runs on audio threads.
#pragma once

#include <string>
#include <vector>

#include "lib/io/weights.h"
#include "lib/kernels/gemm.h"
#include "lib/tensor/tensor.h"

namespace limpid::models::avsr {

using Features = Tensor<float, 2>;  // [row][feature]
using FeaturesView = TensorView<const float, 2>;

// y = activation(W x + b), PyTorch's Linear.
class Linear {
 public:
  // Reads <name>.weight [outputs][inputs] and, with `bias`, <name>.bias [outputs]. bad_format.
  static Result<Linear> load(io::Weights& weights, const std::string& name, int outputs, int inputs,
                             bool bias = true);
  Features run(FeaturesView x, kernels::Activation activation = kernels::Activation::none) const;

 private:
  kernels::PackedMatrix matrix_;
  std::vector<float> bias_;
};

// A convolution along the rows with zeros around them, as long as its input, then ReLU.
class Convolution {
 public:
  // Reads <name>.weight [outputs][inputs][taps] and <name>.bias; taps odd. bad_format.
  static Result<Convolution> load(io::Weights& weights, const std::string& name, int outputs,
                                  int inputs, int taps);
  Features run(FeaturesView x) const;

 private:
  int taps_ = 1;
  kernels::PackedMatrix matrix_;
  std::vector<float> bias_;
};

// Each row to mean 0 and variance 1, then gain and offset; epsilon 1e-5, PyTorch's LayerNorm.
class LayerNorm {
 public:
  static Result<LayerNorm> load(io::Weights& weights, const std::string& name, int width);
  Features run(FeaturesView x) const;

 private:
  std::vector<float> gain_, offset_;
};

// Linear-ReLU-Linear-LayerNorm: from an encoder's features to the decoder's.
class Projector {
 public:
  static Result<Projector> load(io::Weights& weights, const std::string& name, int inputs,
                                int hidden, int width);
  Features run(FeaturesView x) const;

 private:
  Linear first_, second_;
  LayerNorm norm_;
};

// Two convolutions.
class Encoder {
 public:
  static Result<Encoder> load(io::Weights& weights, const std::string& name, int inputs, int width,
                              int taps);
  Features run(FeaturesView x) const;

 private:
  Convolution first_, second_;
};

// Moves the value out, or tells what went wrong.
template <class T>
Status take(Result<T> loaded, T& into) {
  if (!loaded) return std::move(loaded).error();
  into = *std::move(loaded);
  return Done{};
}

}  // namespace limpid::models::avsr
