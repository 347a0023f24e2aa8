// SPDX-License-Identifier: MIT
#include "models/frcrn/gpu_layers.h"

namespace limpid::models {

Status GpuFrcrnLoader::convolution(const kernels::PackedMatrix& both, const nn::ComplexNorm& norm,
                                   GpuProduct& product) {
  const int k = both.k(), n = both.n() / 2;
  const auto values = both.by_input();
  auto done = plain(columns_of(values, k, 0, n), columns_of(values, k, n, n), k, n, product);
  if (!done) return done;
  product.slope = nn::ComplexNorm::kLeak;
  return affine(product, norm.scale(0), norm.shift(0), norm.scale(1), norm.shift(1));
}

Status GpuFrcrnLoader::fsmn(const nn::ComplexFsmn& layer, GpuFsmn& fsmn) {
  fsmn.channels = layer.linear().k();
  fsmn.order = layer.order();
  auto done = linear(layer.linear(), layer.bias(), 0.0f, fsmn.linear);
  if (done) done = linear(layer.project_f(), {}, 1.0f, fsmn.project_f);
  if (done) done = linear(layer.project_g(), {}, 1.0f, fsmn.project_g);
  if (!done) return done;
  const bool small = arithmetic() == Arithmetic::fp16 || arithmetic() == Arithmetic::bf16;
  if (small && fsmn.channels % 4 == 0) {  // what products take of words
    fsmn.stored = arithmetic();
    for (GpuProduct* product : {&fsmn.linear, &fsmn.project_f, &fsmn.project_g}) {
      product->packed_x = product != &fsmn.linear;
      product->packed_y = true;
    }
  }
  auto taps = upload(layer.taps());
  if (!taps) return taps.error();
  fsmn.taps = *taps;
  return Done{};
}

Status GpuFrcrnLoader::gate(const nn::SqueezeExcitation& layer, GpuGate& gate) {
  const auto& shape = layer.shape();
  gate.pooling = shape.pooling;
  gate.channels = shape.channels;
  gate.horizon = shape.horizon;
  if (gate.pooling == nn::Pooling::frozen) {
    auto gains = upload(layer.frozen());
    if (!gains) return gains.error();
    gate.frozen = *gains;
  }
  if (gate.pooling == nn::Pooling::none || gate.pooling == nn::Pooling::frozen) return Done{};
  gate.hidden = layer.second_r().k();
  auto done = linear(layer.first(), layer.first_bias(), 0.0f, gate.first);
  if (done) done = linear(layer.second_r(), layer.second_bias_r(), 1.0f, gate.second_r);
  if (done) done = linear(layer.second_i(), layer.second_bias_i(), 1.0f, gate.second_i);
  return done;
}

}  // namespace limpid::models
