// SPDX-License-Identifier: MIT
// Attention on a GPU against the same on the CPU.
#include <algorithm>

#include "lib/nn/attention_on_device.h"
#include "tests/cuda/device_fixture.h"
#include "tests/nn/naive_attention.h"

namespace limpid::nn {
namespace {

using kernels::cuda::DeviceMemory;
using kernels::cuda::FrameRows;

class CudaAttentionCall : public kernels::cuda::OnDevice {
 protected:
  // A copy of host memory, which lives as long as the test.
  float* upload(const float* host, std::size_t count) {
    if (count == 0) return nullptr;
    memory_.push_back(std::make_unique<DeviceMemory>(*device_, count * sizeof(float)));
    EXPECT_TRUE(device_->upload(memory_.back()->get(), host, count * sizeof(float), stream_).ok());
    return static_cast<float*>(memory_.back()->get());
  }
  float* upload(const std::vector<float>& host) { return upload(host.data(), host.size()); }
  FrameRows<const float> rows(TensorView<const float, 3> x) {
    const auto count = static_cast<std::size_t>(x.extent(0) * x.stride(0));
    return {upload(x.data(), count), x.stride(0), x.stride(1)};
  }
  FrameRows<float> room(std::ptrdiff_t lanes, std::ptrdiff_t frames, int columns) {
    const std::vector<float> zeros(static_cast<std::size_t>(lanes * frames * columns));
    return {upload(zeros), frames * columns, columns};
  }

  void check(const AttentionConfig& config, int lanes = 2, int frames = 333) {
    const AttentionCase c = attention_case(config);
    const auto attention = Attention::create(c.config, c.parameters());
    ASSERT_TRUE(attention.ok()) << attention.error().message;
    const AttentionConfig& full = attention->config();
    const AttentionData data(full, lanes, frames);
    const AttentionInput in = data.input();
    auto args = forward_args(*attention);
    ASSERT_TRUE(args.ok());
    args->q = rows(in.q), args->k = rows(in.k), args->v = rows(in.v), args->gate = rows(in.gate);
    args->ready_q = room(lanes, frames, full.heads * full.width);
    args->ready_k = room(lanes, frames, full.kv_heads * full.width);
    args->y = room(lanes, frames, full.heads * full.value_width);
    args->lanes = lanes, args->frames = frames;
    args->slopes = upload(c.slopes);
    args->sink_logits = upload(c.sink_logits);
    args->sink_keys = upload(c.sink_keys);
    std::vector<float> cos_sin(static_cast<std::size_t>(frames * full.width));
    if (full.position == AttentionPosition::rotary) {
      attention->rotary().cos_sin(0, frames, cos_sin);
      args->cos_sin = upload(cos_sin);
    }
    const auto enqueued = device_->attend(*args, stream_);
    ASSERT_TRUE(enqueued.ok()) << enqueued.error().message;
    Tensor<float, 3> y({lanes, frames, full.heads * full.value_width}), expected(y.view().shape());
    const auto bytes = static_cast<std::size_t>(AttentionData::size(y)) * sizeof(float);
    ASSERT_TRUE(device_->download(y.view().data(), args->y.data, bytes, stream_).ok());
    const auto finished = device_->finish(stream_);
    ASSERT_TRUE(finished.ok()) << finished.error().message;
    ASSERT_TRUE(attention->run(in, expected.view()).ok());
    double error = 0, peak = 1;
    for (std::ptrdiff_t i = 0; i < AttentionData::size(y); ++i) {
      error = std::max(error, std::abs(double{y.view().data()[i]} - expected.view().data()[i]));
      peak = std::max(peak, std::abs(double{expected.view().data()[i]}));
    }
    EXPECT_LE(error, 2e-5 * peak) << describe(full);
  }

 private:
  std::vector<std::unique_ptr<DeviceMemory>> memory_;
};

TEST_F(CudaAttentionCall, MatchesTheCpuForEveryKind) {
  for (const auto kind : kAttentionKinds) {
    check({.kind = kind, .heads = 4, .kv_heads = 2, .width = 24, .past = 100});
    check({.kind = kind,
           .heads = 2,
           .width = 16,
           .position = AttentionPosition::rotary,
           .gate = AttentionGate::element});
  }
}

TEST_F(CudaAttentionCall, MatchesTheCpuForEveryWidthItIsCompiledFor) {
  for (const int width : {7, 16, 31, 64, 65, 128}) check({.heads = 2, .width = width});
}

TEST_F(CudaAttentionCall, RefusesHeadsThatAreTooWide) {
  const auto attention = Attention::create({.heads = 1, .width = 129});
  ASSERT_TRUE(attention.ok());
  const auto args = forward_args(*attention);
  ASSERT_TRUE(args.ok());
  EXPECT_EQ(device_->attend(*args, stream_).error().code, ErrorCode::unsupported);
}

}  // namespace
}  // namespace limpid::nn
