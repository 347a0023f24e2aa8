// SPDX-License-Identifier: MIT
#include "models/mask_session.h"

#include <algorithm>
#include <cmath>

#include "lib/base/float_mode.h"
#include "lib/kernels/elementwise.h"

namespace limpid::models {
namespace {

// Hops beyond the first one in so many seconds.
int further_hops(double seconds, double hop) noexcept {
  return static_cast<int>(std::ceil(seconds / hop - 1e-6)) - 1;
}

}  // namespace

dsp::StftSpec mask_stft(const MaskTraits& traits, int sample_rate) LIMPID_REALTIME {
  return dsp::stft_at(traits.window, traits.hop, sample_rate, traits.past);
}

StreamFormat mask_format(const MaskTraits& traits, int sample_rate) noexcept {
  const dsp::StftSpec stft = mask_stft(traits, sample_rate);
  return {sample_rate, stft.hop, stft.window - stft.hop + traits.lookahead * stft.hop};
}

int mask_settle_hops(const MaskTraits& traits, int past) noexcept {
  const int before = further_hops(traits.past + traits.window, traits.hop);
  return past + traits.history() + before + further_hops(traits.window, traits.hop) +
         BandExtension::settle(traits.hop) + SteadyFilters::settle(traits);
}

Result<std::unique_ptr<Session>> MaskSession::open(const MaskTraits& traits,
                                                   const SessionConfig& config, int tile,
                                                   const MakeMaker& make) {
  const dsp::StftSpec stft = mask_stft(traits, config.sample_rate);
  auto analysis = dsp::Analysis::create(stft, config.lanes * traits.microphones);
  if (!analysis) return analysis.error();
  auto synthesis = dsp::Synthesis::create(stft, config.lanes);
  if (!synthesis) return synthesis.error();
  return std::unique_ptr<Session>(
      new MaskSession(traits, config, tile, make, *std::move(analysis), *std::move(synthesis)));
}

MaskSession::MaskSession(const MaskTraits& traits, const SessionConfig& config, int tile,
                         const MakeMaker& make, dsp::Analysis analysis, dsp::Synthesis synthesis)
    : traits_(traits),
      format_(mask_format(traits, config.sample_rate)),
      lanes_(config.lanes),
      microphones_(traits.microphones),
      bins_(mask_stft(traits, config.sample_rate).bins()),
      tile_(std::min(tile, config.max_frames)),
      history_(traits.history()),
      capacity_(history_ + tile_ + traits.lookahead),
      band_(std::min(bins_, traits.bins)),
      scale_(static_cast<float>(traits.bins - 1) / static_cast<float>(bins_ - 1)),
      analysis_(std::move(analysis)),
      synthesis_(std::move(synthesis)),
      masks_(make(config.lanes, tile_)),
      extension_(traits.bins, bins_, traits.hop, config.lanes, traits.taps),
      steady_(traits, config.lanes, band_) {
  const auto bins = static_cast<std::size_t>(std::max(bins_, traits.bins));
  spectra_.resize(static_cast<std::size_t>(lanes_) * static_cast<std::size_t>(microphones_) *
                  static_cast<std::size_t>(capacity_) * static_cast<std::size_t>(bins_));
  hop_.resize(static_cast<std::size_t>(format_.hop));
  const auto masks = static_cast<std::size_t>(traits.masks());
  mask_re_.resize(masks * bins);
  mask_im_.resize(masks * bins);
  masked_.resize(bins);
  if (traits.voice)
    voice_.resize(static_cast<std::size_t>(lanes_) * static_cast<std::size_t>(config.max_frames));
}

std::complex<float>* MaskSession::spectrum(int lane, int frame, int microphone) noexcept {
  const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(lane) * microphones_ + microphone;
  const std::ptrdiff_t at = row * capacity_ + history_ + frame;
  return spectra_.data() + at * bins_;
}

void MaskSession::process(AudioView<const float> in, AudioView<float> out) LIMPID_REALTIME {
  const FlushDenormals no_denormals;
  const int frames = static_cast<int>(in.extent(1)) / format_.hop;
  for (int first = 0; first < frames; first += tile_) {
    const std::ptrdiff_t hop = format_.hop;
    const auto samples = static_cast<std::ptrdiff_t>(std::min(tile_, frames - first)) * hop;
    process_tile(in.slice(1, first * hop, samples), out.slice(1, first * hop, samples), first,
                 frames);
  }
  if (traits_.voice)
    voice_now_ = {voice_.data(),
                  static_cast<std::size_t>(lanes_) * static_cast<std::size_t>(frames)};
}

// `first` and `calls_frames`: where this piece lies in the call.
void MaskSession::process_tile(AudioView<const float> in, AudioView<float> out, int first,
                               int calls_frames) LIMPID_REALTIME {
  const int frames = static_cast<int>(in.extent(1)) / format_.hop;
  analyse(in, frames);  // reads all of `in`, which may be `out`
  const int ready = masks_->run();
  const int silent = frames - ready;  // only while the look-ahead fills
  for (int lane = 0; lane < lanes_; ++lane) {
    float* samples = out[lane].data();
    std::fill_n(samples, silent * format_.hop, 0.0f);
    for (int frame = 0; frame < ready; ++frame)
      emit(lane, frame, samples + (silent + frame) * format_.hop);
  }
  if (traits_.voice) report_voice(first, frames, ready, calls_frames);
  masks_->pop(ready);
  pop_spectra(ready);
}

void MaskSession::analyse(AudioView<const float> in, int frames) LIMPID_REALTIME {
  masks_->begin(frames);
  for (int lane = 0; lane < lanes_; ++lane) {
    for (int frame = 0; frame < frames; ++frame) {
      for (int m = 0; m < microphones_; ++m) {
        const int row = lane * microphones_ + m;
        const float* samples = in[row].data() + frame * format_.hop;
        repaired_ += kernels::repair(samples, format_.hop, hop_.data());
        analysis_.process(row, hop_.data(), spectrum(lane, waiting_ + frame, m));
      }
      masks_->analyse(lane, frame, spectrum(lane, waiting_ + frame),
                      static_cast<std::ptrdiff_t>(capacity_) * bins_, band_, scale_);
    }
  }
  waiting_ += frames;
}

void MaskSession::report_voice(int first, int frames, int ready, int calls_frames) LIMPID_REALTIME {
  for (int lane = 0; lane < lanes_; ++lane) {
    float* next = voice_.data() + static_cast<std::ptrdiff_t>(lane) * calls_frames + first;
    next = std::fill_n(next, frames - ready, 0.0f);
    for (int frame = 0; frame < ready; ++frame) *next++ = masks_->voice(lane, frame);
  }
}

void MaskSession::emit(int lane, int frame, float* hop) LIMPID_REALTIME {
  const auto stride = static_cast<std::ptrdiff_t>(masked_.size());
  masks_->mask(lane, frame, stride, mask_re_.data(), mask_im_.data());
  const auto taps = static_cast<std::size_t>(traits_.taps) * masked_.size();
  extension_.extend(lane, spectrum(lane, frame), std::span(mask_re_).first(taps),
                    std::span(mask_im_).first(taps));
  kernels::apply_mask(spectrum(lane, frame), mask_re_.data(), mask_im_.data(), bins_,
                      masked_.data());
  for (int k = 1; k < traits_.taps; ++k)  // above the band there is one gain a bin
    kernels::add_masked(spectrum(lane, frame - k), mask_re_.data() + k * stride,
                        mask_im_.data() + k * stride, band_, masked_.data());
  for (int m = 1; m < microphones_; ++m) {
    const std::ptrdiff_t mask = (traits_.taps - 1 + m) * stride;
    kernels::add_masked(spectrum(lane, frame, m), mask_re_.data() + mask, mask_im_.data() + mask,
                        band_, masked_.data());
  }
  steady_.run(lane, spectrum(lane, frame), std::ptrdiff_t{capacity_} * bins_, bins_,
              masked_.data());
  synthesis_.process(lane, masked_.data(), hop);
}

void MaskSession::pop_spectra(int frames) noexcept {
  for (int lane = 0; lane < lanes_; ++lane)
    for (int m = 0; m < microphones_; ++m)
      std::copy(spectrum(lane, frames - history_, m), spectrum(lane, waiting_, m),
                spectrum(lane, -history_, m));
  waiting_ -= frames;
}

void MaskSession::reset() LIMPID_REALTIME {
  for (int lane = 0; lane < lanes_; ++lane) clear(lane);
  masks_->reset();
  waiting_ = 0;
  voice_now_ = {};
}

bool MaskSession::restart(int lane) LIMPID_REALTIME {
  if (traits_.lookahead > 0) return false;
  clear(lane);
  masks_->restart(lane);
  return true;
}

// All that is not the network's.
void MaskSession::clear(int lane) LIMPID_REALTIME {
  for (int m = 0; m < microphones_; ++m) {
    analysis_.restart(lane * microphones_ + m);
    std::fill(spectrum(lane, -history_, m), spectrum(lane, 0, m), std::complex<float>());
  }
  extension_.restart(lane);
  steady_.restart(lane);
  synthesis_.restart(lane);
}

std::size_t MaskSession::memory() const noexcept {
  return sizeof(*this) + masks_->memory() + spectra_.size() * sizeof(spectra_[0]) +
         steady_.memory() + voice_.size() * sizeof(voice_[0]);
}

}  // namespace limpid::models
