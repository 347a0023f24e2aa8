// SPDX-License-Identifier: MIT
// libxsmm generates a kernel for the shape. It refuses rows that overlap, so it copies like a BLAS.
#include <libxsmm.h>

#include "bench/gemm_engines.h"

namespace limpid::bench {
namespace {

class Libxsmm : public Engine {
 public:
  Libxsmm(const Shape& shape, std::span<const float> weights) : input_(shape), b_(weights.size()) {
    const int m = shape.m(), n = shape.n, k = shape.k();
    for (int p = 0; p < k; ++p)
      for (int i = 0; i < n; ++i)
        b_[static_cast<std::size_t>(p * n + i)] = weights[static_cast<std::size_t>(i * k + p)];
    const float one = 1, zero = 0;
    const int flags = LIBXSMM_GEMM_FLAG_NONE, prefetch = LIBXSMM_PREFETCH_NONE;
    // Column-major: C^T = B^T A^T.
    kernel_ = libxsmm_smmdispatch(n, m, k, &n, &k, &n, &one, &zero, &flags, &prefetch);
  }
  void multiply(const float* a, float* c) override {
    if (kernel_ != nullptr) kernel_(b_.data(), input_.of(a), c);  // else: caught as a wrong result
  }

 private:
  DenseInput input_;
  std::vector<float> b_;  // [k][n]
  libxsmm_smmfunction kernel_ = nullptr;
};

const Enter enter({"libxsmm",
                   [](const Shape& s, std::span<const float> w) -> std::unique_ptr<Engine> {
                     return std::make_unique<Libxsmm>(s, w);
                   }});

}  // namespace
}  // namespace limpid::bench
