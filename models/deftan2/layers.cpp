// SPDX-License-Identifier: MIT
#include "models/deftan2/layers.h"

#include <cmath>

#include "models/sizes.h"

namespace limpid::models {
namespace {

using kernels::PackedMatrix;

// Element `row` of every `step`-th of `values`.
std::vector<float> every(const std::vector<float>& values, int step, int first) {
  std::vector<float> some;
  for (std::size_t i = size(first); i < values.size(); i += size(step)) some.push_back(values[i]);
  return some;
}

// From PyTorch's [out][source * in][tap] to [out][source][tap][in]; of the outputs every `step`-th.
PackedMatrix pack_taps(const std::vector<float>& w, int out, int sources, int in, int taps,
                       int step = 1, int first = 0) {
  std::vector<float> rows;
  rows.reserve(size(out) * size(sources) * size(in) * size(taps));
  for (int o = 0; o < out; ++o)
    for (int s = 0; s < sources; ++s)
      for (int tap = 0; tap < taps; ++tap)
        for (int i = 0; i < in; ++i)
          rows.push_back(
              w[(size(o * step + first) * size(sources * in) + size(s * in + i)) * size(taps) +
                size(tap)]);
  return PackedMatrix(rows, out, sources * in * taps);
}

Linear load_conv1d(TensorReader& reader, const std::string& name, int out, int sources, int in,
                   int taps, bool bias) {
  const auto weight = reader.take(name + ".weight", {out, sources * in, taps});
  return {pack_taps(weight, out, sources, in, taps),
          bias ? reader.take(name + ".bias", {out}) : std::vector<float>()};
}

Linear load_conv2d(TensorReader& reader, const std::string& name, int out, int sources, int in) {
  const auto weight = reader.take(name + ".weight", {out, sources * in, 3, 3});
  return {pack_taps(weight, out, sources, in, 9), reader.take(name + ".bias", {out})};
}

// `planar`: 3 x 3 instead of 3 taps. `finish` false: no norms, and a bare convolution at the end.
SplitDense load_dense(TensorReader& reader, const std::string& name, int width, int groups,
                      bool planar, bool finish) {
  SplitDense dense;
  for (int g = 0; g < groups; ++g) {
    const std::string stage = name + ".blocks." + std::to_string(g);
    const int sources = g == 0 ? 1 : 2;
    DenseStage& s = dense.emplace_back();
    s.conv = planar ? load_conv2d(reader, stage + ".0", width, sources, width)
                    : load_conv1d(reader, stage + ".0", width, sources, width, 3, true);
    if (finish) s.norm = load_norm(reader, stage + ".1", width);
    if (finish || g + 1 < groups) s.slope = reader.take(stage + ".2.weight", {width});
  }
  return dense;
}

// sum over the features j of a head: out[o][j] * value[j][i], summed in double.
PackedMatrix pack_value_to_out(const std::vector<float>& value, const std::vector<float>& out,
                               const Deftan2Config& config, int head) {
  const int c = config.channels, d = config.head_width;
  std::vector<double> sums(size(c) * size(c));
  for (int j = head * d; j < (head + 1) * d; ++j)
    for (int o = 0; o < c; ++o)
      for (int i = 0; i < c; ++i)
        sums[size(o * c + i)] += static_cast<double>(out[size(o * config.inner() + j)]) *
                                 static_cast<double>(value[size(j * c + i)]);
  const std::vector<float> rows(sums.begin(), sums.end());
  return PackedMatrix(rows, c, c);
}

BlockAttention load_attention(TensorReader& reader, const std::string& name,
                              const Deftan2Config& config, bool running) {
  const int c = config.channels, inner = config.inner();
  BlockAttention a;
  a.norm = load_norm(reader, name + ".norm", c);
  a.local = load_conv1d(reader, name + ".fn.cv_qk.0", 2 * c, 1, c, 3, false);
  a.query = load_linear(reader, name + ".fn.to_q", inner, c, false);
  a.key = load_linear(reader, name + ".fn.to_k", inner, c, false);
  const auto value = reader.take(name + ".fn.to_v.weight", {inner, c});
  auto out = reader.take(name + ".fn.to_out.0.weight", {c, inner});
  for (float& w : out) w *= 1.0f / std::sqrt(static_cast<float>(config.head_width));
  a.out = {PackedMatrix(out, c, inner), reader.take(name + ".fn.to_out.0.bias", {c})};
  a.value.weights = PackedMatrix(value, inner, c);
  if (running) {
    a.decay = reader.take(name + ".fn.decay", {config.heads});
    for (float& d : a.decay) d = 1.0f / (1.0f + std::exp(-d));
  } else {
    for (int h = 0; h < config.heads; ++h)
      a.value_to_out.push_back(pack_value_to_out(value, out, config, h));
  }
  return a;
}

FeedForward load_forward(TensorReader& reader, const std::string& name, const Deftan2Config& config,
                         int block) {
  const int c = config.channels, half = config.hidden / 2;
  FeedForward f;
  f.norm = load_norm(reader, name + ".norm", c);
  f.alone = load_linear(reader, name + ".fn.PW1.0", half, c, true);
  f.around = load_linear(reader, name + ".fn.PW2.0", half, c, true);
  f.conv = load_conv1d(reader, name + ".fn.DW_Conv.0", half, 1, half, 5, true);
  f.conv_norm = load_norm(reader, name + ".fn.DW_Conv.1", half);
  f.slope = reader.take(name + ".fn.DW_Conv.2.weight", {half});
  f.out = load_linear(reader, name + ".fn.PW3.0", c, config.hidden, true);
  f.dilation = 1 << block;
  return f;
}

// out[l] = sum_j W_j z[l - j] from PyTorch's [in][out][j].
Linear load_fold(TensorReader& reader, const std::string& name, int channels, int taps) {
  const auto w = reader.take(name + ".weight", {channels, channels, taps});
  std::vector<float> rows;
  for (int o = 0; o < channels; ++o)
    for (int j = taps; j-- > 0;)
      for (int i = 0; i < channels; ++i) rows.push_back(w[size((i * channels + o) * taps + j)]);
  return {PackedMatrix(rows, channels, channels * taps), reader.take(name + ".bias", {channels})};
}

// A 3 x 3 convolution whose output channels are dealt out to the groups like cards.
void load_grouped(TensorReader& reader, const std::string& name, int groups,
                  Deftan2PlaneBlock& block) {
  const int out = block.width * groups;
  const auto weight = reader.take(name + ".weight", {out, block.inputs, 3, 3});
  const auto bias = reader.take(name + ".bias", {out});
  for (int g = 0; g < groups; ++g)
    block.conv.push_back(
        {pack_taps(weight, block.width, 1, block.inputs, 9, groups, g), every(bias, groups, g)});
}

}  // namespace

BlockHalf load_half(TensorReader& reader, const std::string& prefix, const Deftan2Config& config,
                    int block, char axis) {
  const std::string name = prefix + "." + axis;
  const int c = config.channels;
  BlockHalf half;
  half.norm = {reader.take(name + "_norm.gamma", {1, c, 1, 1}),
               reader.take(name + "_norm.beta", {1, c, 1, 1})};
  half.dense = load_dense(reader, name + "_inv", c, config.unfold, false, true);
  half.attention = load_attention(reader, name + "_att", config, config.causal && axis == 'T');
  half.forward = load_forward(reader, name + "_ffw", config, block);
  half.fold = load_fold(reader, name + "_linear", c, config.unfold);
  return half;
}

Deftan2PlaneBlock load_encoder(TensorReader& reader, const Deftan2Config& config) {
  Deftan2PlaneBlock block{config.inputs(), config.channels, {}, {}, {}};
  load_grouped(reader, "up_conv.0", config.heads, block);
  const Norm norm = load_norm(reader, "up_conv.1", config.channels * config.heads);
  for (int g = 0; g < config.heads; ++g)
    block.norm.push_back({every(norm.gain, config.heads, g), every(norm.offset, config.heads, g)});
  block.dense = load_dense(reader, "up_conv.2", config.channels, config.heads, true, true);
  return block;
}

Deftan2PlaneBlock load_decoder(TensorReader& reader, const Deftan2Config& config) {
  Deftan2PlaneBlock block{config.channels, config.outputs(), {}, {}, {}};
  load_grouped(reader, "down_conv.0", config.heads, block);
  block.dense =
      load_dense(reader, "down_conv.1", config.outputs(), config.heads, true, !config.causal);
  return block;
}

}  // namespace limpid::models
