// SPDX-License-Identifier: MIT
#include <blis.h>

#include "bench/gemm_engines.h"

namespace limpid::bench {
namespace {

class Blis : public Engine {
 public:
  Blis(const Shape& shape, std::span<const float> weights)
      : shape_(shape), input_(shape), weights_(weights.begin(), weights.end()) {
    bli_thread_set_num_threads(1);
  }
  void multiply(const float* a, float* c) override {
    const int m = shape_.m(), n = shape_.n, k = shape_.k();
    float one = 1, zero = 0;
    bli_sgemm(BLIS_NO_TRANSPOSE, BLIS_TRANSPOSE, m, n, k, &one, const_cast<float*>(input_.of(a)), k,
              1, weights_.data(), k, 1, &zero, c, n, 1);
  }

 private:
  Shape shape_;
  DenseInput input_;
  std::vector<float> weights_;
};

const Enter enter({"BLIS", [](const Shape& s, std::span<const float> w) -> std::unique_ptr<Engine> {
                     return std::make_unique<Blis>(s, w);
                   }});

}  // namespace
}  // namespace limpid::bench
