// SPDX-License-Identifier: MIT
#include "lib/nn/squeeze_excitation.h"

#include <algorithm>

#include "lib/kernels/elementwise.h"
#include "lib/nn/scratch.h"

namespace limpid::nn {
namespace {

void mean_of_rows(ConstActivation x, int block, int frame, float* mean) noexcept {
  std::fill_n(mean, x.channels, 0.0f);
  for (int row = 0; row < x.rows; ++row)
    kernels::accumulate(x.at(block, frame, row), x.channels, mean);
  const float scale = 1.0f / static_cast<float>(x.rows);
  for (int c = 0; c < x.channels; ++c) mean[c] *= scale;
}

void scale_rows(Activation x, int block, int frame, const float* gain) noexcept {
  for (int row = 0; row < x.rows; ++row) {
    float* values = x.at(block, frame, row);
    kernels::multiply(values, gain, x.channels, values);
  }
}

}  // namespace

SqueezeState::SqueezeState(Arena& arena, int lanes, int channels)
    : mean(arena.claim<float>(activation_size(lanes, 1, 1, channels))),
      frames(arena.claim<int>(static_cast<std::size_t>(lanes))) {}

void SqueezeState::restart(int lane) LIMPID_REALTIME {
  const std::size_t blocks = 2 * frames.size(), channels = mean.size() / blocks;
  const auto of_re = static_cast<std::size_t>(lane), of_im = frames.size() + of_re;
  for (const std::size_t block : {of_re, of_im})
    std::ranges::fill(mean.subspan(block * channels, channels), 0.0f);
  frames[of_re] = 0;
}

Result<SqueezeExcitation> SqueezeExcitation::load(io::Weights& weights, const std::string& prefix,
                                                  const Shape& shape,
                                                  std::span<const float> frozen) {
  SqueezeExcitation layer;
  layer.shape_ = shape;
  if (shape.pooling == Pooling::frozen) {
    layer.frozen_.assign(frozen.begin(), frozen.end());
    return layer;
  }
  const int channels = shape.channels, hidden = channels / shape.reduction;
  layer.hidden_ = hidden;
  std::vector<float> first;
  for (const char* branch : {".fc_r", ".fc_i"}) {
    const auto w0 = weights.find(prefix + branch + ".0.weight", {hidden, channels});
    const auto b0 = weights.find(prefix + branch + ".0.bias", {hidden});
    const auto w2 = weights.find(prefix + branch + ".2.weight", {channels, hidden});
    const auto b2 = weights.find(prefix + branch + ".2.bias", {channels});
    for (const auto* tensor : {&w0, &b0, &w2, &b2})
      if (!*tensor) return tensor->error();
    first.insert(first.end(), w0->begin(), w0->end());
    layer.first_bias_.insert(layer.first_bias_.end(), b0->begin(), b0->end());
    const bool is_r = branch[4] == 'r';
    (is_r ? layer.second_r_ : layer.second_i_) = kernels::PackedMatrix(*w2, channels, hidden);
    (is_r ? layer.second_bias_r_ : layer.second_bias_i_).assign(b2->begin(), b2->end());
  }
  layer.first_ = kernels::PackedMatrix(first, 2 * hidden, channels);
  return layer;
}

std::size_t SqueezeExcitation::scratch(int lanes) const noexcept {
  return activation_size(lanes, 1, 1, 2 * hidden_ + 4 * shape_.channels);
}

// means [block][frame][channel] -> gains, same shape.
void SqueezeExcitation::gains(ConstActivation means, Activation gains,
                              std::span<float> scratch) const LIMPID_REALTIME {
  const int lanes = means.lanes, frames = means.frames, channels = means.channels;
  const auto hidden = dense(scratch.data(), lanes, frames, 1, 2 * hidden_);
  const auto wide = dense(scratch.data() + activation_size(lanes, frames, 1, 2 * hidden_), lanes,
                          frames, 1, 2 * channels);
  kernels::gemm(means.matrix(), 1, 0, first_, first_bias_, kernels::Activation::relu,
                hidden.matrix());
  kernels::gemm(ConstActivation(hidden).slice_channels(0, hidden_).matrix(), 1, 0, second_r_,
                second_bias_r_, kernels::Activation::none,
                wide.slice_channels(0, channels).matrix());
  kernels::gemm(ConstActivation(hidden).slice_channels(hidden_, hidden_).matrix(), 1, 0, second_i_,
                second_bias_i_, kernels::Activation::none,
                wide.slice_channels(channels, channels).matrix());
  for (int lane = 0; lane < lanes; ++lane) {
    for (int frame = 0; frame < frames; ++frame) {
      float* of_re = wide.at(lane, frame, 0);  // r(mean_re), i(mean_re)
      float* of_im = wide.at(lanes + lane, frame, 0);
      kernels::sigmoid(of_re, 2 * channels, of_re);
      kernels::sigmoid(of_im, 2 * channels, of_im);
      float* re = gains.at(lane, frame, 0);
      float* im = gains.at(lanes + lane, frame, 0);
      for (int c = 0; c < channels; ++c) {
        re[c] = of_re[c] - of_im[channels + c];
        im[c] = of_im[c] + of_re[channels + c];
      }
    }
  }
}

void SqueezeExcitation::run(Activation x, SqueezeState& state,
                            std::span<float> scratch) const LIMPID_REALTIME {
  switch (shape_.pooling) {
    case Pooling::none:
      return;
    case Pooling::frozen:
      return run_frozen(x);
    case Pooling::global:
      return run_global(x, scratch);
    case Pooling::running:
      return run_running(x, state, scratch);
  }
}

void SqueezeExcitation::run_frozen(Activation x) const LIMPID_REALTIME {
  for (int block = 0; block < 2 * x.lanes; ++block)
    for (int frame = 0; frame < x.frames; ++frame)
      scale_rows(x, block, frame, frozen_.data() + (block < x.lanes ? 0 : shape_.channels));
}

void SqueezeExcitation::run_global(Activation x, std::span<float> scratch) const LIMPID_REALTIME {
  if (x.frames == 0) return;
  const auto means = dense(scratch.data(), x.lanes, 1, 1, x.channels);
  const std::size_t size = activation_size(x.lanes, 1, 1, x.channels);
  const auto gain = dense(scratch.data() + size, x.lanes, 1, 1, x.channels);
  for (int block = 0; block < 2 * x.lanes; ++block) {
    // Frame means are averaged as they come, so that a long file loses no precision.
    float* mean = means.at(block, 0, 0);
    float* frame_mean = gain.at(block, 0, 0);
    std::fill_n(mean, x.channels, 0.0f);
    for (int frame = 0; frame < x.frames; ++frame) {
      mean_of_rows(x, block, frame, frame_mean);
      const float weight = 1.0f / static_cast<float>(frame + 1);
      for (int c = 0; c < x.channels; ++c) mean[c] += (frame_mean[c] - mean[c]) * weight;
    }
  }
  gains(means, gain, scratch.subspan(2 * size));
  for (int block = 0; block < 2 * x.lanes; ++block)
    for (int frame = 0; frame < x.frames; ++frame)
      scale_rows(x, block, frame, gain.at(block, 0, 0));
}

void SqueezeExcitation::run_running(Activation x, SqueezeState& state,
                                    std::span<float> scratch) const LIMPID_REALTIME {
  const std::size_t size = activation_size(x.lanes, 1, 1, x.channels);
  const auto gain = dense(scratch.data(), x.lanes, 1, 1, x.channels);
  const auto means = dense(state.mean.data(), x.lanes, 1, 1, x.channels);
  for (int frame = 0; frame < x.frames; ++frame) {
    for (int& seen : state.frames) seen = std::min(seen + 1, shape_.horizon);
    for (int block = 0; block < 2 * x.lanes; ++block) {
      const float weight =
          1.0f / static_cast<float>(state.frames[static_cast<std::size_t>(block % x.lanes)]);
      float* mean = means.at(block, 0, 0);
      float* frame_mean = gain.at(block, 0, 0);
      mean_of_rows(x, block, frame, frame_mean);
      for (int c = 0; c < x.channels; ++c) mean[c] += (frame_mean[c] - mean[c]) * weight;
    }
    gains(means, gain, scratch.subspan(size));
    for (int block = 0; block < 2 * x.lanes; ++block)
      scale_rows(x, block, frame, gain.at(block, 0, 0));
  }
}

}  // namespace limpid::nn
