// SPDX-License-Identifier: MIT
// One call on the GPU. Loading is in gpu_network_load.cpp.
#include "models/frcrn/gpu_network.h"

#include <algorithm>

#include "models/band_extension.h"

namespace limpid::models {

namespace gpu = kernels::cuda;

Status GpuNetwork::run(int frames) const {
  auto done = analyse(frames);
  if (done) done = unets_[0].run(frames, scratch_);
  if (done && voice_.data != nullptr) done = listen(frames);
  if (done && unets_.size() > 1) done = refine(frames);
  if (done && extends()) done = extend(frames);
  if (done) done = filter(frames);
  return done;
}

// A frame's window begins overlap - 1 hops before its own hop.
Status GpuNetwork::analyse(int frames) const {
  const gpu::ComplexRows<const float> windows{
      audio_.data, {audio_.lanes, frames, 1}, {input_pitch(), stft_.hop, 0}, 0};
  const nn::Activation spectra = spectra_.fresh(frames);
  auto done = analysis_.run(queue_, gpu::ProductKind::real_input, windows, stft_.window, 0,
                            rows_of<float>(spectra, frames, 1));
  if (!done) return done;
  const int bins = config_.bins(), band = std::min(stft_.bins(), bins), row = config_.inputs();
  const float scale = static_cast<float>(bins - 1) / static_cast<float>(stft_.bins() - 1);
  const nn::Activation in = unets_[0].input(frames);
  done = queue_.compress({frames_of<const float>(spectra), frames_of<float>(in), in.lanes, frames,
                          band, bins, row, scale, config_.compression});
  if (!done || levels_ == nullptr) return done;
  return queue_.levels({frames_of<const float>(spectra), frames_of<float>(in.slice_channels(1, 1)),
                        reinterpret_cast<gpu::Complex*>(levels_), in.lanes, frames, band, bins, row,
                        config_.level_horizon, scale});
}

// The second U-Net hears what the first one made, before the tanh.
Status GpuNetwork::refine(int frames) const {
  const gpu::Frames<float> heard = frames_of<float>(unets_[1].input(frames));
  const int lanes = memory_.lanes(), bins = config_.bins();
  auto done = queue_.mix({unets_[0].mixed(frames), heard, lanes, frames, bins});
  if (done && config_.lookahead)
    done = queue_.silence({heard, GpuUnet::alive(alive_, config_.depth()), lanes, frames, bins});
  if (done) done = unets_[1].run(frames, scratch_);
  return done;
}

gpu::Mask GpuNetwork::mask(int frames) const noexcept {
  gpu::Mask mask{unets_.back().mixed(frames), {nullptr, 0, 0, 0}};
  if (unets_.size() > 1) {
    const int wait = config_.lookahead ? config_.depth() : 0;
    mask.before = frames_of<const float>(unets_[1].past_input(frames, wait));
  }
  return mask;
}

// What BandExtension does.
Status GpuNetwork::extend(int frames) const {
  const int lanes = memory_.lanes();
  auto done =
      queue_.top_gains({mask(frames), gains_, lanes, frames, BandExtension::edge(config_.bins()),
                        BandExtension::top(config_.bins()), config_.bins()});
  if (!done) return done;
  return queue_.smooth_gains({gains_, gain_state_,
                              GpuUnet::alive(alive_, config_.lookahead_frames()),
                              1.0f - BandExtension::keep(config_.hop), lanes, frames});
}

// A hop of output is the sum of its share of the latest `overlap` windows. Spectra wait for masks
// that look ahead.
Status GpuNetwork::filter(int frames) const {
  const int bins = stft_.bins(), band = config_.bins(), lanes = memory_.lanes();
  auto done = queue_.mask_filter({mask(frames),
                                  frames_of<const float>(spectra_.frames(config_.taps - 1, frames)),
                                  frames_of<float>(masked_.fresh(frames)), gains_,
                                  BandExtension::blend(band), lanes, frames, bins, band});
  if (!done) return done;
  const nn::Activation windows = masked_.frames(0, frames + masked_.history);
  const gpu::ComplexRows<float> hops{
      output_, {lanes, frames, 1}, {output_pitch(), stft_.hop, 0}, 0};
  return synthesis_.run(queue_, gpu::ProductKind::real_output,
                        rows_of<const float>(windows, frames, 1), bins, windows.frame_stride, hops);
}

// Its frames wait for their masks, which may look ahead.
Status GpuNetwork::listen(int frames) const {
  const nn::Activation x = unets_[0].bottleneck(frames);
  return queue_.voice({frames_of<const float>(x), voice_.data + voice_.history, voice_pitch(),
                       voice_weight_, voice_bias_, x.lanes, frames, x.rows, x.channels,
                       static_cast<std::int32_t>(x.row_stride)});
}

}  // namespace limpid::models
