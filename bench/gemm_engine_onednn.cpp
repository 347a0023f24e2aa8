// SPDX-License-Identifier: MIT
// oneDNN's matmul primitive with weights in the order it asks for, reordered ahead of time.
#include <omp.h>

#include <dnnl.hpp>

#include "bench/gemm_engines.h"

namespace limpid::bench {
namespace {

using Format = dnnl::memory::format_tag;

dnnl::memory::desc matrix(dnnl::memory::dim rows, dnnl::memory::dim columns, Format format) {
  return {{rows, columns}, dnnl::memory::data_type::f32, format};
}

class OneDnn : public Engine {
 public:
  OneDnn(const Shape& s, std::span<const float> weights)
      : input_(s),
        a_(matrix(s.m(), s.k(), Format::ab), cpu_, nullptr),
        c_(matrix(s.m(), s.n, Format::ab), cpu_, nullptr) {
    omp_set_num_threads(1);
    const dnnl::matmul::primitive_desc plan(
        {a_.get_desc(), matrix(s.k(), s.n, Format::any), c_.get_desc()}, cpu_);
    dnnl::memory rows(matrix(s.k(), s.n, Format::ba), cpu_, const_cast<float*>(weights.data()));
    b_ = dnnl::memory(plan.weights_desc(), cpu_);
    dnnl::reorder(rows, b_).execute(stream_, rows, b_);
    stream_.wait();
    multiply_ = dnnl::matmul(plan);
  }
  void multiply(const float* a, float* c) override {
    a_.set_data_handle(const_cast<float*>(input_.of(a)));
    c_.set_data_handle(c);
    multiply_.execute(stream_, {{DNNL_ARG_SRC, a_}, {DNNL_ARG_WEIGHTS, b_}, {DNNL_ARG_DST, c_}});
    stream_.wait();
  }

 private:
  DenseInput input_;
  dnnl::engine cpu_{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream_{cpu_};
  dnnl::memory a_, b_, c_;
  dnnl::matmul multiply_;
};

const Enter enter({"oneDNN",
                   [](const Shape& s, std::span<const float> w) -> std::unique_ptr<Engine> {
                     return std::make_unique<OneDnn>(s, w);
                   }});

}  // namespace
}  // namespace limpid::bench
