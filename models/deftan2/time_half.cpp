// SPDX-License-Identifier: MIT
#include "models/deftan2/time_half.h"

#include <array>

#include "lib/kernels/gates.h"
#include "lib/kernels/linear_attention.h"
#include "lib/kernels/norms.h"
#include "models/sizes.h"

namespace limpid::models {
namespace {

using kernels::Activation;
using kernels::gemm;
using kernels::Matrix;

Matrix<float> dense_rows(std::span<float> memory, int rows, int columns) noexcept {
  return {memory.data(), columns, rows, columns};
}

void layer_norm(Matrix<const float> x, const Norm& norm, const float* slope,
                Matrix<float> y) LIMPID_REALTIME {
  kernels::layer_norm(x, norm.gain.data(), norm.offset.data(), slope, kernels::kNormEpsilon, y);
}

}  // namespace

TimeScratch::TimeScratch(Arena& arena, const Deftan2Config& config) {
  const int bins = config.bins();
  local = arena.claim<float>(floats(bins, 2 * config.channels));
  gated = arena.claim<float>(floats(bins, config.channels));
  narrow = arena.claim<float>(floats(bins, config.channels));
  query = arena.claim<float>(floats(bins, config.inner()));
  key = arena.claim<float>(floats(bins, config.inner()));
  value = arena.claim<float>(floats(bins, config.inner()));
  alone = arena.claim<float>(floats(bins, config.hidden / 2));
  conv = arena.claim<float>(floats(bins, config.hidden / 2));
}

TimeHalf::TimeHalf(Arena& arena, const Deftan2Config& config, int dilation)
    : config_(config),
      y_(arena, config.unfold + 1, config.bins(), config.channels),
      attended_(arena, 2, config.bins(), config.channels),
      around_(arena, 4 * dilation, config.bins(), config.hidden / 2),
      z_(arena, config.unfold - 1, config.bins(), config.channels) {
  for (int j = 0; j + 1 < config.unfold; ++j)
    o_.emplace_back(arena, 2, config.bins(), config.channels);
  state_ = arena.claim<float>(floats(config.bins() * config.inner(), config.head_width));
  total_ = arena.claim<float>(floats(config.bins(), config.inner()));
}

void TimeHalf::step(const BlockHalf& half, Matrix<float> x,
                    const TimeScratch& scratch) LIMPID_REALTIME {
  y_.advance();
  z_.advance();
  for (FrameRing& ring : o_) ring.advance();
  attended_.advance();
  around_.advance();

  layer_norm(x, half.norm, nullptr, y_.now());
  dense(half);
  attend(half.attention, scratch);
  feed_forward(half.forward, scratch);

  std::array<std::ptrdiff_t, 4> taps{};
  for (int j = 0; j < config_.unfold; ++j)
    taps[static_cast<std::size_t>(j)] = z_.frame(config_.unfold - 1 - j) - z_.frame(0);
  const auto out = dense_rows(scratch.narrow, x.rows, x.columns);
  gemm(z_.now(), std::span(taps).first(static_cast<std::size_t>(config_.unfold)), half.fold.weights,
       half.fold.bias, out);
  kernels::add_rows(out, x);
}

// Group j of the present frame is y of unfold - 1 - j frames ago.
void TimeHalf::dense(const BlockHalf& half) LIMPID_REALTIME {
  for (int j = 0; j < config_.unfold; ++j) {
    const auto at = static_cast<std::size_t>(j);
    const DenseStage& stage = half.dense[at];
    const bool last = j + 1 == config_.unfold;
    const Matrix<float> own = y_.now(), result = last ? z_.now() : o_[at].now();
    std::array<std::ptrdiff_t, 6> taps{};
    const auto all = std::span(taps);
    y_.taps(config_.unfold - 1 - j, 1, own.data, all.last<3>());
    if (j > 0) o_[at - 1].taps(0, 1, own.data, all.first<3>());
    gemm(own, j > 0 ? std::span<const std::ptrdiff_t>(all) : all.last<3>(), stage.conv.weights,
         stage.conv.bias, result);
    layer_norm(result, stage.norm, stage.slope.data(), result);
  }
}

void TimeHalf::attend(const BlockAttention& a, const TimeScratch& s) LIMPID_REALTIME {
  const int bins = config_.bins(), c = config_.channels, inner = config_.inner();
  const int d = config_.head_width;
  const Matrix<float> y = attended_.now(), z = z_.now();
  layer_norm(z, a.norm, nullptr, y);
  std::array<std::ptrdiff_t, 3> taps{};
  attended_.taps(0, 1, y.data, std::span(taps));
  const auto local = dense_rows(s.local, bins, 2 * c), gated = dense_rows(s.gated, bins, c);
  const auto query = dense_rows(s.query, bins, inner), key = dense_rows(s.key, bins, inner);
  const auto value = dense_rows(s.value, bins, inner), out = dense_rows(s.narrow, bins, c);
  gemm(y, taps, a.local.weights, {}, local);
  kernels::gated_linear(local, gated);
  gemm(gated, 1, 0, a.query.weights, {}, Activation::none, query);
  gemm(gated, 1, 0, a.key.weights, {}, Activation::none, key);
  gemm(y, 1, 0, a.value.weights, {}, Activation::none, value);
  kernels::softmax_pieces(query, d);
  for (int bin = 0; bin < bins; ++bin) {
    for (int h = 0; h < config_.heads; ++h) {
      const std::ptrdiff_t at = std::ptrdiff_t{h} * d;
      const std::ptrdiff_t position = std::ptrdiff_t{bin} * inner + at;
      float* const mixed = query.row(bin) + at;
      kernels::attend_step(mixed, key.row(bin) + at, value.row(bin) + at, d,
                           a.decay[static_cast<std::size_t>(h)], state_.data() + position * d,
                           total_.data() + position, mixed);
    }
  }
  gemm(query, 1, 0, a.out.weights, a.out.bias, Activation::none, out);
  kernels::add_rows(out, z);
}

void TimeHalf::feed_forward(const FeedForward& f, const TimeScratch& s) LIMPID_REALTIME {
  const int bins = config_.bins(), half = config_.hidden / 2;
  const auto y = dense_rows(s.gated, bins, config_.channels);
  const auto out = dense_rows(s.narrow, bins, config_.channels);
  const auto alone = dense_rows(s.alone, bins, half), conv = dense_rows(s.conv, bins, half);
  layer_norm(z_.now(), f.norm, nullptr, y);
  gemm(y, 1, 0, f.alone.weights, f.alone.bias, Activation::none, alone);
  kernels::gelu(alone);
  gemm(y, 1, 0, f.around.weights, f.around.bias, Activation::none, around_.now());
  kernels::gelu(around_.now());
  std::array<std::ptrdiff_t, 5> taps{};
  around_.taps(0, f.dilation, around_.frame(0), std::span(taps));
  gemm(around_.now(), taps, f.conv.weights, f.conv.bias, conv);
  layer_norm(conv, f.conv_norm, f.slope.data(), conv);
  const std::array<std::ptrdiff_t, 2> both{0, conv.data - alone.data};
  gemm(alone, both, f.out.weights, f.out.bias, out);
  kernels::add_rows(out, z_.now());
}

void TimeHalf::reset() LIMPID_REALTIME {
  for (FrameRing* ring : {&y_, &attended_, &around_, &z_}) ring->reset();
  for (FrameRing& ring : o_) ring.reset();
  std::ranges::fill(state_, 0.0f);
  std::ranges::fill(total_, 0.0f);
}

}  // namespace limpid::models
