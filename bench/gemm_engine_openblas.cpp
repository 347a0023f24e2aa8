// SPDX-License-Identifier: MIT
#include <cblas.h>

#include "bench/gemm_engines.h"

namespace limpid::bench {
namespace {

class OpenBlas : public Engine {
 public:
  OpenBlas(const Shape& shape, std::span<const float> weights)
      : shape_(shape), input_(shape), weights_(weights.begin(), weights.end()) {
    openblas_set_num_threads(1);
  }
  void multiply(const float* a, float* c) override {
    const int m = shape_.m(), n = shape_.n, k = shape_.k();
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, k, 1.0f, input_.of(a), k,
                weights_.data(), k, 0.0f, c, n);
  }

 private:
  Shape shape_;
  DenseInput input_;
  std::vector<float> weights_;
};

const Enter enter({"OpenBLAS",
                   [](const Shape& s, std::span<const float> w) -> std::unique_ptr<Engine> {
                     return std::make_unique<OpenBlas>(s, w);
                   }});

}  // namespace
}  // namespace limpid::bench
