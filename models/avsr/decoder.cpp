// SPDX-License-Identifier: MIT
#include "models/avsr/decoder.h"

#include <new>

#include "lib/analysis/trace_layer.h"
#include "lib/kernels/elementwise.h"

namespace limpid::models::avsr {
namespace {

void add(FeaturesView x, TensorView<float, 2> y) {
  for (std::ptrdiff_t t = 0; t < x.extent(0); ++t)
    kernels::accumulate(x[t].data(), static_cast<int>(x.extent(1)), y[t].data());
}

Features copy(FeaturesView x) {
  Features y(x.shape());
  add(x, y.view());
  return y;
}

// [token][feature] as one lane.
TensorView<const float, 3> lane(FeaturesView x) {
  return {x.data(), {1, x.extent(0), x.extent(1)}, {0, x.stride(0), 1}};
}

}  // namespace

Result<Decoder> Decoder::load(io::Weights& weights, const Config& config) {
  Decoder decoder;
  decoder.gated_ = config.gate;
  for (int n = 0; n < config.layers; ++n)
    if (auto done = decoder.load_layer(weights, "layers." + std::to_string(n) + ".", config); !done)
      return done.error();
  const int scores = static_cast<int>(config.words.size()) + 1;
  auto done = take(LayerNorm::load(weights, "norm", config.width), decoder.norm_);
  if (done) done = take(Linear::load(weights, "head", scores, config.width), decoder.head_);
  if (!done) return done.error();
  return decoder;
}

Status Decoder::load_layer(io::Weights& weights, const std::string& name, const Config& config) {
  const int width = config.width;
  nn::AttentionParameters parameters;
  if (config.attention == nn::AttentionKind::sink_logit) {
    const auto sink = weights.find(name + "sink", {config.heads});
    if (!sink) return sink.error();
    parameters.sink_logits = *sink;
  }
  auto attention = nn::Attention::create(config.attention_config(), parameters);
  if (!attention) return attention.error();
  Layer layer{*std::move(attention), {}, {}, {}, {}, {}, {}, {}};
  auto done = take(LayerNorm::load(weights, name + "norm1", width), layer.norm1);
  if (done) done = take(LayerNorm::load(weights, name + "norm2", width), layer.norm2);
  if (done) done = take(Linear::load(weights, name + "qkv", 3 * width, width, false), layer.qkv);
  if (done) done = take(Linear::load(weights, name + "out", width, width, false), layer.out);
  if (done && config.gate)
    done = take(Linear::load(weights, name + "gate", config.heads, width), layer.gate);
  if (done) done = take(Linear::load(weights, name + "up", config.hidden, width), layer.up);
  if (done) done = take(Linear::load(weights, name + "down", width, config.hidden), layer.down);
  if (done) layers_.push_back(std::move(layer));
  return done;
}

Result<Decoder::Memory> Decoder::Memory::open(const Decoder& decoder) {
  Memory memory;
  for (const Layer& layer : decoder.layers_) {
    auto stream = nn::AttentionStream::open(memory.arena_, layer.attention, 1);
    if (!stream) return stream.error();
    memory.layers_.push_back(*std::move(stream));
  }
  return memory;
}

Decoder::Projections Decoder::project(const Layer& layer, FeaturesView x) const {
  const Features normal = layer.norm1.run(x);
  Projections p;
  p.qkv = layer.qkv.run(normal.view());
  const std::ptrdiff_t width = x.extent(1);
  const FeaturesView qkv = p.qkv.view();
  p.input = {lane(qkv.slice(1, 0, width)),
             lane(qkv.slice(1, width, width)),
             lane(qkv.slice(1, 2 * width, width)),
             {}};
  if (!gated_) return p;
  p.gate = layer.gate.run(normal.view());
  p.input.gate = lane(p.gate.view());
  return p;
}

void Decoder::finish(const Layer& layer, FeaturesView attended, TensorView<float, 2> x) const {
  const Features mixed = layer.out.run(attended);
  add(mixed.view(), x);
  const Features normal = layer.norm2.run(x);
  const Features hidden = layer.up.run(normal.view(), kernels::Activation::relu);
  const Features out = layer.down.run(hidden.view());
  add(out.view(), x);
}

void Decoder::run(Memory& memory, TensorView<float, 2> x) const {
  for (std::size_t n = 0; n < layers_.size(); ++n) {
    const Projections p = project(layers_[n], x);
    Tensor<float, 3> attended({1, x.extent(0), x.extent(1)});
    memory.layers_[n].process(p.input, attended.view());
    finish(layers_[n], attended.view()[0], x);
  }
}

Status Decoder::trace(TensorView<float, 2> x, AttentionTrace& trace) const {
  trace.hidden.push_back(copy(x));
  for (std::size_t n = 0; n < layers_.size(); ++n) {
    const Layer& layer = layers_[n];
    const Projections p = project(layer, x);
    auto shown =
        analysis::trace_layer(layer.attention, p.input, 0, "decoder " + std::to_string(n + 1));
    if (!shown) return shown.error();
    trace.layers.push_back(*std::move(shown));
    Tensor<float, 3> attended({1, x.extent(0), x.extent(1)});
    if (auto done = layer.attention.run(p.input, attended.view()); !done) return done;
    finish(layer, attended.view()[0], x);
    trace.hidden.push_back(copy(x));
  }
  return Done{};
}

Features Decoder::scores(FeaturesView x) const {
  const Features normal = norm_.run(x);
  return head_.run(normal.view());
}

}  // namespace limpid::models::avsr
