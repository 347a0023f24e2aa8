// SPDX-License-Identifier: MIT
#include "lib/nn/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <new>
#include <string>

namespace limpid::nn {
namespace {

Error wrong(const std::string& what) {
  return {ErrorCode::invalid_argument, "attention: " + what};
}

constexpr int kMaxSize = 1 << 16;  // heads and widths

Status check_sizes(const AttentionConfig& c) {
  const auto fits = [](int n) { return n >= 1 && n <= kMaxSize; };
  if (!fits(c.heads) || !fits(c.width) || !fits(c.value_width))
    return wrong("heads and widths must be in 1.." + std::to_string(kMaxSize) + ", found " +
                 std::to_string(c.heads) + " heads of " + std::to_string(c.width) + " and " +
                 std::to_string(c.value_width));
  if (std::int64_t{c.heads} * std::max(c.width, c.value_width) > std::numeric_limits<int>::max())
    return wrong("heads times their width must be below 2^31");
  if (!fits(c.kv_heads) || c.heads % c.kv_heads != 0)
    return wrong(std::to_string(c.heads) + " heads cannot share " + std::to_string(c.kv_heads) +
                 " key heads equally");
  if (c.past < 0 || c.future < 0) return wrong("past and future must not be negative");
  if (c.sinks < 0 || c.sinks > 64) return wrong("sinks must be in 0..64");
  if (c.sinks > 0 && (c.future > 0 || c.past >= kUnlimited))
    return wrong("sinks are for causal attention with a window");
  if (!std::isfinite(c.scale) || !std::isfinite(c.bias) || !(c.exponent > 0))
    return wrong("scale and bias must be finite, the exponent positive");
  return Done{};
}

Status check_positions(const AttentionConfig& c) {
  const bool rotary = c.position == AttentionPosition::rotary;
  if (rotary && c.width % 2 != 0)
    return wrong("rotary positions need an even width, found " + std::to_string(c.width));
  if (rotary && !(c.rotary_base >= 1 && std::isfinite(c.rotary_base)))
    return wrong("the base of rotary positions must be at least 1");
  if (c.kind == AttentionKind::linear_decay && c.position == AttentionPosition::alibi)
    return wrong("linear_decay tells positions by its decay; alibi cannot be added");
  if (c.kind == AttentionKind::linear_decay && c.sinks > 0)
    return wrong("linear_decay has no sinks");
  return Done{};
}

// A parameter is there, all of it and nothing but numbers, exactly if it is needed.
Status check_parameter(std::span<const float> values, bool needed, int count, const char* name) {
  const std::size_t expected = needed ? static_cast<std::size_t>(count) : 0;
  if (values.size() != expected)
    return wrong(std::string(name) + ": expected " + std::to_string(expected) + " numbers, found " +
                 std::to_string(values.size()));
  for (const float v : values)
    if (std::isnan(v) || v == std::numeric_limits<float>::infinity())
      return wrong(std::string(name) + " must be numbers");
  return Done{};
}

Status check_parameters(const AttentionConfig& c, const AttentionParameters& p) {
  const bool decays = c.kind == AttentionKind::linear_decay;
  const bool alibi = c.position == AttentionPosition::alibi;
  if (auto ok = check_parameter(p.sink_logits, c.kind == AttentionKind::sink_logit, c.heads,
                                "sink_logits");
      !ok)
    return ok;
  if (auto ok = check_parameter(p.sink_keys, c.kind == AttentionKind::key_bias, c.heads * c.width,
                                "sink_keys");
      !ok)
    return ok;
  if (auto ok = check_parameter(p.slopes, decays || alibi, c.heads, "slopes"); !ok) return ok;
  for (const float slope : p.slopes)
    if (!(slope >= 0) || (decays && std::exp(-slope) == 1.0f))
      return wrong(
          "slopes must not be negative, and those of linear_decay so large that e^-slope is below "
          "1 in float (3e-8): without decay its state grows for ever");
  return Done{};
}

void resolve(AttentionConfig& c) {
  if (c.kv_heads == 0) c.kv_heads = c.heads;
  if (c.value_width == 0) c.value_width = c.width;
  c.past = std::min(c.past, kUnlimited);
  c.future = std::min(c.future, kUnlimited);
  if (c.scale == 0)
    c.scale =
        c.kind == AttentionKind::linear_decay ? 1.0f : 1 / std::sqrt(static_cast<float>(c.width));
}

}  // namespace

Result<Attention> Attention::create(const AttentionConfig& config,
                                    const AttentionParameters& parameters) {
  Attention a;
  a.config_ = config;
  resolve(a.config_);
  if (auto ok = check_sizes(a.config_); !ok) return ok.error();
  if (auto ok = check_positions(a.config_); !ok) return ok.error();
  if (auto ok = check_parameters(a.config_, parameters); !ok) return ok.error();
  a.sink_logits_.assign(parameters.sink_logits.begin(), parameters.sink_logits.end());
  a.sink_keys_.assign(parameters.sink_keys.begin(), parameters.sink_keys.end());
  a.slopes_.assign(parameters.slopes.begin(), parameters.slopes.end());
  if (config.position == AttentionPosition::rotary)
    a.rotary_ = Rotary(config.width, config.rotary_base);
  return a;
}

Status Attention::check_shapes(const AttentionInput& in, TensorView<const float, 3> y) const {
  const AttentionConfig& c = config_;
  const bool gated = c.gate != AttentionGate::none;
  const int gates = c.gate == AttentionGate::head ? c.heads : c.heads * c.value_width;
  const struct {
    const char* name;
    TensorView<const float, 3> tensor;
    int width;
  } parts[] = {{"q", in.q, c.heads * c.width},
               {"k", in.k, c.kv_heads * c.width},
               {"v", in.v, c.kv_heads * c.value_width},
               {"y", y, c.heads * c.value_width},
               {"gate", gated ? in.gate : in.q, gated ? gates : c.heads * c.width}};
  for (const auto& part : parts) {
    const Shape<3> expected{in.q.extent(0), in.q.extent(1), part.width};
    if (part.tensor.shape() == expected) continue;
    const auto text = [](const Shape<3>& s) {
      return "[" + std::to_string(s[0]) + "][" + std::to_string(s[1]) + "][" +
             std::to_string(s[2]) + "]";
    };
    return wrong(std::string(part.name) + " must be " + text(expected) + ", found " +
                 text(part.tensor.shape()));
  }
  return Done{};
}

Attention Attention::part(int kv_head) const {
  Attention part = *this;
  part.config_.heads = group();
  part.config_.kv_heads = 1;
  const auto own = [&](std::vector<float>& parameters, int per_head) {
    if (parameters.empty()) return;
    const auto first = parameters.begin() + std::ptrdiff_t{kv_head} * group() * per_head;
    parameters = std::vector<float>(first, first + std::ptrdiff_t{group()} * per_head);
  };
  own(part.sink_logits_, 1);
  own(part.sink_keys_, config_.width);
  own(part.slopes_, 1);
  return part;
}

AttentionInput Attention::slice(const AttentionInput& in, std::ptrdiff_t lane,
                                int kv_head) const noexcept {
  const AttentionConfig& c = config_;
  const auto cut = [&](TensorView<const float, 3> x, int width) {
    return x.slice(0, lane, 1).slice(2, std::ptrdiff_t{kv_head} * width, width);
  };
  AttentionInput part{
      cut(in.q, group() * c.width), cut(in.k, c.width), cut(in.v, c.value_width), {}};
  if (c.gate == AttentionGate::head) part.gate = cut(in.gate, group());
  if (c.gate == AttentionGate::element) part.gate = cut(in.gate, group() * c.value_width);
  return part;
}

TensorView<float, 3> Attention::slice_heads(TensorView<float, 3> y, int kv_head) const noexcept {
  const int width = group() * config_.value_width;
  return y.slice(2, std::ptrdiff_t{kv_head} * width, width);
}

bool Attention::normalised() const LIMPID_REALTIME {
  return config_.kind != AttentionKind::sigmoid && config_.kind != AttentionKind::elu1 &&
         config_.kind != AttentionKind::linear_decay;
}

bool Attention::keeps_state() const LIMPID_REALTIME {
  return config_.kind == AttentionKind::linear_decay && config_.past >= kUnlimited &&
         config_.future == 0;
}

float Attention::slope(int head) const LIMPID_REALTIME {
  return slopes_.empty() ? 0.0f : slopes_[static_cast<std::size_t>(head)];
}

float Attention::sink_logit(int head) const LIMPID_REALTIME {
  return sink_logits_.empty() ? 0.0f : sink_logits_[static_cast<std::size_t>(head)];
}

Result<Tensor<float, 3>> Attention::map(const AttentionInput& in, int lane) const {
  // Values that are the rows of the identity come out as the weights.
  const std::ptrdiff_t frames = in.q.extent(1);
  Attention plain = *this;
  plain.config_.gate = AttentionGate::none;
  plain.config_.value_width = static_cast<int>(frames);
  try {
    Tensor<float, 3> identity({1, frames, frames * config_.kv_heads});
    for (std::ptrdiff_t t = 0; t < frames; ++t)
      for (int head = 0; head < config_.kv_heads; ++head)
        identity.view()[0][t][head * frames + t] = 1;
    Tensor<float, 3> rows({1, frames, frames * config_.heads});
    const AttentionInput one{in.q.slice(0, lane, 1), in.k.slice(0, lane, 1), identity.view(), {}};
    if (auto done = plain.run(one, rows.view()); !done) return done.error();
    Tensor<float, 3> map({config_.heads, frames, frames});
    for (int head = 0; head < config_.heads; ++head)
      for (std::ptrdiff_t t = 0; t < frames; ++t)
        std::copy_n(rows.view()[0][t].data() + head * frames, frames, map.view()[head][t].data());
    return map;
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::out_of_memory,
                 "attention: no memory for maps of " + std::to_string(frames) + " frames"};
  }
}

std::vector<float> alibi_slopes(int heads) {
  // For a power of two, a geometric series from 2^(-8 / heads); else the series of the next smaller
  // power, then every other slope of the next larger one.
  int power = 1;
  while (2 * power <= heads) power *= 2;
  std::vector<float> slopes;
  for (int h = 1; h <= power; ++h)
    slopes.push_back(std::exp2(-8.0f * static_cast<float>(h) / static_cast<float>(power)));
  for (int h = 1; static_cast<int>(slopes.size()) < heads; h += 2)
    slopes.push_back(std::exp2(-4.0f * static_cast<float>(h) / static_cast<float>(power)));
  return slopes;
}

std::vector<float> lightning_slopes(int heads, int layer, int layers, float floor) {
  std::vector<float> slopes = alibi_slopes(heads);
  const float depth =
      layers > 1 ? static_cast<float>(layer) / static_cast<float>(layers - 1) : 0.0f;
  for (float& slope : slopes) slope = std::max(slope * (1 - depth + 1e-5f), floor);
  return slopes;
}

}  // namespace limpid::nn
