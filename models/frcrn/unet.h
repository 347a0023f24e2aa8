// SPDX-License-Identifier: MIT
// The complex U-Net of FRCRN: encoders and decoders with a recurrence along frequency after each,
// a recurrence along time in the middle. Zhao et al., "FRCRN", ICASSP 2022, figure 1; the exact
// network is that of the released 16 kHz model.
//
// Time is a stream of frames everywhere. A two-tap layer turns n + 1 frames into n; whether the one
// extra frame is a zero frame at the start (causal), or the frame that is still to come
// (look-ahead), is only a matter of what stands in its Timeline when the stream begins.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lib/nn/complex_conv.h"
#include "lib/nn/complex_fsmn.h"
#include "lib/nn/complex_transposed_conv.h"
#include "lib/nn/squeeze_excitation.h"
#include "lib/nn/timeline.h"
#include "models/frcrn/config.h"

namespace limpid::models {

class UnetState;

// Immutable weights.
class Unet {
 public:
  // `prefix`: "unet" or "unet2". `frozen`: this network's gains with Pooling::frozen, which needs
  // equal channels everywhere: [gate, encoders first][re, im][channel]; else empty.
  // For read_tensors().
  static Unet load(io::Weights& weights, const std::string& prefix, const FrcrnConfig& config,
                   std::span<const float> frozen);

  // Takes the frames appended to state.input(), appends what is ready to `mask` ([bins] rows, one
  // channel a tap) and returns how many frames that was. `last`: nothing will follow, so the layers
  // with look-ahead also see the zeros that the published network pads with.
  int run(UnetState& state, nn::Timeline& mask, bool last,
          std::span<float> scratch) const LIMPID_REALTIME;

  // Floats of scratch for one frame of the most demanding layer.
  std::size_t scratch(int lanes) const;

  struct Encoder {
    nn::ComplexFsmn recurrence;  // on the input; none for the first
    nn::ComplexConv conv;
    nn::SqueezeExcitation gate;  // on the way to the decoder
  };
  struct Decoder {
    nn::ComplexTransposedConv conv;
    nn::ComplexFsmn recurrence;  // on the output; none for the last
    nn::SqueezeExcitation gate;
  };
  // The closing 1x1 convolution: a row for each output tap.
  struct Linear {
    std::vector<float> re, im;            // [taps][taps]
    std::vector<float> bias_re, bias_im;  // [taps]
  };

  // For those who run the layers elsewhere.
  const std::vector<Encoder>& encoders() const noexcept { return encoders_; }
  const std::vector<Decoder>& decoders() const noexcept { return decoders_; }
  const std::vector<nn::ComplexFsmn>& time() const noexcept { return time_; }
  const Linear& linear() const noexcept { return linear_; }

 private:
  friend class UnetState;

  void load_encoder(io::Weights& weights, const std::string& prefix, int level,
                    std::span<const float> frozen);
  void load_decoder(io::Weights& weights, const std::string& prefix, int stage,
                    std::span<const float> frozen);
  nn::SqueezeExcitation load_gate(io::Weights& weights, const std::string& prefix, int channels,
                                  int index, std::span<const float> frozen) const;
  void load_output(io::Weights& weights, const std::string& prefix);
  void encode(UnetState& state, int level, bool last,
              std::span<float> scratch) const LIMPID_REALTIME;
  void recur_in_time(UnetState& state, std::span<float> scratch) const LIMPID_REALTIME;
  void decode(UnetState& state, int stage, nn::Activation out,
              std::span<float> scratch) const LIMPID_REALTIME;
  void finish(nn::Activation mask) const LIMPID_REALTIME;
  void mix_taps(float* re, float* im) const LIMPID_REALTIME;

  FrcrnConfig config_;
  std::vector<Encoder> encoders_;
  std::vector<Decoder> decoders_;
  std::vector<nn::ComplexFsmn> time_;
  Linear linear_;
};

// What one U-Net remembers of `lanes` streams.
class UnetState {
 public:
  // `whole`: run() will be called once, with `last`.
  UnetState(const Unet& unet, Arena& arena, int lanes, int max_frames, bool whole);
  nn::Timeline& input() noexcept { return inputs_[0]; }
  // What came out of the recurrence along time in the latest run: its frames, without look-ahead.
  nn::ConstActivation bottleneck() const noexcept {
    return bottleneck_.frames(0, bottleneck_.size());
  }
  void reset() LIMPID_REALTIME;
  void restart(int lane) LIMPID_REALTIME;  // without look-ahead

 private:
  friend class Unet;
  template <class Body>
  void for_timelines(const Body& body) LIMPID_REALTIME;
  void restart_gates(int lane) LIMPID_REALTIME;

  int lanes_;
  std::vector<nn::Timeline> inputs_;    // of each encoder
  std::vector<nn::Timeline> skips_;     // outputs of each encoder, waiting for their decoder
  std::vector<nn::Timeline> decoding_;  // inputs of each decoder
  std::vector<nn::Timeline> past_;      // of the recurrence along time
  std::vector<nn::SqueezeState> encoder_gates_, decoder_gates_;
  nn::Timeline bottleneck_;
};

}  // namespace limpid::models
