// SPDX-License-Identifier: MIT
#include "bench/gemm_engines.h"

#include <cstring>

#include "lib/kernels/gemm.h"

namespace limpid::bench {
namespace {

std::vector<Candidate>& entered() {
  static std::vector<Candidate> all;
  return all;
}

class Limpid : public Engine {
 public:
  Limpid(const Shape& shape, std::span<const float> weights)
      : shape_(shape), b_(weights, shape.n, shape.k()) {}
  void multiply(const float* a, float* c) override {
    kernels::gemm({a, shape_.rows, shape_.stride}, shape_.segments, shape_.segment_stride, b_, {},
                  kernels::Activation::none, {c, {1, 1, shape_.m()}, {0, 0, shape_.n}});
  }

 private:
  Shape shape_;
  kernels::PackedMatrix b_;
};

const Enter enter({"limpid",
                   [](const Shape& s, std::span<const float> w) -> std::unique_ptr<Engine> {
                     return std::make_unique<Limpid>(s, w);
                   }});

}  // namespace

Enter::Enter(Candidate candidate) {
  entered().push_back(candidate);
}

const std::vector<Candidate>& candidates() {
  return entered();
}

DenseInput::DenseInput(const Shape& shape) : shape_(shape) {
  if (!shape.dense())
    buffer_.resize(static_cast<std::size_t>(shape.m()) * static_cast<std::size_t>(shape.k()));
}

const float* DenseInput::of(const float* a) {
  if (buffer_.empty()) return a;
  const auto bytes = static_cast<std::size_t>(shape_.length) * sizeof(float);
  float* to = buffer_.data();
  for (int i = 0; i < shape_.rows[0]; ++i)
    for (int j = 0; j < shape_.rows[1]; ++j)
      for (int k = 0; k < shape_.rows[2]; ++k)
        for (int s = 0; s < shape_.segments; ++s, to += shape_.length)
          std::memcpy(to,
                      a + i * shape_.stride[0] + j * shape_.stride[1] + k * shape_.stride[2] +
                          s * shape_.segment_stride,
                      bytes);
  return buffer_.data();
}

}  // namespace limpid::bench
