// SPDX-License-Identifier: MIT
#include "models/longconv/long_memory.h"

#include <algorithm>

#include "lib/kernels/elementwise.h"
#include "lib/kernels/fsmn.h"
#include "lib/kernels/norms.h"
#include "models/sizes.h"

namespace limpid::models {
LongMemory::LongMemory(TensorReader& reader, const std::string& prefix,
                       const LongConvConfig& config, std::span<const float> filters)
    : bands_(config.band_count()),
      channels_(config.channels),
      inner_(config.memory),
      short_taps_(config.short_taps),
      norm_(load_norm(reader, prefix + ".norm", config.channels)),
      inputs_(load_linear(reader, prefix + ".inputs", 3 * config.memory, config.channels, true)),
      outputs_(load_linear(reader, prefix + ".outputs", config.channels, config.memory, true)),
      filters_(filters, config.long_taps, config.memory) {
  const auto taps = reader.take(prefix + ".short", {config.short_taps, config.channels});
  for (int tap = 0; tap < short_taps_; ++tap)
    for (int band = 0; band < bands_; ++band)
      short_.insert(short_.end(), taps.begin() + tap * channels_,
                    taps.begin() + (tap + 1) * channels_);
}

LongMemory::State::State(const LongMemory& layer, Arena& arena, int lanes, int max_frames)
    : lane_stride_(size(layer.short_taps_ - 1 + max_frames) * size(layer.bands_ * layer.channels_)),
      earlier_(size(layer.short_taps_ - 1) * size(layer.bands_ * layer.channels_)),
      bands_(layer.bands_),
      memory_(layer.filters_, arena, lanes * layer.bands_) {
  normed_ = arena.claim<float>(size(lanes) * lane_stride_);
}

void LongMemory::State::restart(int lane) LIMPID_REALTIME {
  std::ranges::fill(normed_.subspan(size(lane) * lane_stride_, earlier_), 0.0f);
  for (int band = 0; band < bands_; ++band) memory_.restart(lane * bands_ + band);
}

std::size_t LongMemory::scratch(int lanes, int frames) const noexcept {
  const std::size_t rows = size(lanes) * size(frames) * size(bands_);
  return rows * size(channels_ + 3 * inner_) + size(frames) * size(inner_);
}

void LongMemory::run(State& state, const BandRows& x,
                     std::span<float> scratch) const LIMPID_REALTIME {
  const BandRows recent{scratch.data(), x.lanes, x.frames, bands_, channels_};
  const kernels::Matrix<float> qkv{recent.data + recent.size(), 3 * inner_, x.columns() * bands_,
                                   3 * inner_};
  run_short_filters(state, x, recent.data);
  kernels::gemm(recent.by_band(), 1, 0, inputs_.weights, inputs_.bias, kernels::Activation::none,
                qkv);
  run_long_filters(state, x, qkv.data, qkv.row(qkv.rows));
  kernels::gemm(qkv.slice_columns(0, inner_), 1, 0, outputs_.weights, outputs_.bias,
                kernels::Activation::none, recent.by_band());
  kernels::accumulate(recent.data, static_cast<int>(x.size()), x.data);
}

// recent = what the short filters make of norm(x).
void LongMemory::run_short_filters(State& state, const BandRows& x,
                                   float* recent) const LIMPID_REALTIME {
  const auto width = static_cast<int>(x.width());
  for (int lane = 0; lane < x.lanes; ++lane) {
    float* earlier = state.normed_.data() + size(lane) * state.lane_stride_;
    float* now = earlier + state.earlier_;
    const kernels::Matrix<const float> rows{x.at(lane, 0), channels_, x.frames * bands_, channels_};
    kernels::layer_norm(rows, norm_.gain.data(), norm_.offset.data(), nullptr,
                        kernels::kNormEpsilon, {now, channels_, rows.rows, channels_});
    kernels::fsmn_memory(now, width, short_taps_ - 1, x.frames, width, short_, short_taps_,
                         recent + lane * x.frames * x.width(), width);
    const std::ptrdiff_t gone = x.frames * x.width();
    std::copy_n(earlier + gone, state.earlier_, earlier);
  }
}

// In the rows (q, k, v) of qkv, q becomes q * (h conv (k * v)). `u`: room for one band's frames.
void LongMemory::run_long_filters(State& state, const BandRows& x, float* qkv,
                                  float* u) const LIMPID_REALTIME {
  const std::ptrdiff_t frame_stride = static_cast<std::ptrdiff_t>(bands_) * 3 * inner_;
  for (int lane = 0; lane < x.lanes; ++lane) {
    for (int band = 0; band < bands_; ++band) {
      float* q = qkv + lane * x.frames * frame_stride + band * 3 * inner_;
      for (int frame = 0; frame < x.frames; ++frame) {
        const float* k = q + frame * frame_stride + inner_;
        kernels::multiply(k, k + inner_, inner_, u + frame * inner_);
      }
      filters_.run(state.memory_, lane * bands_ + band, u, x.frames);
      for (int frame = 0; frame < x.frames; ++frame) {
        float* gate = q + frame * frame_stride;
        kernels::multiply(u + frame * inner_, gate, inner_, gate);
      }
    }
  }
}

}  // namespace limpid::models
