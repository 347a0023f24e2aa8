// SPDX-License-Identifier: MIT
// One call. Loading is in gpu_unet_load.cpp.
#include "models/frcrn/gpu_unet.h"

namespace limpid::models {

namespace gpu = kernels::cuda;

namespace {

// The rows of each frame as a sequence.
template <class T>
gpu::Sequences<T> along_rows(nn::Activation x) {
  return {x.data, {x.block_stride, x.frame_stride}, x.row_stride, x.lanes * x.block_stride};
}
// The frames of each lane.
template <class T>
gpu::Sequences<T> along_frames(nn::Activation x) {
  return {x.data, {x.block_stride, 0}, x.frame_stride, x.lanes * x.block_stride};
}

}  // namespace

gpu::Alive GpuUnet::alive(const GpuTimeline& alive, int late) noexcept {
  if (alive.data == nullptr) return {nullptr, 0, 0, 0};
  return frames_of<const float>(alive.frames(alive.history - late, alive.capacity - alive.history));
}

gpu::MixedMask GpuUnet::mixed(int frames, int first) const noexcept {
  return {frames_of<const float>(mask_.frames(mask_.history + first, frames)),
          mix_re_,
          mix_im_,
          mix_bias_re_,
          mix_bias_im_,
          config_.taps};
}

Status GpuUnet::run(int frames, const GpuScratch& scratch) const {
  Status done = Done{};
  for (int level = 0; done && level < depth(); ++level) done = encode(level, frames, scratch);
  if (done) done = recur_in_time(frames, scratch);
  for (int stage = 0; done && stage < depth(); ++stage) done = decode(stage, frames, scratch);
  return done;
}

Status GpuUnet::run(const GpuRecording& recording, const GpuScratch& scratch) {
  recording_ = recording;
  const int frames = recording.frames + depth();
  auto done = end_at(0, input(frames));
  if (done) done = run(frames, scratch);
  return done;
}

// The recording and the frames that encoders before this one have added to it; then zeros.
Status GpuUnet::end_at(int level, nn::Activation y) const {
  if (recording_.inside == nullptr) return Done{};
  const gpu::Alive inside{recording_.inside + depth() + 1 - level, 0, 1, 0};
  return queue_.silence({frames_of<float>(y), inside, y.lanes, y.frames,
                         static_cast<std::int32_t>(y.rows * y.row_stride)});
}

// The gate is only on the way to the decoder.
Status GpuUnet::encode(int level, int frames, const GpuScratch& scratch) const {
  const auto at = static_cast<std::size_t>(level);
  const nn::ConvShape shape = config_.encoder(level);
  const bool deepest = level + 1 == depth();
  nn::Activation out;
  if (deepest) {
    out = time_.empty() ? decoding_[0].fresh(frames) : bottleneck_.fresh(frames);
  } else {
    const GpuTimeline& decoder = decoding_[decoding_.size() - 1 - at];
    out = decoder.fresh(frames).slice_channels(decoder.channels / 2, decoder.channels / 2);
  }
  const GpuTimeline& input = inputs_[at];
  const nn::Activation in = input.frames(input.history - 1, frames + 1);
  auto done = encoders_[at].conv.run(
      queue_, gpu::ProductKind::complex,
      rows_of<const float>(in, frames, out.rows, nn::ComplexConv::kStride),
      shape.kernel * shape.in_channels, in.frame_stride, rows_of<float>(out));
  if (!done || deepest) return done;
  const nn::Activation next = inputs_[at + 1].fresh(frames);
  const GpuGate& gate = encoders_[at].gate;
  const float* const gain = frozen_gain(gate);
  done = recur_in_frequency(encoders_[at + 1].recurrence, out, next, gain, Gated::x, scratch);
  if (done) done = silence(next);
  if (done) done = end_at(level + 1, next);
  if (!done || gain != nullptr) return done;
  if (recording_.inside != nullptr) out = out.slice_frames(0, recording_.frames + level + 1);
  return squeeze(gate, out, late_, scratch);
}

Status GpuUnet::project(const GpuFsmn& fsmn, nn::Activation x, nn::Activation p,
                        const GpuScratch& scratch) const {
  const int channels = fsmn.channels, words = fsmn.words() / 2;
  const nn::Activation hidden = nn::dense(scratch.hidden, x.lanes, x.frames, x.rows, fsmn.words());
  auto done = fsmn.linear.run(queue_, gpu::ProductKind::real_weights, rows_of<const float>(x),
                              channels, 0, rows_of<float>(hidden));
  for (int part = 0; done && part < 2; ++part) {
    const GpuProduct& product = part == 0 ? fsmn.project_f : fsmn.project_g;
    done = product.run(queue_, gpu::ProductKind::real_weights,
                       rows_of<const float>(hidden.slice_channels(part * words, words)), channels,
                       0, rows_of<float>(p.slice_channels(part * words, words)));
  }
  return done;
}

Status GpuUnet::recur_in_frequency(const GpuFsmn& fsmn, nn::Activation x, nn::Activation y,
                                   const float* gain, Gated gated,
                                   const GpuScratch& scratch) const {
  const nn::Activation p = nn::dense(scratch.projected, x.lanes, x.frames, x.rows, fsmn.words());
  if (auto done = project(fsmn, x, p, scratch); !done) return done;
  return queue_.fsmn_sum(
      {along_rows<const float>(x),
       along_rows<const float>(p),
       along_rows<float>(y),
       fsmn.taps,
       {x.lanes, x.frames},
       x.rows,
       fsmn.channels,
       fsmn.order,
       0,
       gain,
       along_rows<float>(gated == Gated::x && gain != nullptr ? x : nn::Activation{}),
       fsmn.stored});
}

Status GpuUnet::recur_in_time(int frames, const GpuScratch& scratch) const {
  const nn::Activation x = bottleneck_.fresh(frames);
  for (std::size_t layer = 0; layer < time_.size(); ++layer) {
    const GpuFsmn& fsmn = time_[layer];
    const nn::Activation p = past_[layer].fresh(frames);
    auto done = project(fsmn, x, p, scratch);
    if (done) done = silence(p);
    if (!done) return done;
    const nn::Activation y = layer + 1 == time_.size() ? decoding_[0].fresh(frames) : x;
    done = queue_.fsmn_sum({along_frames<const float>(x),
                            along_frames<const float>(p),
                            along_frames<float>(y),
                            fsmn.taps,
                            {x.lanes, 1},
                            frames,
                            fsmn.channels,
                            fsmn.order,
                            past_[layer].history,
                            nullptr,
                            {},
                            fsmn.stored});
    if (!done) return done;
  }
  return Done{};
}

// Output rows 2g and 2g + 1 are made from the input rows g, g - 1, ...: two products. Every decoder
// reads the frames that begin where its memory does, and writes those that begin one further.
Status GpuUnet::decode(int stage, int frames, const GpuScratch& scratch) const {
  const auto at = static_cast<std::size_t>(stage);
  const Decoder& decoder = decoders_[at];
  const GpuTimeline& input = decoding_[at];
  const bool last = stage + 1 == depth();
  nn::Activation out = mask_.fresh(frames);
  if (!last)
    out = decoding_[at + 1].frames(1, frames).slice_channels(0, decoding_[at + 1].channels / 2);
  const nn::Activation in = input.padded(0, frames + 1);
  for (int parity = 0; parity < 2; ++parity) {
    const GpuProduct& product = parity == 0 ? decoder.even : decoder.odd;
    const int taps = product.k / (2 * input.channels), rows = (out.rows + 1 - parity) / 2;
    const nn::Activation first_tap = in.slice_rows(input.pad + 1 - taps, rows);
    auto done =
        product.run(queue_, gpu::ProductKind::complex,
                    rows_of<const float>(first_tap, frames, rows), taps * input.channels,
                    in.frame_stride, rows_of<float>(out.slice_rows(parity, rows), frames, rows, 2));
    if (!done) return done;
  }
  if (last) return Done{};
  const float* const gain = frozen_gain(decoder.gate);
  auto done = recur_in_frequency(decoder.recurrence, out, out, gain, Gated::y, scratch);
  if (gain != nullptr) return done;
  const int late = late_ + (config_.lookahead ? stage + 1 : 0);
  if (recording_.inside != nullptr) out = out.slice_frames(late, frames - late);
  if (done) done = squeeze(decoder.gate, out, late, scratch);
  return done;
}

// Of a gate that only multiplies all frames, which the sum beside it does in passing. A recording's
// leaves some out; others have to see the sum first.
const float* GpuUnet::frozen_gain(const GpuGate& gate) const noexcept {
  const bool all = recording_.inside == nullptr;
  return all && gate.pooling == nn::Pooling::frozen ? gate.frozen : nullptr;
}

// In place. `late`: frames by which x trails the network's input.
Status GpuUnet::squeeze(const GpuGate& gate, nn::Activation x, int late,
                        const GpuScratch& scratch) const {
  gpu::Frames<const float> gains{gate.frozen, 0, 0, gate.channels};
  if (gate.pooling == nn::Pooling::none) return Done{};
  if (gate.pooling != nn::Pooling::frozen)
    if (auto done = mean_gains(gate, x, late, scratch, gains); !done) return done;
  return queue_.scale(
      {frames_of<float>(x), gains, x.lanes, x.frames, x.rows, x.channels, x.row_stride});
}

// From the means of rows, of all frames so far or of all there are.
Status GpuUnet::mean_gains(const GpuGate& gate, nn::Activation x, int late,
                           const GpuScratch& scratch, gpu::Frames<const float>& gains) const {
  const bool global = gate.pooling == nn::Pooling::global;
  const int lanes = x.lanes, frames = global ? 1 : x.frames, channels = gate.channels;
  const nn::Activation of_frames = nn::dense(scratch.means, lanes, x.frames, 1, channels);
  const nn::Activation means =
      global ? nn::dense(scratch.projected, lanes, 1, 1, channels) : of_frames;
  const nn::Activation hidden = nn::dense(scratch.hidden, lanes, frames, 1, 2 * gate.hidden);
  const nn::Activation wide = nn::dense(scratch.wide, lanes, frames, 1, 2 * channels);
  const nn::Activation gain = nn::dense(scratch.gains, lanes, frames, 1, channels);
  auto done = queue_.row_mean(
      {frames_of<const float>(x), of_frames.data, lanes, x.frames, x.rows, channels, x.row_stride});
  if (done && global)  // its frames are rows
    done = queue_.row_mean(
        {frames_of<const float>(of_frames), means.data, lanes, 1, x.frames, channels, channels});
  else if (done)
    done = queue_.running_mean(
        {means.data, gate.state, alive(alive_, late), lanes, frames, channels, gate.horizon});
  const auto kind = gpu::ProductKind::real_weights;
  if (done)
    done = gate.first.run(queue_, kind, rows_of<const float>(means), channels, 0,
                          rows_of<float>(hidden));
  for (int part = 0; done && part < 2; ++part) {
    const GpuProduct& second = part == 0 ? gate.second_r : gate.second_i;
    const nn::Activation from = hidden.slice_channels(part * gate.hidden, gate.hidden);
    done = second.run(queue_, kind, rows_of<const float>(from), gate.hidden, 0,
                      rows_of<float>(wide.slice_channels(part * channels, channels)));
  }
  if (done) done = queue_.gains({wide.data, gain.data, lanes, frames, channels});
  gains = frames_of<const float>(gain);
  if (global) gains.frame = 0;
  return done;
}

// Before the stream's beginning, for the second U-Net of a network that looks ahead.
Status GpuUnet::silence(nn::Activation y) const {
  if (late_ == 0) return Done{};
  return queue_.silence({frames_of<float>(y), alive(alive_, late_), y.lanes, y.frames,
                         static_cast<std::int32_t>(y.rows * y.row_stride)});
}

}  // namespace limpid::models
