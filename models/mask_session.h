// SPDX-License-Identifier: MIT
// A network of masks as a stream: hops of audio in, hops of audio out, any sample rate.
//
// Each output bin is filtered from the latest `taps` frames of that bin, the frames before the
// stream being zero: Y[t, f] = sum over k < taps of M_k[t, f] X[t - k, f]. One tap is a complex
// ratio mask; more are deep filtering along time (Mack and Habets, "Deep filtering: signal
// extraction and reconstruction using complex time-frequency filters", 2019). Of an array that is
// the first microphone; the present frame of each other one joins the sum with a mask of its own.
// Some networks for arrays have a steady filter behind that (models/steady.h).
#pragma once

#include <complex>
#include <functional>
#include <memory>
#include <vector>

#include "lib/dsp/stft.h"
#include "lib/model/model.h"
#include "models/band_extension.h"
#include "models/mask_maker.h"
#include "models/steady.h"

namespace limpid::models {

dsp::StftSpec mask_stft(const MaskTraits& traits, int sample_rate) LIMPID_REALTIME;
StreamFormat mask_format(const MaskTraits& traits, int sample_rate) noexcept;

// ModelSpec::settle_hops where masks depend on the latest frames only, the present one and `past`
// before it: those, the filters', what windows overlap before and after, and the band extension's.
int mask_settle_hops(const MaskTraits& traits, int past) noexcept;

class MaskSession final : public Session {
 public:
  // Makes the network's state for so many lanes and frames at once. May throw std::bad_alloc.
  using MakeMaker = std::function<std::unique_ptr<MaskMaker>(int lanes, int capacity)>;

  // Long calls are cut into pieces of `tile` frames, so that memory does not grow with max_frames.
  // May throw std::bad_alloc.
  static Result<std::unique_ptr<Session>> open(const MaskTraits& traits,
                                               const SessionConfig& config, int tile,
                                               const MakeMaker& make);

  void process(AudioView<const float> in, AudioView<float> out) LIMPID_REALTIME override;
  void reset() LIMPID_REALTIME override;
  bool restart(int lane) LIMPID_REALTIME override;
  const StreamFormat& format() const noexcept override { return format_; }
  std::size_t memory() const noexcept override;
  std::uint64_t repaired() const noexcept override { return repaired_; }
  std::span<const float> voice_activity() const noexcept override { return voice_now_; }

 private:
  MaskSession(const MaskTraits& traits, const SessionConfig& config, int tile,
              const MakeMaker& make, dsp::Analysis analysis, dsp::Synthesis synthesis);
  void process_tile(AudioView<const float> in, AudioView<float> out, int first,
                    int calls_frames) LIMPID_REALTIME;
  void analyse(AudioView<const float> in, int frames) LIMPID_REALTIME;
  void report_voice(int first, int frames, int ready, int calls_frames) LIMPID_REALTIME;
  void emit(int lane, int frame, float* hop) LIMPID_REALTIME;
  std::complex<float>* spectrum(int lane, int frame, int microphone = 0) noexcept;
  void pop_spectra(int frames) noexcept;
  void clear(int lane) LIMPID_REALTIME;

  MaskTraits traits_;
  StreamFormat format_;
  int lanes_, microphones_, bins_;
  int tile_;      // frames that are processed together
  int history_;   // frames before the present one that filters need
  int capacity_;  // frames, with the history
  int band_;      // bins that network and spectrum share
  float scale_;   // of this rate's spectrum to that of the training rate
  dsp::Analysis analysis_;
  dsp::Synthesis synthesis_;
  std::unique_ptr<MaskMaker> masks_;
  BandExtension extension_;
  SteadyFilters steady_;
  std::vector<std::complex<float>>
      spectra_;  // [lane][microphone][capacity][bin]: history, then those waiting for masks
  int waiting_ = 0;
  std::vector<float> hop_;
  std::vector<float> mask_re_, mask_im_;  // [mask][as many bins as network or spectrum have]
  std::vector<std::complex<float>> masked_;
  std::vector<float> voice_;  // [lane][frame] of the latest call
  std::span<const float> voice_now_;
  std::uint64_t repaired_ = 0;
};

}  // namespace limpid::models
