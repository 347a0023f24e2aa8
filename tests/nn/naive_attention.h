// SPDX-License-Identifier: MIT
// The oracle of attention: every kind by its definition, one score at a time, in double. Also the
// configurations and the random input that its tests go through.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "lib/nn/attention.h"

namespace limpid::nn {

// Random queries, keys, values and gates of `lanes` sequences, with one owner.
class AttentionData {
 public:
  AttentionData(const AttentionConfig& c, int lanes, int frames, unsigned seed = 1,
                float level = 1.5f)
      : q_({lanes, frames, c.heads * c.width}),
        k_({lanes, frames, c.kv_heads * c.width}),
        v_({lanes, frames, c.kv_heads * c.value_width}),
        gate_({lanes, frames, gates(c)}) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<float> uniform(-level, level);
    for (auto* t : {&q_, &k_, &v_, &gate_})
      for (float* p = t->view().data(); p != t->view().data() + size(*t); ++p) *p = uniform(random);
  }

  AttentionInput input() const { return {q_.view(), k_.view(), v_.view(), gate_.view()}; }
  AttentionInput part(std::ptrdiff_t first, std::ptrdiff_t count) const {
    return {q_.view().slice(1, first, count), k_.view().slice(1, first, count),
            v_.view().slice(1, first, count), gate_.view().slice(1, first, count)};
  }
  TensorView<float, 3> q() { return q_.view(); }
  TensorView<float, 3> k() { return k_.view(); }
  TensorView<float, 3> v() { return v_.view(); }

  static std::ptrdiff_t size(const Tensor<float, 3>& t) {
    return t.extent(0) * t.extent(1) * t.extent(2);
  }

 private:
  static int gates(const AttentionConfig& c) {
    if (c.gate == AttentionGate::none) return 0;
    return c.gate == AttentionGate::head ? c.heads : c.heads * c.value_width;
  }
  Tensor<float, 3> q_, k_, v_, gate_;
};

// A configuration with parameters of its own.
struct AttentionCase {
  AttentionConfig config;
  std::vector<float> sink_logits = {}, sink_keys = {}, slopes = {};
  AttentionParameters parameters() const { return {sink_logits, sink_keys, slopes}; }
};

inline std::string describe(const AttentionConfig& c) {
  const auto n = [](auto v) { return std::to_string(v); };
  return "kind " + n(static_cast<int>(c.kind)) + ", heads " + n(c.heads) + "/" + n(c.kv_heads) +
         ", widths " + n(c.width) + "/" + n(c.value_width) + ", past " + n(c.past) + ", future " +
         n(c.future) + ", sinks " + n(c.sinks) + ", position " + n(static_cast<int>(c.position)) +
         ", gate " + n(static_cast<int>(c.gate));
}

class NaiveAttention {
 public:
  NaiveAttention(const AttentionCase& c, const Attention& attention)
      : case_(c), config_(attention.config()) {
    // The scale as it was asked for, whatever the operation made of it.
    const bool linear = config_.kind == AttentionKind::linear_decay;
    config_.scale = c.config.scale;
    if (c.config.scale == 0)
      config_.scale = linear ? 1.0f : 1 / std::sqrt(static_cast<float>(config_.width));
  }

  // [lane][frame][heads * value_width]
  Tensor<double, 3> run(const AttentionInput& in) const {
    const auto lanes = in.q.extent(0), frames = in.q.extent(1);
    Tensor<double, 3> y({lanes, frames, config_.heads * config_.value_width});
    for (std::ptrdiff_t lane = 0; lane < lanes; ++lane)
      for (int head = 0; head < config_.heads; ++head)
        for (std::ptrdiff_t t = 0; t < frames; ++t) {
          const auto w = weights(in, lane, head, t);
          const int kv = head / (config_.heads / config_.kv_heads);
          for (int c = 0; c < config_.value_width; ++c) {
            double sum = 0;
            for (std::ptrdiff_t j = 0; j < frames; ++j)
              sum += w[static_cast<std::size_t>(j)] * in.v[lane][j][kv * config_.value_width + c];
            y.view()[lane][t][head * config_.value_width + c] = sum * gate(in, lane, t, head, c);
          }
        }
    return y;
  }

  // Of query t: one weight per frame, zero where nothing is seen.
  std::vector<double> weights(const AttentionInput& in, std::ptrdiff_t lane, int head,
                              std::ptrdiff_t t) const {
    const auto frames = in.q.extent(1);
    std::vector<std::ptrdiff_t> keys;
    for (std::ptrdiff_t j = 0; j < frames; ++j)
      if (j <= t + config_.future && (j >= t - config_.past || j < config_.sinks))
        keys.push_back(j);
    std::vector<double> w;
    for (const auto j : keys) w.push_back(weight(in, lane, head, t, j, keys.size()));
    normalise(in, lane, head, t, w);
    std::vector<double> all(static_cast<std::size_t>(frames));
    for (std::size_t i = 0; i < keys.size(); ++i) all[static_cast<std::size_t>(keys[i])] = w[i];
    return all;
  }

 private:
  static double length(double power) { return std::max(std::sqrt(power), 1e-12); }

  static double softplus(double x) { return std::log1p(std::exp(-std::abs(x))) + std::max(x, 0.0); }

  double distance(std::ptrdiff_t t, std::ptrdiff_t j) const {
    if (j < config_.sinks)
      return static_cast<double>(std::min<std::int64_t>(t, config_.sinks + config_.past) - j);
    return static_cast<double>(t - j);
  }

  // q.k, both turned, so that only their distance matters.
  double dot(const float* q, const float* k, double distance) const {
    double sum = 0;
    const int width = config_.width;
    if (config_.position != AttentionPosition::rotary) {
      for (int c = 0; c < width; ++c) sum += double{q[c]} * k[c];
      return sum;
    }
    for (int i = 0; i < width / 2; ++i) {
      const double angle = distance * std::pow(config_.rotary_base, -2.0 * i / width);
      const double a = q[i], b = q[i + width / 2];
      const double ta = a * std::cos(angle) - b * std::sin(angle);
      const double tb = a * std::sin(angle) + b * std::cos(angle);
      sum += ta * k[i] + tb * k[i + width / 2];
    }
    return sum;
  }

  double weight(const AttentionInput& in, std::ptrdiff_t lane, int head, std::ptrdiff_t t,
                std::ptrdiff_t j, std::size_t keys) const {
    const int width = config_.width, kv = head / (config_.heads / config_.kv_heads);
    const float* q = in.q[lane][t].data() + head * width;
    const float* k = in.k[lane][j].data() + kv * width;
    const double slope = case_.slopes.empty() ? 0.0 : case_.slopes[static_cast<std::size_t>(head)];
    const double away = distance(t, j), product = dot(q, k, away);
    const double x = config_.scale * product - slope * std::abs(away);
    switch (config_.kind) {
      case AttentionKind::sigmoid:
        return 1 / (1 + std::exp(-(x + config_.bias)));
      case AttentionKind::elu1:
        return x + config_.bias > 0 ? x + config_.bias + 1 : std::exp(x + config_.bias);
      case AttentionKind::lssa:
      case AttentionKind::lssar: {
        double qq = 0, kk = 0;
        for (int c = 0; c < width; ++c) qq += double{q[c]} * q[c], kk += double{k[c]} * k[c];
        const double gain = std::log(width) * std::log(static_cast<double>(keys));
        return softplus(gain * product / (length(qq) * length(kk)) - slope * std::abs(away));
      }
      case AttentionKind::linear_decay:
        return config_.scale * product * std::exp(-slope * std::abs(away));
      default:
        return std::exp(x);
    }
  }

  void normalise(const AttentionInput& in, std::ptrdiff_t lane, int head, std::ptrdiff_t t,
                 std::vector<double>& w) const {
    double sum = 0;
    switch (config_.kind) {
      case AttentionKind::softmax1:
        sum = 1;
        break;
      case AttentionKind::sink_logit:
        sum = std::exp(double{case_.sink_logits[static_cast<std::size_t>(head)]});
        break;
      case AttentionKind::key_bias:
        for (int c = 0; c < config_.width; ++c)
          sum += double{in.q[lane][t][head * config_.width + c]} *
                 case_.sink_keys[static_cast<std::size_t>(head * config_.width + c)];
        sum = std::exp(config_.scale * sum);
        break;
      case AttentionKind::sigmoid:
      case AttentionKind::elu1:
      case AttentionKind::linear_decay:
        return;
      default:
        break;
    }
    for (const double v : w) sum += v;
    for (double& v : w) v /= sum;
    if (config_.kind != AttentionKind::lssar) return;
    const double keys = static_cast<double>(w.size()), offset = keys <= 3 ? 0 : 1;
    sum = 0;
    for (double& v : w) {
      const double base = keys * v - offset;
      sum += v = base < 1e-5 ? 0 : std::pow(base, config_.exponent);
    }
    if (sum > 0)
      for (double& v : w) v /= sum;
  }

  double gate(const AttentionInput& in, std::ptrdiff_t lane, std::ptrdiff_t t, int head,
              int c) const {
    if (config_.gate == AttentionGate::none) return 1;
    const int index = config_.gate == AttentionGate::head ? head : head * config_.value_width + c;
    return 1 / (1 + std::exp(-double{in.gate[lane][t][index]}));
  }

  AttentionCase case_;
  AttentionConfig config_;
};

inline constexpr AttentionKind kAttentionKinds[] = {
    AttentionKind::softmax,  AttentionKind::softmax1, AttentionKind::sink_logit,
    AttentionKind::key_bias, AttentionKind::sigmoid,  AttentionKind::elu1,
    AttentionKind::lssa,     AttentionKind::lssar,    AttentionKind::linear_decay};

// With the parameters that its kind and positions need, all different.
inline AttentionCase attention_case(AttentionConfig config) {
  AttentionCase c{config};
  if (config.kind == AttentionKind::sigmoid) c.config.bias = -std::log(40.0f);
  std::mt19937 random(7);
  std::uniform_real_distribution<float> uniform(-1.0f, 1.0f);
  if (config.kind == AttentionKind::sink_logit)
    for (int h = 0; h < config.heads; ++h) c.sink_logits.push_back(2 * uniform(random));
  if (config.kind == AttentionKind::key_bias)
    for (int i = 0; i < config.heads * config.width; ++i) c.sink_keys.push_back(uniform(random));
  if (config.kind == AttentionKind::linear_decay)
    c.slopes = lightning_slopes(config.heads, 0, 1);
  else if (config.position == AttentionPosition::alibi)
    c.slopes = alibi_slopes(config.heads);
  return c;
}

}  // namespace limpid::nn
