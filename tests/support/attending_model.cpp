// SPDX-License-Identifier: MIT
#include "tests/support/attending_model.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "lib/analysis/trace_layer.h"

namespace limpid::test {
namespace {

constexpr int kRate = 16000, kHop = 320, kFeatures = 16;
constexpr float kMassive = 3000;

using Rows = Tensor<float, 3>;  // [1][token][feature]

// y += x W, W drawn anew from `random`, of a size that keeps the level.
void add_product(const Rows& x, Rows& y, std::mt19937& random) {
  const std::ptrdiff_t ins = x.extent(2), outs = y.extent(2);
  std::normal_distribution<float> normal(0, 1 / std::sqrt(static_cast<float>(ins)));
  std::vector<float> weights(static_cast<std::size_t>(ins * outs));
  for (float& w : weights) w = normal(random);
  for (std::ptrdiff_t t = 0; t < x.extent(1); ++t)
    for (std::ptrdiff_t i = 0; i < ins; ++i)
      for (std::ptrdiff_t o = 0; o < outs; ++o)
        y.view()[0][t][o] += x.view()[0][t][i] * weights[static_cast<std::size_t>(i * outs + o)];
}

Rows normalised(const Rows& x) {
  Rows y({1, x.extent(1), x.extent(2)});
  for (std::ptrdiff_t t = 0; t < x.extent(1); ++t) {
    double power = 1e-6;
    for (const float v : x.view()[0][t].span()) power += double{v} * v / double(x.extent(2));
    for (std::ptrdiff_t i = 0; i < x.extent(2); ++i)
      y.view()[0][t][i] = static_cast<float>(x.view()[0][t][i] / std::sqrt(power));
  }
  return y;
}

// Logarithms of the power of 16 parts of each frame.
Rows features_of(std::span<const float> audio) {
  const auto frames = static_cast<std::ptrdiff_t>(audio.size()) / kHop;
  Rows features({1, frames + 1, kFeatures});
  for (std::ptrdiff_t t = 0; t < frames; ++t)
    for (int f = 0; f < kFeatures; ++f) {
      double power = 1e-6;
      for (int i = 0; i < kHop / kFeatures; ++i)
        power += std::pow(audio[static_cast<std::size_t>(t * kHop + f * kHop / kFeatures + i)], 2);
      features.view()[0][t + 1][f] = static_cast<float>(0.3 * std::log(power));
    }
  return features;
}

class AttendingModel final : public Model {
 public:
  explicit AttendingModel(const AttendingConfig& config) : config_(config) {
    spec_.name = "attending";
    spec_.architecture = "test";
    spec_.sample_rate = spec_.min_rate = spec_.max_rate = kRate;
  }

  const ModelSpec& spec() const noexcept override { return spec_; }
  Result<StreamFormat> format(int) const override {
    return Error{ErrorCode::unsupported, "shows its attention and nothing else"};
  }
  Result<std::unique_ptr<Session>> open(const SessionConfig&) const override {
    return Error{ErrorCode::unsupported, "shows its attention and nothing else"};
  }

  Result<AttentionTrace> trace_attention(AudioView<const float> audio) const override {
    std::mt19937 random(1);
    const Rows features = features_of(audio[0].span());
    Rows hidden({1, features.extent(1), config_.heads * config_.head_width});
    add_product(features, hidden, random);
    for (float& v : hidden.view()[0][0].span()) v = 1;
    AttentionTrace trace;
    trace.labels.assign(static_cast<std::size_t>(features.extent(1)), "frame");
    trace.labels[0] = "<start>";
    remember(hidden, trace);
    for (int block = 1; block <= config_.blocks; ++block) {
      if (auto done = attend(block, hidden, random, trace); !done) return done.error();
      const float planted = block == 2 ? kMassive : block == config_.blocks ? -kMassive : 0;
      for (const int f : {3, 9})
        if (config_.massive) hidden.view()[0][0][f] += planted;
      remember(hidden, trace);
    }
    return trace;
  }

 private:
  static void remember(const Rows& hidden, AttentionTrace& trace) {
    auto& copy = trace.hidden.emplace_back(Shape<2>{hidden.extent(1), hidden.extent(2)});
    std::copy_n(hidden.view().data(), hidden.extent(1) * hidden.extent(2), copy.view().data());
  }

  Status attend(int block, Rows& hidden, std::mt19937& random, AttentionTrace& trace) const {
    const int width = config_.head_width, tokens = static_cast<int>(hidden.extent(1));
    nn::AttentionConfig attention_config{
        .kind = config_.kind, .heads = config_.heads, .kv_heads = config_.kv_heads, .width = width};
    if (config_.kind == nn::AttentionKind::sigmoid)
      attention_config.bias = -std::log(static_cast<float>(tokens));
    const std::vector<float> logits(static_cast<std::size_t>(config_.heads), std::log(64.0f));
    nn::AttentionParameters parameters;
    if (config_.kind == nn::AttentionKind::sink_logit) parameters.sink_logits = logits;
    auto attention = nn::Attention::create(attention_config, parameters);
    if (!attention) return attention.error();
    const Rows x = normalised(hidden);
    Rows q({1, tokens, config_.heads * width}), k({1, tokens, config_.kv_heads * width});
    Rows v({1, tokens, config_.kv_heads * width}), y({1, tokens, config_.heads * width});
    add_product(x, q, random), add_product(x, k, random), add_product(x, v, random);
    if (config_.sink) plant_sink(q, k, v);
    const nn::AttentionInput in{q.view(), k.view(), v.view(), {}};
    if (auto done = attention->run(in, y.view()); !done) return done;
    auto layer = analysis::trace_layer(*attention, in, 0, "block " + std::to_string(block));
    if (!layer) return layer.error();
    trace.layers.push_back(*std::move(layer));
    add_product(y, hidden, random);
    return Done{};
  }

  void plant_sink(Rows& q, Rows& k, Rows& v) const {
    for (std::ptrdiff_t t = 0; t < q.extent(1); ++t)
      for (int h = 0; h < config_.heads; ++h) q.view()[0][t][h * config_.head_width] = 4;
    for (int h = 0; h < config_.kv_heads; ++h)
      for (int c = 0; c < config_.head_width; ++c) {
        k.view()[0][0][h * config_.head_width + c] = c == 0 ? 4.0f : 0.0f;
        v.view()[0][0][h * config_.head_width + c] *= 0.1f;
      }
  }

  AttendingConfig config_;
  ModelSpec spec_;
};

}  // namespace

std::shared_ptr<const Model> attending_model(const AttendingConfig& config) {
  return std::make_shared<const AttendingModel>(config);
}

}  // namespace limpid::test
