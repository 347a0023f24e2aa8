// SPDX-License-Identifier: MIT
// Trained one-layer transformers (docs/attention.md): what the first token is worth to each kind of
// attention, and what happens to a stream when it leaves the window. tests/data/sink_toy_* are
// written by training/make_sink_vectors.py.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <iterator>
#include <map>
#include <numeric>

#include "lib/analysis/sink_metric.h"
#include "lib/analysis/trace_layer.h"
#include "lib/io/weights.h"
#include "lib/nn/attention_stream.h"

namespace limpid::analysis {
namespace {

constexpr int kLength = 64, kWindow = 8, kWidth = 32;
using Row = std::vector<float>;

// y[j] = sum_i x[i] w[i][j]
Row product(std::span<const float> x, std::span<const float> w) {
  Row y(w.size() / x.size());
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t j = 0; j < y.size(); ++j) y[j] += x[i] * w[i * y.size() + j];
  return y;
}

Row normal(std::span<const float> x) {
  const float power = std::inner_product(x.begin(), x.end(), x.begin(), 0.0f);
  const float scale = 1 / std::sqrt(power / static_cast<float>(x.size()) + 1e-6f);
  Row y(x.begin(), x.end());
  for (float& value : y) value *= scale;
  return y;
}

struct Mode {
  std::int64_t past = nn::kUnlimited;
  int sinks = 0;
};

class Toy {
 public:
  explicit Toy(const std::string& kind)
      : kind_(kind),
        weights_(*io::Weights::open(std::string(LIMPID_TEST_DATA) + "/sink_toy_" + kind +
                                    ".safetensors")) {
    for (const auto& [name, entry] : weights_.tensors())
      tensors_[name] = *weights_.find(name, entry.shape);
  }

  int sequences() const { return static_cast<int>(find("tokens").size()) / kLength; }
  float expected(std::size_t mode) const { return find("losses")[mode]; }

  // Mean cross-entropy of the tokens that are predicted by queries kWindow .. kLength - 2.
  double loss(const Mode& mode, bool streamed = false) {
    const nn::Attention attention = make(mode);
    double sum = 0;
    for (int s = 0; s < sequences(); ++s) {
      Tensor<float, 3> y({1, kLength, kWidth});
      const auto in = input(s);
      if (streamed) {
        Arena arena;
        auto stream = nn::AttentionStream::open(arena, attention, 1);
        EXPECT_TRUE(stream) << stream.error().message;
        for (int t = 0; t < kLength; ++t)
          stream->process({in.q.slice(1, t, 1), in.k.slice(1, t, 1), in.v.slice(1, t, 1), {}},
                          y.view().slice(1, t, 1));
      } else {
        EXPECT_TRUE(attention.run(in, y.view()));
      }
      for (int t = kWindow; t + 1 < kLength; ++t) sum += cross_entropy(s, t, y.view()[0][t].span());
    }
    return sum / (sequences() * (kLength - 1 - kWindow));
  }

  // Means over sequences of the measures of the first token.
  HeadSinks first_token() {
    HeadSinks mean;
    mean.received.resize(1);
    mean.mass_share.resize(1);
    for (int s = 0; s < sequences(); ++s) {
      auto layer = trace_layer(make({}), input(s), 0, "toy");
      EXPECT_TRUE(layer) << layer.error().message;
      const auto one = measure_head(layer->weights.view()[0], layer->value_norms.view()[0].span(),
                                    layer->normalised, true);
      mean.received[0] += one.received[0] / sequences();
      mean.mass_share[0] += one.mass_share[0] / sequences();
      mean.row_mass += one.row_mass / sequences();
    }
    return mean;
  }

 private:
  std::span<const float> find(std::string_view name) const { return tensors_.find(name)->second; }

  nn::Attention make(const Mode& mode) {
    nn::AttentionConfig config;
    config.width = kWidth;
    config.past = mode.past;
    config.sinks = mode.sinks;
    nn::AttentionParameters parameters;
    if (kind_ == "sigmoid") {
      config.kind = nn::AttentionKind::sigmoid;
      config.bias = -std::log(static_cast<float>(kLength));
    } else if (kind_ == "sink_logit") {
      config.kind = nn::AttentionKind::sink_logit;
      parameters.sink_logits = find("0_sink");
    }
    return *nn::Attention::create(config, parameters);
  }

  int token(int sequence, int t) const {
    return static_cast<int>(find("tokens")[static_cast<std::size_t>(sequence * kLength + t)]);
  }

  Row embedded(int sequence, int t) {
    Row x(kWidth);
    for (std::size_t c = 0; c < kWidth; ++c)
      x[c] = find("embed")[static_cast<std::size_t>(token(sequence, t)) * kWidth + c] +
             find("position")[static_cast<std::size_t>(t) * kWidth + c];
    return x;
  }

  // Views of members, valid until the next call.
  nn::AttentionInput input(int sequence) {
    const char* names[] = {"0_q", "0_k", "0_v"};
    for (std::size_t part = 0; part < 3; ++part) {
      projected_[part] = Tensor<float, 3>({1, kLength, kWidth});
      for (int t = 0; t < kLength; ++t)
        std::ranges::copy(product(normal(embedded(sequence, t)), find(names[part])),
                          projected_[part].view()[0][t].data());
    }
    const auto view = [this](std::size_t part) {
      return TensorView<const float, 3>(projected_[part].view());
    };
    return {view(0), view(1), view(2), {}};
  }

  double cross_entropy(int sequence, int t, std::span<const float> attended) {
    Row x = embedded(sequence, t);
    const auto add = [&x](const Row& y) {
      for (std::size_t c = 0; c < kWidth; ++c) x[c] += y[c];
    };
    add(product(attended, find("0_o")));
    Row hidden = product(normal(x), find("0_up"));
    for (float& value : hidden) value = std::max(value, 0.0f);
    add(product(hidden, find("0_down")));
    const Row logits = product(normal(x), find("unembed"));
    double total = 0;
    for (const float logit : logits) total += std::exp(double{logit});
    return std::log(total) - logits[static_cast<std::size_t>(token(sequence, t + 1))];
  }

  std::string kind_;
  io::Weights weights_;
  std::map<std::string, std::vector<float>, std::less<>> tensors_;
  std::array<Tensor<float, 3>, 3> projected_;
};

const Mode kModes[] = {{}, {kWindow - 1, 0}, {kWindow - 1, 1}, {kWindow - 1, 4}};

TEST(AttentionT9, LossesAreThoseOfTorch) {
  for (const char* kind : {"softmax", "sigmoid", "sink_logit"}) {
    Toy toy(kind);
    for (std::size_t mode = 0; mode < std::size(kModes); ++mode)
      EXPECT_NEAR(toy.loss(kModes[mode]), toy.expected(mode), 1e-4) << kind << " mode " << mode;
  }
}

// The task needs two tokens of the past, so nothing but the sink is lost with the first token.
TEST(AttentionT9, EvictingTheFirstTokenBreaksSoftmaxAndKeepingItRestores) {
  Toy toy("softmax");
  const double all = toy.loss({});
  EXPECT_GE(toy.loss({kWindow - 1, 0}, true), all + 0.03);
  for (const int sinks : {1, 2, 4})
    EXPECT_NEAR(toy.loss({kWindow - 1, sinks}, true), all, 0.003) << sinks;
}

TEST(AttentionT9, EvictionDoesNotMatterWithoutSinks) {
  for (const char* kind : {"sigmoid", "sink_logit"}) {
    Toy toy(kind);
    EXPECT_NEAR(toy.loss({kWindow - 1, 0}, true), toy.loss({}), 0.003) << kind;
  }
}

// The published measure normalises rows, so an idle head of sigmoids looks like a sink; the share
// of the weight that there is does not.
TEST(AttentionT9, MassTellsSinksFromIdleHeads) {
  const HeadSinks softmax = Toy("softmax").first_token();
  EXPECT_GE(softmax.received[0], 0.3);
  EXPECT_GE(softmax.mass_share[0], 0.3);
  EXPECT_NEAR(softmax.row_mass, 1, 1e-5);
  for (const char* kind : {"sigmoid", "sink_logit"}) {
    const HeadSinks sinkless = Toy(kind).first_token();
    EXPECT_LE(sinkless.mass_share[0], 0.05) << kind;
    EXPECT_LE(sinkless.row_mass, 0.5) << kind;
  }
}

}  // namespace
}  // namespace limpid::analysis
