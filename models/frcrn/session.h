// SPDX-License-Identifier: MIT
// FRCRN as a stream: hops of audio in, hops of audio out, any sample rate.
//
// Each output bin is filtered from the latest `taps` frames of that bin, the frames before the
// stream being zero: Y[t, f] = sum over k < taps of M_k[t, f] X[t - k, f]. One tap is the complex
// ratio mask of FRCRN; more are deep filtering along time (Mack and Habets, "Deep filtering: signal
// extraction and reconstruction using complex time-frequency filters", 2019).
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
  std::span<const float> voice_activity() const noexcept override { return voice_now_; }

 private:
  FrcrnSession(std::shared_ptr<const MaskNetwork> network, const SessionConfig& config,
               dsp::Analysis analysis, dsp::Synthesis synthesis);
  void analyse(AudioView<const float> in, int frames) LIMPID_REALTIME;
  void report_voice(int frames, int ready) LIMPID_REALTIME;
  void emit(int lane, int frame, float* hop) LIMPID_REALTIME;
  std::complex<float>* spectrum(int lane, int frame) noexcept;
  void pop_spectra(int frames) noexcept;

  std::shared_ptr<const MaskNetwork> network_;
  StreamFormat format_;
  int lanes_, bins_;
  int history_;   // frames before the present one that the filter needs
  int capacity_;  // frames, with the history
  int band_;     // bins that network and spectrum share
  float scale_;  // of this rate's spectrum to that of the training rate
  dsp::Analysis analysis_;
  dsp::Synthesis synthesis_;
  MaskState masks_;
  BandExtension extension_;
  std::vector<std::complex<float>> spectra_;  // [lane][capacity][bin]: history, then those waiting for masks
  int waiting_ = 0;
  std::vector<float> hop_;
  std::vector<float> mask_re_, mask_im_;  // [tap][as many bins as network or spectrum have]
  std::vector<std::complex<float>> masked_;
  std::vector<float> voice_;  // [lane][frame] of the latest call
  std::span<const float> voice_now_;
  std::uint64_t repaired_ = 0;
};

}  // namespace limpid::models
