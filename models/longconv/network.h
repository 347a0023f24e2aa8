// SPDX-License-Identifier: MIT
// LongConv from spectra to masks. The spectrum is cut into bands (Luo and Yu, "Music source
// separation with band-split RNN", 2023), each a vector of channels; in every block the bands
// remember (LongMemory), hear from each other and are refined (Perceptron); each makes the masks of
// its bins.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "models/level_features.h"
#include "models/longconv/long_memory.h"
#include "models/longconv/microphones.h"
#include "models/longconv/perceptron.h"

namespace limpid::models {

// Immutable weights.
struct LongConvNetwork {
  struct Band {
    int first, bins;
    Linear split;  // [microphone][bin][kFeatures] -> channels
    Linear masks;  // channels -> [re, im][tap][bin], then [re, im][further microphone][bin]
  };
  struct Block {
    LongMemory memory;
    Perceptron exchange, refine;
  };

  LongConvConfig config;
  std::vector<Band> bands;
  std::vector<Block> blocks;
  Norm norm;
  std::vector<float> voice;  // [channel]; empty: no voice output
  float voice_bias = 0.0f;

  // Reads everything the configuration calls for. bad_format.
  static Result<LongConvNetwork> load(io::Weights& weights, const LongConvConfig& config);
};

// The state of `lanes` streams.
class LongConvState final : public MaskMaker {
 public:
  LongConvState(std::shared_ptr<const LongConvNetwork> network, int lanes, int max_frames);

  void begin(int frames) LIMPID_REALTIME override { x_.frames = frames; }
  void analyse(int lane, int frame, const std::complex<float>* columns, std::ptrdiff_t apart,
               int band, float scale) LIMPID_REALTIME override;
  int run() LIMPID_REALTIME override;
  void mask(int lane, int frame, std::ptrdiff_t stride, float* re,
            float* im) LIMPID_REALTIME override;
  float voice(int lane, int frame) const LIMPID_REALTIME override;
  void pop(int) LIMPID_REALTIME override {}  // masks are those of the latest run
  void reset() LIMPID_REALTIME override;
  void restart(int lane) LIMPID_REALTIME override;
  std::size_t memory() const noexcept override { return arena_.used(); }

 private:
  std::ptrdiff_t column(int lane, int frame) const noexcept { return lane * x_.frames + frame; }
  void make_masks() LIMPID_REALTIME;
  void detect_voice() LIMPID_REALTIME;

  std::shared_ptr<const LongConvNetwork> network_;
  Arena arena_;
  LevelFeatures levels_;
  MicrophoneFeatures microphones_;
  std::vector<LongMemory::State> memories_;
  BandRows x_;
  std::span<float> features_;  // [lane][frame][microphone][bin][kFeatures]
  std::span<float> masks_;     // [lane][frame][band], each as LongConvNetwork::Band has it
  std::span<float> tanh_;      // of one frame
  std::span<float> voice_;     // [lane][frame]
  std::span<float> scratch_;
};

}  // namespace limpid::models
