// SPDX-License-Identifier: MIT
// The GPU's attention, thread by thread on the CPU, against its definition.
#include <gtest/gtest.h>

#include "lib/nn/attention_on_device.h"
#include "tests/cuda/emulate.h"
#include "tests/nn/naive_attention.h"

namespace limpid::nn {
namespace {

using kernels::cuda::AttentionForward;
using kernels::cuda::AttentionForwardArgs;
using kernels::cuda::AttentionReady;
using kernels::cuda::FrameRows;

template <class T>
FrameRows<T> rows(TensorView<T, 3> x) {
  return {x.data(), x.stride(0), x.stride(1)};
}

void check(const AttentionConfig& config, int lanes = 1, int frames = 97) {
  const AttentionCase c = attention_case(config);
  const auto attention = Attention::create(c.config, c.parameters());
  ASSERT_TRUE(attention.ok()) << attention.error().message;
  const AttentionConfig& full = attention->config();
  const AttentionData data(full, lanes, frames);
  const AttentionInput in = data.input();
  Tensor<float, 3> y({lanes, frames, full.heads * full.value_width});
  Tensor<float, 3> ready_q({lanes, frames, full.heads * full.width});
  Tensor<float, 3> ready_k({lanes, frames, full.kv_heads * full.width});
  std::vector<float> cos_sin(static_cast<std::size_t>(frames * full.width));
  auto args = forward_args(*attention);
  ASSERT_TRUE(args.ok());
  args->q = rows(in.q), args->k = rows(in.k), args->v = rows(in.v), args->gate = rows(in.gate);
  args->ready_q = rows(ready_q.view()), args->ready_k = rows(ready_k.view());
  args->y = rows(y.view());
  args->lanes = lanes, args->frames = frames;
  if (!c.slopes.empty()) args->slopes = c.slopes.data();
  if (!c.sink_logits.empty()) args->sink_logits = c.sink_logits.data();
  if (!c.sink_keys.empty()) args->sink_keys = c.sink_keys.data();
  if (full.position == AttentionPosition::rotary) {
    attention->rotary().cos_sin(0, frames, cos_sin);
    args->cos_sin = cos_sin.data();
  }
  kernels::cuda::emulate<AttentionReady>(*args);
  const int width = std::max(full.width, full.value_width);
  if (width <= 16)
    kernels::cuda::emulate<AttentionForward<16>>(*args);
  else if (width <= 32)
    kernels::cuda::emulate<AttentionForward<32>>(*args);
  else if (width <= 64)
    kernels::cuda::emulate<AttentionForward<64>>(*args);
  else
    kernels::cuda::emulate<AttentionForward<128>>(*args);
  const auto expected = NaiveAttention(c, *attention).run(in);
  double error = 0, peak = 1;
  for (std::ptrdiff_t i = 0; i < AttentionData::size(y); ++i) {
    error = std::max(error, std::abs(y.view().data()[i] - expected.view().data()[i]));
    peak = std::max(peak, std::abs(expected.view().data()[i]));
  }
  EXPECT_LE(error, 1e-5 * peak) << describe(full);
}

TEST(CudaAttention, EveryKindAndReach) {
  for (const auto kind : kAttentionKinds)
    for (const auto& [past, future] :
         {std::pair{kUnlimited, std::int64_t{0}}, std::pair{kUnlimited, kUnlimited},
          std::pair{std::int64_t{20}, std::int64_t{0}},
          std::pair{std::int64_t{9}, std::int64_t{5}}})
      check({.kind = kind, .heads = 2, .width = 12, .past = past, .future = future});
}

TEST(CudaAttention, EveryKindWithPositionsSharedHeadsAndGates) {
  for (const auto kind : kAttentionKinds)
    for (const auto position : {AttentionPosition::rotary, AttentionPosition::alibi}) {
      if (kind == AttentionKind::linear_decay && position == AttentionPosition::alibi) continue;
      for (const auto gate : {AttentionGate::head, AttentionGate::element})
        check({.kind = kind,
               .heads = 4,
               .kv_heads = 2,
               .width = 8,
               .value_width = 19,
               .past = 40,
               .position = position,
               .gate = gate},
              2, 66);
    }
}

TEST(CudaAttention, WideHeads) {
  for (const int width : {40, 64, 66, 128})
    for (const auto kind : {AttentionKind::softmax, AttentionKind::sigmoid})
      check({.kind = kind, .heads = 2, .width = width, .value_width = width - 3, .past = 30}, 1,
            70);
}

// Of zero queries and keys every weight is the mean of all, whatever is rounded away of their sum.
// Up to three keys nothing is taken off.
TEST(CudaAttention, LssarOfThousandsOfEqualKeysIsNothing) {
  constexpr int kWidth = 4, kFrames = 3000;
  const auto attention =
      Attention::create({.kind = AttentionKind::lssar, .heads = 1, .width = kWidth});
  ASSERT_TRUE(attention.ok());
  auto args = forward_args(*attention);
  ASSERT_TRUE(args.ok());
  std::vector<float> zeros(kFrames * kWidth), ones(zeros.size(), 1.0f), y(zeros.size(), -1.0f);
  args->q = args->k = {zeros.data(), 0, kWidth};
  args->ready_q = args->ready_k = {zeros.data(), 0, kWidth};
  args->v = {ones.data(), 0, kWidth};
  args->y = {y.data(), 0, kWidth};
  args->lanes = 1, args->frames = kFrames;
  kernels::cuda::emulate<AttentionForward<16>>(*args);
  for (int t = 0; t < kFrames; ++t)
    EXPECT_NEAR(y[static_cast<std::size_t>(t * kWidth)], t < 3 ? 1.0f : 0.0f, 1e-6f) << t;
}

TEST(CudaAttention, RefusesSinksThatStayInFrontOfTheWindow) {
  const auto attention = Attention::create({.heads = 1, .width = 4, .past = 8, .sinks = 2});
  ASSERT_TRUE(attention.ok());
  EXPECT_EQ(forward_args(*attention).error().code, ErrorCode::unsupported);
}

}  // namespace
}  // namespace limpid::nn
