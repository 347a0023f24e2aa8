// SPDX-License-Identifier: MIT
#include "models/frcrn/session.h"

#include <algorithm>

#include "lib/base/float_mode.h"
#include "lib/kernels/elementwise.h"

namespace limpid::models {
namespace {

dsp::StftSpec stft_of(const FrcrnConfig& config, int sample_rate) noexcept {
  return dsp::stft_at(config.window, config.hop, sample_rate);
}

}  // namespace

StreamFormat frcrn_format(const FrcrnConfig& config, int sample_rate) noexcept {
  const dsp::StftSpec stft = stft_of(config, sample_rate);
  return {sample_rate, stft.hop, stft.window - stft.hop + config.lookahead_frames() * stft.hop};
}

Result<std::unique_ptr<Session>> FrcrnSession::open(std::shared_ptr<const MaskNetwork> network,
                                                    const SessionConfig& config) {
  const dsp::StftSpec stft = stft_of(network->config, config.sample_rate);
  auto analysis = dsp::Analysis::create(stft, config.lanes);
  if (!analysis) return analysis.error();
  auto synthesis = dsp::Synthesis::create(stft, config.lanes);
  if (!synthesis) return synthesis.error();
  return std::unique_ptr<Session>(
      new FrcrnSession(std::move(network), config, *std::move(analysis), *std::move(synthesis)));
}

FrcrnSession::FrcrnSession(std::shared_ptr<const MaskNetwork> network, const SessionConfig& config,
                           dsp::Analysis analysis, dsp::Synthesis synthesis)
    : network_(std::move(network)),
      format_(frcrn_format(network_->config, config.sample_rate)),
      lanes_(config.lanes),
      bins_(stft_of(network_->config, config.sample_rate).bins()),
      history_(network_->config.taps - 1),
      capacity_(history_ + config.max_frames + network_->config.lookahead_frames()),
      band_(std::min(bins_, network_->config.bins())),
      scale_(static_cast<float>(network_->config.bins() - 1) / static_cast<float>(bins_ - 1)),
      analysis_(std::move(analysis)),
      synthesis_(std::move(synthesis)),
      masks_(*network_, config.lanes, config.max_frames),
      extension_(network_->config.bins(), bins_, network_->config.hop, config.lanes,
                 network_->config.taps) {
  const auto bins = static_cast<std::size_t>(std::max(bins_, network_->config.bins()));
  spectra_.resize(static_cast<std::size_t>(lanes_) * static_cast<std::size_t>(capacity_) *
                  static_cast<std::size_t>(bins_));
  hop_.resize(static_cast<std::size_t>(format_.hop));
  const auto taps = static_cast<std::size_t>(network_->config.taps);
  mask_re_.resize(taps * bins);
  mask_im_.resize(taps * bins);
  masked_.resize(bins);
  if (network_->voice)
    voice_.resize(static_cast<std::size_t>(lanes_) * static_cast<std::size_t>(config.max_frames));
}

std::complex<float>* FrcrnSession::spectrum(int lane, int frame) noexcept {
  const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(lane) * capacity_ + history_ + frame;
  return spectra_.data() + at * bins_;
}

void FrcrnSession::process(AudioView<const float> in, AudioView<float> out) LIMPID_REALTIME {
  const FlushDenormals no_denormals;
  const int frames = static_cast<int>(in.extent(1)) / format_.hop;
  analyse(in, frames);  // reads all of `in`, which may be `out`
  const int ready = masks_.run();
  const int silent = frames - ready;  // only while the look-ahead fills
  for (int lane = 0; lane < lanes_; ++lane) {
    float* samples = out[lane].data();
    std::fill_n(samples, silent * format_.hop, 0.0f);
    for (int frame = 0; frame < ready; ++frame)
      emit(lane, frame, samples + (silent + frame) * format_.hop);
  }
  if (network_->voice) report_voice(frames, ready);
  masks_.pop(ready);
  pop_spectra(ready);
}

void FrcrnSession::analyse(AudioView<const float> in, int frames) LIMPID_REALTIME {
  const nn::Activation input = masks_.append(frames);
  for (int lane = 0; lane < lanes_; ++lane) {
    for (int frame = 0; frame < frames; ++frame) {
      std::complex<float>* column = spectrum(lane, waiting_ + frame);
      repaired_ += kernels::repair(in[lane].data() + frame * format_.hop, format_.hop, hop_.data());
      analysis_.process(lane, hop_.data(), column);
      float* re = input.at(lane, frame, 0);
      float* im = input.at(lanes_ + lane, frame, 0);
      kernels::compress(column, band_, scale_, network_->config.compression, re, im);
      std::fill(re + band_, re + input.rows, 0.0f);
      std::fill(im + band_, im + input.rows, 0.0f);
    }
  }
  waiting_ += frames;
}

void FrcrnSession::report_voice(int frames, int ready) LIMPID_REALTIME {
  float* next = voice_.data();
  for (int lane = 0; lane < lanes_; ++lane) {
    next = std::fill_n(next, frames - ready, 0.0f);
    for (int frame = 0; frame < ready; ++frame) *next++ = masks_.voice(lane, frame);
  }
  voice_now_ = {voice_.data(), next};
}

void FrcrnSession::emit(int lane, int frame, float* hop) LIMPID_REALTIME {
  const auto stride = static_cast<std::ptrdiff_t>(masked_.size());
  masks_.mask(lane, frame, stride, mask_re_.data(), mask_im_.data());
  extension_.extend(lane, mask_re_, mask_im_);
  kernels::apply_mask(spectrum(lane, frame), mask_re_.data(), mask_im_.data(), bins_,
                      masked_.data());
  for (int k = 1; k <= history_; ++k)  // above the band there is one gain a bin
    kernels::add_masked(spectrum(lane, frame - k), mask_re_.data() + k * stride,
                        mask_im_.data() + k * stride, band_, masked_.data());
  synthesis_.process(lane, masked_.data(), hop);
}

void FrcrnSession::pop_spectra(int frames) noexcept {
  for (int lane = 0; lane < lanes_; ++lane)
    std::copy(spectrum(lane, frames - history_), spectrum(lane, waiting_),
              spectrum(lane, -history_));
  waiting_ -= frames;
}

void FrcrnSession::reset() LIMPID_REALTIME {
  analysis_.reset();
  synthesis_.reset();
  masks_.reset();
  extension_.reset();
  for (int lane = 0; lane < lanes_; ++lane)
    std::fill(spectrum(lane, -history_), spectrum(lane, 0), std::complex<float>());
  waiting_ = 0;
  voice_now_ = {};
}

std::size_t FrcrnSession::memory() const noexcept {
  return sizeof(*this) + masks_.memory() + spectra_.size() * sizeof(spectra_[0]);
}

}  // namespace limpid::models
