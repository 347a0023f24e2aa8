// SPDX-License-Identifier: MIT
// libxsmm's batch-reduce kernels, generated for the shape: one call per part and frame, one member
// of the batch per segment. Rows may overlap, so this candidate copies nothing either.
#include <libxsmm.h>

#include "bench/gemm_engines.h"

namespace limpid::bench {
namespace {

class Libxsmm : public Engine {
 public:
  Libxsmm(const Shape& shape, std::span<const float> weights) : shape_(shape), b_(weights.size()) {
    const int n = shape.n, k = shape.k();
    for (int p = 0; p < k; ++p)
      for (int i = 0; i < n; ++i)
        b_[static_cast<std::size_t>(p * n + i)] = weights[static_cast<std::size_t>(i * k + p)];
    const auto ldb = static_cast<libxsmm_blasint>(shape.stride[2]);
    const float one = 1, zero = 0;
    const int flags = LIBXSMM_GEMM_FLAG_NONE, prefetch = LIBXSMM_PREFETCH_NONE;
    kernel_ = libxsmm_smmdispatch_reducebatch_addr(n, shape.rows[2], shape.length, &n, &ldb, &n,
                                                   &one, &zero, &flags, &prefetch);
  }
  void multiply(const float* a, float* c) override {
    if (kernel_ == nullptr) return;
    std::array<const float*, 2> b{b_.data(), b_.data() + shape_.length * shape_.n};
    const auto count = static_cast<unsigned long long>(shape_.segments);
    for (int i = 0; i < shape_.rows[0]; ++i)
      for (int j = 0; j < shape_.rows[1]; ++j, c += shape_.rows[2] * shape_.n) {
        const float* frame = a + i * shape_.stride[0] + j * shape_.stride[1];
        std::array<const float*, 2> x{frame, frame + shape_.segment_stride};
        kernel_(b.data(), x.data(), c, &count);
      }
  }

 private:
  Shape shape_;
  std::vector<float> b_;  // [k][n]
  libxsmm_smmfunction_reducebatch_addr kernel_ = nullptr;
};

const Enter enter({"libxsmm",
                   [](const Shape& s, std::span<const float> w) -> std::unique_ptr<Engine> {
                     return std::make_unique<Libxsmm>(s, w);
                   }});

}  // namespace
}  // namespace limpid::bench
