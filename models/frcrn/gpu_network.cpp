// SPDX-License-Identifier: MIT
// One call on the GPU. Loading is in gpu_network_load.cpp.
#include "models/frcrn/gpu_network.h"

namespace limpid::models {

namespace gpu = kernels::cuda;

namespace {

// Every `step`-th row, `rows` of them in each of `frames` frames.
template <class T>
gpu::ComplexRows<T> rows_of(nn::Activation x, int frames, int rows, int step = 1) {
  return {x.data,
          {x.lanes, frames, rows},
          {x.block_stride, x.frame_stride, step * x.row_stride},
          x.lanes * x.block_stride};
}
template <class T>
gpu::ComplexRows<T> rows_of(nn::Activation x) {
  return rows_of<T>(x, x.frames, x.rows);
}

template <class T>
gpu::Frames<T> frames_of(nn::Activation x) {
  return {x.data, x.block_stride, x.frame_stride, x.lanes * x.block_stride};
}

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

Status GpuNetwork::run(int frames) const {
  auto done = analyse(frames);
  for (int level = 0; done && level < config_.depth(); ++level) done = encode(level, frames);
  if (done) done = recur_in_time(frames);
  if (done && voice_ != nullptr) done = listen(frames);
  for (int stage = 0; done && stage < config_.depth(); ++stage) done = decode(stage, frames);
  if (done) done = filter(frames);
  if (done) done = keep(frames);
  return done;
}

Status GpuNetwork::multiply(gpu::ProductKind kind, const Product& product,
                            const gpu::ComplexRows<const float>& x, int segment,
                            std::ptrdiff_t segment_stride, const gpu::ComplexRows<float>& y) const {
  return queue_.product(kind, {x,
                               product.k,
                               product.n,
                               segment,
                               segment_stride,
                               product.re,
                               product.im,
                               {product.scale[0], product.scale[1]},
                               {product.shift[0], product.shift[1]},
                               product.slope,
                               y});
}

// A frame's window begins overlap - 1 hops before its own hop.
Status GpuNetwork::analyse(int frames) const {
  const gpu::ComplexRows<const float> windows{
      audio_.data, {lanes_, frames, 1}, {input_pitch(), stft_.hop, 0}, 0};
  const nn::Activation spectra = spectra_.fresh(frames);
  auto done = multiply(gpu::ProductKind::real_input, analysis_, windows, stft_.window, 0,
                       rows_of<float>(spectra, frames, 1));
  if (!done) return done;
  const int bins = config_.bins(), band = std::min(stft_.bins(), bins), row = config_.inputs();
  const float scale = static_cast<float>(bins - 1) / static_cast<float>(stft_.bins() - 1);
  const nn::Activation in = inputs_[0].fresh(frames);
  done = queue_.compress({frames_of<const float>(spectra), frames_of<float>(in), lanes_, frames,
                          band, bins, row, scale, config_.compression});
  if (!done || levels_ == nullptr) return done;
  return queue_.levels({frames_of<const float>(spectra), frames_of<float>(in.slice_channels(1, 1)),
                        reinterpret_cast<gpu::Complex*>(levels_), lanes_, frames, band, bins, row,
                        config_.level_horizon, scale});
}

Status GpuNetwork::encode(int level, int frames) const {
  const auto at = static_cast<std::size_t>(level);
  const nn::ConvShape shape = config_.encoder(level);
  const bool deepest = level + 1 == config_.depth();
  nn::Activation out;
  if (deepest) {
    out = time_.empty() ? decoding_[0].fresh(frames) : bottleneck_.fresh(frames);
  } else {
    const GpuTimeline& decoder = decoding_[decoding_.size() - 1 - at];
    out = decoder.fresh(frames).slice_channels(decoder.channels / 2, decoder.channels / 2);
  }
  const nn::Activation in = inputs_[at].frames(0, frames + 1);
  auto done = multiply(gpu::ProductKind::complex, encoders_[at],
                       rows_of<const float>(in, frames, out.rows, nn::ComplexConv::kStride),
                       shape.kernel * shape.in_channels, in.frame_stride, rows_of<float>(out));
  if (!done || deepest) return done;
  return recur_in_frequency(recurrences_[at + 1], out, inputs_[at + 1].fresh(frames));
}

Status GpuNetwork::project(const Fsmn& fsmn, nn::Activation x, nn::Activation p) const {
  const int channels = fsmn.channels;
  const nn::Activation hidden = nn::dense(hidden_, lanes_, x.frames, x.rows, 2 * channels);
  auto done = multiply(gpu::ProductKind::real_weights, fsmn.linear, rows_of<const float>(x),
                       channels, 0, rows_of<float>(hidden));
  for (int part = 0; done && part < 2; ++part)
    done = multiply(gpu::ProductKind::real_weights, part == 0 ? fsmn.project_f : fsmn.project_g,
                    rows_of<const float>(hidden.slice_channels(part * channels, channels)),
                    channels, 0, rows_of<float>(p.slice_channels(part * channels, channels)));
  return done;
}

Status GpuNetwork::recur_in_frequency(const Fsmn& fsmn, nn::Activation x, nn::Activation y) const {
  const nn::Activation p = nn::dense(projected_, lanes_, x.frames, x.rows, 2 * fsmn.channels);
  if (auto done = project(fsmn, x, p); !done) return done;
  return queue_.fsmn_sum({along_rows<const float>(x),
                          along_rows<const float>(p),
                          along_rows<float>(y),
                          fsmn.taps,
                          {lanes_, x.frames},
                          x.rows,
                          fsmn.channels,
                          fsmn.order,
                          0});
}

Status GpuNetwork::recur_in_time(int frames) const {
  const nn::Activation x = bottleneck_.fresh(frames);
  for (std::size_t layer = 0; layer < time_.size(); ++layer) {
    const Fsmn& fsmn = time_[layer];
    const nn::Activation p = past_[layer].fresh(frames);
    if (auto done = project(fsmn, x, p); !done) return done;
    const nn::Activation y = layer + 1 == time_.size() ? decoding_[0].fresh(frames) : x;
    auto done = queue_.fsmn_sum({along_frames<const float>(x),
                                 along_frames<const float>(p),
                                 along_frames<float>(y),
                                 fsmn.taps,
                                 {lanes_, 1},
                                 frames,
                                 fsmn.channels,
                                 fsmn.order,
                                 past_[layer].history});
    if (!done) return done;
  }
  return Done{};
}

// Output rows 2g and 2g + 1 are made from the input rows g, g - 1, ...: two products.
Status GpuNetwork::decode(int stage, int frames) const {
  const auto at = static_cast<std::size_t>(stage);
  const Decoder& decoder = decoders_[at];
  const GpuTimeline& input = decoding_[at];
  const bool last = stage + 1 == config_.depth();
  nn::Activation out = mask_.fresh(frames);
  if (!last)
    out = decoding_[at + 1].fresh(frames).slice_channels(0, decoding_[at + 1].channels / 2);
  const nn::Activation in = input.padded(0, frames + 1);
  for (int parity = 0; parity < 2; ++parity) {
    const Product& product = parity == 0 ? decoder.even : decoder.odd;
    const int taps = product.k / (2 * input.channels), rows = (out.rows + 1 - parity) / 2;
    const nn::Activation first_tap = in.slice_rows(input.pad + 1 - taps, rows);
    auto done =
        multiply(gpu::ProductKind::complex, product, rows_of<const float>(first_tap, frames, rows),
                 taps * input.channels, in.frame_stride,
                 rows_of<float>(out.slice_rows(parity, rows), frames, rows, 2));
    if (!done) return done;
  }
  return last ? Status(Done{}) : recur_in_frequency(decoder.recurrence, out, out);
}

// A hop of output is the sum of its share of the latest `overlap` windows.
Status GpuNetwork::filter(int frames) const {
  const int bins = stft_.bins();
  auto done = queue_.mask_filter({frames_of<const float>(mask_.fresh(frames)),
                                  frames_of<const float>(spectra_.fresh(frames)),
                                  frames_of<float>(masked_.fresh(frames)), mix_re_, mix_im_,
                                  mix_bias_re_, mix_bias_im_, lanes_, frames, bins, config_.taps});
  if (!done) return done;
  const nn::Activation windows = masked_.frames(0, frames + masked_.history);
  const gpu::ComplexRows<float> hops{
      output_, {lanes_, frames, 1}, {output_pitch(), stft_.hop, 0}, 0};
  return multiply(gpu::ProductKind::real_output, synthesis_,
                  rows_of<const float>(windows, frames, 1), bins, windows.frame_stride, hops);
}

Status GpuNetwork::listen(int frames) const {
  const nn::Activation x = decoding_[0].fresh(frames);
  return queue_.voice({frames_of<const float>(x), voice_, voice_weight_, voice_bias_, lanes_,
                       frames, x.rows, x.channels, static_cast<std::int32_t>(x.row_stride)});
}

gpu::KeepArgs::Memory GpuNetwork::memory_of(const GpuTimeline& timeline) const {
  const nn::Activation x = timeline.padded(0, timeline.capacity);
  return {x.data, x.block_stride, &timeline == &audio_ ? lanes_ : 2 * lanes_,  // audio is real
          static_cast<std::int32_t>(x.frame_stride), timeline.history};
}

Status GpuNetwork::keep(int frames) const {
  gpu::KeepArgs args{};
  args.shift = frames;
  for (const GpuTimeline* timeline : all_) args.memories[args.count++] = memory_of(*timeline);
  return queue_.keep(args);
}

Status GpuNetwork::restart(int lane) const {
  gpu::ForgetArgs args{};
  args.lane = lane;
  args.lanes = lanes_;
  for (const GpuTimeline* timeline : all_) args.memories[args.count++] = memory_of(*timeline);
  const int levels = 2 * config_.bins();
  if (levels_ != nullptr) args.memories[args.count++] = {levels_, levels, lanes_, levels, 1};
  return queue_.forget(args);
}

Status GpuNetwork::reset() const {
  for (const GpuTimeline* t : all_) {
    const auto size = nn::activation_size(lanes_, t->capacity, t->rows + 2 * t->pad, t->channels);
    if (auto done = queue_.clear(t->data, t == &audio_ ? size / 2 : size); !done) return done;
  }
  return levels_ == nullptr ? Status(Done{}) : queue_.clear(levels_, levels_size());
}

}  // namespace limpid::models
