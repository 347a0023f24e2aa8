// SPDX-License-Identifier: MIT
// FRCRN as a stream: hops of audio in, hops of audio out, any sample rate.
#pragma once

#include <complex>
#include <memory>
#include <vector>

#include "lib/dsp/stft.h"
#include "lib/model/model.h"
#include "models/frcrn/band_extension.h"
#include "models/frcrn/mask_network.h"

namespace limpid::models {

StreamFormat frcrn_format(const FrcrnConfig& config, int sample_rate) noexcept;

class FrcrnSession final : public Session {
 public:
  static Result<std::unique_ptr<Session>> open(std::shared_ptr<const MaskNetwork> network,
                                               const SessionConfig& config);

  void process(AudioView<const float> in, AudioView<float> out) LIMPID_REALTIME override;
  void reset() LIMPID_REALTIME override;
  const StreamFormat& format() const noexcept override { return format_; }
  std::size_t memory() const noexcept override;
  std::uint64_t repaired() const noexcept override { return repaired_; }

 private:
  FrcrnSession(std::shared_ptr<const MaskNetwork> network, const SessionConfig& config,
               dsp::Analysis analysis, dsp::Synthesis synthesis);
  void analyse(AudioView<const float> in, int frames) LIMPID_REALTIME;
  void emit(int lane, int frame, float* hop) LIMPID_REALTIME;
  std::complex<float>* spectrum(int lane, int frame) noexcept;
  void pop_spectra(int frames) noexcept;

  std::shared_ptr<const MaskNetwork> network_;
  StreamFormat format_;
  int lanes_, bins_, capacity_;
  int band_;     // bins that network and spectrum share
  float scale_;  // of this rate's spectrum to that of the training rate
  dsp::Analysis analysis_;
  dsp::Synthesis synthesis_;
  MaskState masks_;
  BandExtension extension_;
  std::vector<std::complex<float>> spectra_;  // [lane][capacity][bin]: waiting for their masks
  int waiting_ = 0;
  std::vector<float> hop_, mask_re_, mask_im_;
  std::vector<std::complex<float>> masked_;
  std::uint64_t repaired_ = 0;
};

}  // namespace limpid::models
