// SPDX-License-Identifier: MIT
// Attention of every kind that limpid knows, as one operation: query t of a head sees the keys of
// frames t - past .. t + future, a score x = scale * q.k becomes a weight, and the weighted values
// are summed in one pass over blocks of keys, so that memory grows with the frames and not with
// their square. AttentionStream (attention_stream.h) is the same operation frame by frame.
// docs/attention_ops.md has the definitions, what each needs and where it comes from.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lib/base/realtime.h"
#include "lib/nn/rotary.h"
#include "lib/tensor/tensor.h"
#include "limpid/result.h"

namespace limpid::nn {

enum class AttentionKind {
  softmax,       // e^x / sum e^x
  softmax1,      // e^x / (1 + sum e^x): may attend to nothing (Miller 2023)
  sink_logit,    // e^x / (e^S + sum e^x), a learnt S per head (gpt-oss)
  key_bias,      // the same with S = scale * q.k*, a learnt key k* without a value (Gu 2024)
  sigmoid,       // 1 / (1 + e^-(x + bias)), bias = -ln(window) (Ramapuram 2024)
  elu1,          // elu(x + bias) + 1 (Gu 2024)
  lssa,          // softplus(ln d ln N cos(q, k)) / sum; N keys are seen (Gao 2025)
  lssar,         // max(N lssa - 1, 0)^exponent / sum; less than 1e-5 counts as 0
  linear_decay,  // x e^(-slope |t - j|), scale 1 (Lightning Attention; Qin 2024)
};

enum class AttentionPosition {
  none,
  rotary,  // q and k rotated by the angle of their frame (Su 2021)
  alibi,   // x - slope |t - j| (Press 2022); not for linear_decay, which does it by itself
};

enum class AttentionGate {
  none,
  head,     // y_h * sigmoid(g_h), one gate per head
  element,  // y * sigmoid(g), one per element (Qiu 2025)
};

inline constexpr std::int64_t kUnlimited = std::int64_t{1} << 24;  // frames

struct AttentionConfig {
  AttentionKind kind = AttentionKind::softmax;
  int heads = 1;
  int kv_heads = 0;     // 0: as many as heads; else a divisor: heads of a group share keys, values
  int width = 0;        // of a query and a key
  int value_width = 0;  // 0: as width
  // Full attention: both unlimited. Causal: future 0. Sliding window of W frames: past W - 1.
  std::int64_t past = kUnlimited, future = 0;
  // StreamingLLM (Xiao 2024): the first `sinks` frames, 0..64, stay visible when they left the
  // window, at positions directly in front of it. Needs future 0 and a limited past.
  int sinks = 0;
  float scale = 0;     // 0: 1 / sqrt(width); 1 for linear_decay; lssa and lssar have their own
  float bias = 0;      // of sigmoid and elu1
  float exponent = 3;  // of lssar; 15 extrapolates to longer sequences
  AttentionPosition position = AttentionPosition::none;
  double rotary_base = 10000;
  AttentionGate gate = AttentionGate::none;
};

// What is learnt or given per head. Empty where the kind does not need it.
struct AttentionParameters {
  std::span<const float> sink_logits = {};  // [heads] of sink_logit; -inf: plain softmax
  std::span<const float> sink_keys = {};    // [heads][width] of key_bias; meet unrotated queries
  std::span<const float> slopes = {};       // [heads] of alibi (>= 0), linear_decay (> 3e-8)
};

// [lane][frame][...] with any strides; the last axis is contiguous, heads lie side by side in it.
// All numbers must be finite: a key that a query does not see has the weight 0, but the queries of
// a block are worked on together, and 0 times infinity is no number.
struct AttentionInput {
  TensorView<const float, 3> q;     // heads * width
  TensorView<const float, 3> k;     // kv_heads * width
  TensorView<const float, 3> v;     // kv_heads * value_width
  TensorView<const float, 3> gate;  // logits: heads, or heads * value_width; unused without gate
};

class Attention {
 public:
  // invalid_argument: sizes or parameters that do not fit together, with what was expected.
  static Result<Attention> create(const AttentionConfig& config,
                                  const AttentionParameters& parameters = {});

  // A whole sequence of any length. y [lane][frame][heads * value_width], not overlapping the
  // input. Allocates as much as keys and values need; out_of_memory.
  Status run(const AttentionInput& in, TensorView<float, 3> y) const;

  // The weights themselves, for analysis: [heads][query][key] of one lane, before any gate. q and k
  // as above, v is not read. Quadratic in time and memory. out_of_memory.
  Result<Tensor<float, 3>> map(const AttentionInput& in, int lane) const;

  const AttentionConfig& config() const noexcept { return config_; }  // with all zeros resolved
  int group() const noexcept { return config_.heads / config_.kv_heads; }  // heads per kv head
  bool normalised() const LIMPID_REALTIME;   // whether the weights of a query sum up to at most one
  bool keeps_state() const LIMPID_REALTIME;  // linear state instead of keys and values
  const Rotary& rotary() const noexcept { return rotary_; }
  float slope(int head) const LIMPID_REALTIME;  // 0 without
  float sink_logit(int head) const LIMPID_REALTIME;
  const float* sink_key(int head) const noexcept {
    return sink_keys_.data() + head * config_.width;
  }

 private:
  Attention() = default;
  Status check_shapes(const AttentionInput& in, TensorView<const float, 3> y) const;
  // The heads that share a key head, as an operation of their own, and what they work on.
  Attention part(int kv_head) const;
  AttentionInput slice(const AttentionInput& in, std::ptrdiff_t lane, int kv_head) const noexcept;
  TensorView<float, 3> slice_heads(TensorView<float, 3> y, int kv_head) const noexcept;

  AttentionConfig config_;
  std::vector<float> sink_logits_, sink_keys_, slopes_;
  Rotary rotary_;
};

// 2^(-8 h / heads), h = 1..heads; Press 2022 gives the rule for heads that are no power of two too.
std::vector<float> alibi_slopes(int heads);

// Decays of layer l of `layers`: ALiBi slopes times 1 - l / (layers - 1), Lightning Attention's
// rule, but at least `floor`, so that a stream's state stays bounded: 1 / slope frames of memory.
std::vector<float> lightning_slopes(int heads, int layer, int layers, float floor = 1.0f / 2048);

}  // namespace limpid::nn
