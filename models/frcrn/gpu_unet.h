// SPDX-License-Identifier: MIT
// One U-Net of FRCRN on a GPU. Activations lie as on the CPU (lib/nn/activation.h), so a kernel
// reads what another has written in place. Every layer that looks back keeps its last frames in
// front of the new ones. An encoder writes into the input of the decoder that will read it.
//
// Looking ahead is a matter of places as well: every decoder's output is one frame later than its
// input, so it is written one frame further in front, beside the encoder's output of its own time,
// which therefore waits there. The first frames that come out of such a layer lie before the
// stream's beginning. Nothing later depends on them but running means, which leave them out, and
// the second U-Net, for which they are made zero.
#pragma once

#include <vector>

#include "lib/kernels/cuda/layers.h"
#include "models/frcrn/gpu_layers.h"
#include "models/frcrn/unet.h"
#include "models/gpu/memory.h"

namespace limpid::models {

// What layers use one after the other; the same for both U-Nets.
struct GpuScratch {
  float *hidden = nullptr, *projected = nullptr;              // of the recurrences
  float *means = nullptr, *wide = nullptr, *gains = nullptr;  // of squeeze-excitation
};

// A whole recording in one call: its frames, and behind them one more for every level, as every
// encoder of the published network hears one frame of zeros behind the last. `inside`: depth + 1
// ones, one for each frame of the recording, zeros.
struct GpuRecording {
  const float* inside = nullptr;
  int frames = 0;
};

class GpuUnet {
 public:
  // `late`: frames by which its input trails the network's. `alive`: which frames belong to the
  // stream, as many kept as the network looks ahead; without memory where it does not.
  GpuUnet(kernels::cuda::LayerQueue& queue, const FrcrnConfig& config, const GpuTimeline& alive,
          int late)
      : queue_(queue), config_(config), alive_(alive), late_(late) {}

  Status load(const Unet& unet, GpuFrcrnLoader& loader);
  Status claim(GpuMemory& memory);
  Status claim(GpuMemory& memory, GpuScratch& scratch) const;

  // Where the frames of a call go in; and what they were `before` frames ago.
  nn::Activation input(int frames) const noexcept { return inputs_[0].fresh(frames); }
  nn::Activation past_input(int frames, int before) const noexcept {
    return inputs_[0].frames(inputs_[0].history - before, frames);
  }
  Status run(int frames, const GpuScratch& scratch) const;
  // Of `frames` + depth frames, in memory that no stream has used; the recording's go in, what lies
  // behind them in input() does not matter. Its output begins depth frames after the first.
  Status run(const GpuRecording& recording, const GpuScratch& scratch);
  // What comes out of the recurrence along time, without delay; and out of the last decoder.
  nn::Activation bottleneck(int frames) const noexcept { return decoding_[0].fresh(frames); }
  nn::Activation output(int frames) const noexcept { return mask_.fresh(frames); }
  // With the closing convolution that follows; `first`: of the frames of the call.
  kernels::cuda::MixedMask mixed(int frames, int first = 0) const noexcept;

  // Of the frames of a call that are `late` behind the network's input.
  static kernels::cuda::Alive alive(const GpuTimeline& alive, int late) noexcept;

 private:
  struct Encoder {
    GpuFsmn recurrence;  // on the input; none for the first
    GpuProduct conv;
    GpuGate gate;
  };
  struct Decoder {
    GpuProduct even, odd;
    GpuFsmn recurrence;
    GpuGate gate;
  };

  int depth() const noexcept { return config_.depth(); }
  Status encode(int level, int frames, const GpuScratch& scratch) const;
  Status decode(int stage, int frames, const GpuScratch& scratch) const;
  // In the end y, or x, is multiplied by the gain; null: neither.
  enum class Gated { x, y };
  Status recur_in_frequency(const GpuFsmn& fsmn, nn::Activation x, nn::Activation y,
                            const float* gain, Gated gated, const GpuScratch& scratch) const;
  const float* frozen_gain(const GpuGate& gate) const noexcept;
  Status recur_in_time(int frames, const GpuScratch& scratch) const;
  Status project(const GpuFsmn& fsmn, nn::Activation x, nn::Activation p,
                 const GpuScratch& scratch) const;
  Status squeeze(const GpuGate& gate, nn::Activation x, int late, const GpuScratch& scratch) const;
  Status mean_gains(const GpuGate& gate, nn::Activation x, int late, const GpuScratch& scratch,
                    kernels::cuda::Frames<const float>& gains) const;
  Status silence(nn::Activation y) const;
  Status end_at(int level, nn::Activation y) const;

  kernels::cuda::LayerQueue& queue_;
  const FrcrnConfig& config_;
  const GpuTimeline& alive_;
  int late_;
  GpuRecording recording_;  // of this call; none: it is a stream's
  std::vector<Encoder> encoders_;
  std::vector<Decoder> decoders_;
  std::vector<GpuFsmn> time_;
  const float *mix_re_ = nullptr, *mix_im_ = nullptr, *mix_bias_re_ = nullptr,
              *mix_bias_im_ = nullptr;
  std::vector<GpuTimeline> inputs_, decoding_, past_;
  GpuTimeline bottleneck_, mask_;
};

}  // namespace limpid::models
