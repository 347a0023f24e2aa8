// SPDX-License-Identifier: MIT
// One pass of frames through the network. Loading is in unet_load.cpp.
#include "models/frcrn/unet.h"

#include <algorithm>
#include <array>

namespace limpid::models {
namespace {

void copy_rows(nn::ConstActivation from, nn::Activation to) noexcept {
  for (int block = 0; block < 2 * to.lanes; ++block)
    for (int frame = 0; frame < to.frames; ++frame)
      for (int row = 0; row < to.rows; ++row)
        std::copy_n(from.at(block, frame, row), to.channels, to.at(block, frame, row));
}

}  // namespace

int Unet::run(UnetState& state, nn::Timeline& mask, bool last,
              std::span<float> scratch) const LIMPID_REALTIME {
  const int depth = config_.depth();
  state.bottleneck_.drop_front(state.bottleneck_.size());
  for (int level = 0; level < depth; ++level) encode(state, level, last, scratch);
  recur_in_time(state, scratch);
  for (int stage = 0; stage + 1 < depth; ++stage) {
    const nn::ConvShape next = config_.decoder(stage + 1);
    nn::Timeline& decoding = state.decoding_[static_cast<std::size_t>(stage)];
    nn::Timeline& target = state.decoding_[static_cast<std::size_t>(stage + 1)];
    nn::Timeline& skip = state.skips_[static_cast<std::size_t>(depth - 2 - stage)];
    const int ready = std::max(0, decoding.size() - 1);
    const nn::Activation joined = target.append(ready);
    const int half = next.in_channels / 2;
    decode(state, stage, joined.slice_channels(0, half), scratch);
    copy_rows(skip.frames(0, ready), joined.slice_channels(half, half));
    skip.drop_front(ready);
  }
  const int ready = std::max(0, state.decoding_.back().size() - 1);
  const nn::Activation fresh = mask.append(ready);
  decode(state, depth - 1, fresh, scratch);
  finish(fresh);
  return ready;
}

void Unet::encode(UnetState& state, int level, bool last,
                  std::span<float> scratch) const LIMPID_REALTIME {
  const auto at = static_cast<std::size_t>(level);
  const Encoder& encoder = encoders_[at];
  nn::Timeline& input = state.inputs_[at];
  if (last) input.append_silence(1);
  const int ready = input.size() - 1;
  const bool deepest = level + 1 == config_.depth();
  const nn::Activation out = (deepest ? state.bottleneck_ : state.skips_[at]).append(ready);
  encoder.conv.run(input.frames(0, ready + 1), out, scratch);
  input.drop_front(ready);
  if (deepest) return;
  const nn::Activation next = state.inputs_[at + 1].append(ready);
  if (config_.frequency_order > 0)
    encoders_[at + 1].recurrence.run_frequency(out, next, scratch);
  else
    copy_rows(out, next);
  encoder.gate.run(out, state.encoder_gates_[at], scratch);
}

void Unet::recur_in_time(UnetState& state, std::span<float> scratch) const LIMPID_REALTIME {
  const int ready = state.bottleneck_.size();
  const nn::Activation x = state.bottleneck_.frames(0, ready);
  for (std::size_t layer = 0; layer < time_.size(); ++layer)
    time_[layer].run_time(x, x, state.past_[layer], scratch);
  copy_rows(x, state.decoding_[0].append(ready));
}

void Unet::decode(UnetState& state, int stage, nn::Activation out,
                  std::span<float> scratch) const LIMPID_REALTIME {
  const auto at = static_cast<std::size_t>(stage);
  const Decoder& decoder = decoders_[at];
  nn::Timeline& input = state.decoding_[at];
  if (input.size() == 0) return;
  decoder.conv.run(input.padded(0, input.size()), out, scratch);
  input.drop_front(out.frames);
  if (stage + 1 == config_.depth()) return;
  if (config_.frequency_order > 0) decoder.recurrence.run_frequency(out, out, scratch);
  decoder.gate.run(out, state.decoder_gates_[at], scratch);
}

// The complex 1x1 convolution at the end.
void Unet::finish(nn::Activation mask) const LIMPID_REALTIME {
  for (int lane = 0; lane < mask.lanes; ++lane) {
    for (int frame = 0; frame < mask.frames; ++frame) {
      for (int bin = 0; bin < mask.rows; ++bin)
        mix_taps(mask.at(lane, frame, bin), mask.at(mask.lanes + lane, frame, bin));
    }
  }
}

void Unet::mix_taps(float* re, float* im) const LIMPID_REALTIME {
  const auto taps = static_cast<std::size_t>(config_.taps);
  std::array<float, kMaxTaps> x{}, y{};
  std::copy_n(re, taps, x.begin());
  std::copy_n(im, taps, y.begin());
  for (std::size_t out = 0; out < taps; ++out) {
    const float* a = linear_.re.data() + out * taps;
    const float* b = linear_.im.data() + out * taps;
    float sum_re = a[0] * x[0] - b[0] * y[0], sum_im = a[0] * y[0] + b[0] * x[0];
    for (std::size_t in = 1; in < taps; ++in) {
      sum_re += a[in] * x[in] - b[in] * y[in];
      sum_im += a[in] * y[in] + b[in] * x[in];
    }
    re[out] = sum_re + linear_.bias_re[out];
    im[out] = sum_im + linear_.bias_im[out];
  }
}

UnetState::UnetState(const Unet& unet, Arena& arena, int lanes, int max_frames, bool whole)
    : lanes_(lanes) {
  const FrcrnConfig& config = unet.config_;
  const int depth = config.depth();
  // A whole recording ends with one zero frame more at every level.
  const int frames = max_frames + (whole ? depth + 1 : 0);
  for (int level = 0; level < depth; ++level) {
    const nn::ConvShape shape = config.encoder(level);
    const int rows = nn::ComplexConv::out_rows(shape), channels = shape.out_channels;
    inputs_.emplace_back(arena, lanes, frames, shape.in_rows, shape.in_channels, 1);
    encoder_gates_.emplace_back(arena, lanes, channels);
    const int wait = config.lookahead ? depth - 1 - level : 0;
    if (level + 1 < depth)
      skips_.emplace_back(arena, lanes, frames + wait, rows, channels, 0);
    else
      bottleneck_ = nn::Timeline(arena, lanes, frames, rows, channels, 0);
  }
  for (int stage = 0; stage < depth; ++stage) {
    const nn::ConvShape shape = config.decoder(stage);
    // With look-ahead the first frame has no predecessor; it waits for its successor.
    const int before = config.lookahead ? 0 : 1;
    decoding_.emplace_back(arena, lanes, frames + 1 - before, shape.in_rows, shape.in_channels,
                           before, nn::ComplexTransposedConv::padding(shape));
    decoder_gates_.emplace_back(arena, lanes, shape.out_channels);
  }
  for (const nn::ComplexFsmn& layer : unet.time_)
    past_.push_back(layer.make_past(arena, lanes, frames));
}

template <class Body>
void UnetState::for_timelines(const Body& body) LIMPID_REALTIME {
  for (auto* timelines : {&inputs_, &skips_, &decoding_, &past_})
    for (nn::Timeline& timeline : *timelines) body(timeline);
  body(bottleneck_);
}

void UnetState::restart_gates(int lane) LIMPID_REALTIME {
  for (auto* gates : {&encoder_gates_, &decoder_gates_})
    for (nn::SqueezeState& gate : *gates) gate.restart(lane);
}

void UnetState::reset() LIMPID_REALTIME {
  for_timelines([](nn::Timeline& timeline) noexcept { timeline.reset(); });
  for (int lane = 0; lane < lanes_; ++lane) restart_gates(lane);
}

void UnetState::restart(int lane) LIMPID_REALTIME {
  for_timelines([lane](nn::Timeline& timeline) noexcept { timeline.restart(lane); });
  restart_gates(lane);
}

}  // namespace limpid::models
