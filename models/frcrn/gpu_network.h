// SPDX-License-Identifier: MIT
// FRCRN on a GPU, from samples to samples: transform, U-Net, filter, transform back, all lanes and
// frames of a call in each kernel. Of the causal family: one U-Net without look-ahead and without
// pooling, with both recurrences.
//
// Activations lie as on the CPU (lib/nn/activation.h), so a kernel reads what another has written
// in place. Every layer that looks back keeps its last frames in front of the new ones; at the end
// of a call one kernel moves all of them there. An encoder writes into the input of the decoder
// that will read it.
#pragma once

#include <memory>
#include <vector>

#include "lib/dsp/stft.h"
#include "lib/kernels/cuda/layers.h"
#include "models/frcrn/mask_network.h"

namespace limpid::models {

// Frames of a call behind the `history` frames before it, with `pad` rows of zeros below and above.
struct GpuTimeline {
  float* data = nullptr;
  int lanes = 0, capacity = 0, rows = 0, channels = 0, history = 0, pad = 0;

  // `count` frames from the first one that is kept, with and without the padding; and of this call.
  nn::Activation padded(int first, int count) const noexcept {
    return nn::dense(data, lanes, capacity, rows + 2 * pad, channels).slice_frames(first, count);
  }
  nn::Activation frames(int first, int count) const noexcept {
    return padded(first, count).slice_rows(pad, rows);
  }
  nn::Activation fresh(int count) const noexcept { return frames(history, count); }
};

class GpuNetwork {
 public:
  // unsupported: another kind of FRCRN, or bins above the network's band. The queue must outlive
  // the network.
  static Result<std::unique_ptr<GpuNetwork>> open(kernels::cuda::LayerQueue& queue,
                                                  const MaskNetwork& network,
                                                  const dsp::StftSpec& stft, int lanes,
                                                  int max_frames);

  // Where [lane][frames * hop] samples go in and come out, input_pitch() and output_pitch() floats
  // from lane to lane.
  float* input() const noexcept { return audio_.data + audio_.history * stft_.hop; }
  std::ptrdiff_t input_pitch() const noexcept {
    return std::ptrdiff_t{audio_.capacity} * stft_.hop;
  }
  const float* output() const noexcept { return output_; }
  std::ptrdiff_t output_pitch() const noexcept { return std::ptrdiff_t{max_frames_} * stft_.hop; }
  const float* voice() const noexcept {
    return voice_;
  }  // [lane][frame]; null where the network has none

  // Enqueues a call of 1 .. max_frames frames.
  Status run(int frames) const;
  Status reset() const;
  Status restart(int lane) const;

 private:
  // Y = X W and what follows, as ComplexProductArgs has them.
  struct Product {
    int k = 0, n = 0;
    const float *re = nullptr, *im = nullptr;
    const float *scale[2] = {}, *shift[2] = {};
    float slope = 1;
  };
  struct Fsmn {
    Product linear, project_f, project_g;
    const float* taps = nullptr;
    int channels = 0, order = 0;
  };
  struct Decoder {
    Product even, odd;
    Fsmn recurrence;
  };

  GpuNetwork(kernels::cuda::LayerQueue& queue, const MaskNetwork& network,
             const dsp::StftSpec& stft, int lanes, int max_frames);
  Status load_weights(const MaskNetwork& network);
  Status load_transforms();
  Status claim_memory();
  Result<const float*> uploaded(std::span<const float> values);
  Status affine(Product& product, std::span<const float> scale_re, std::span<const float> shift_re,
                std::span<const float> scale_im, std::span<const float> shift_im);
  Status complex_product(const kernels::PackedMatrix& both, const nn::ComplexNorm& norm,
                         Product& product);
  Status real_product(const kernels::PackedMatrix& matrix, std::span<const float> bias, float slope,
                      Product& product);
  Status plain_product(std::span<const float> re, std::span<const float> im, int k, int n,
                       Product& product);
  Status fsmn(const nn::ComplexFsmn& layer, Fsmn& fsmn);
  std::size_t levels_size() const noexcept {
    return 2 * static_cast<std::size_t>(lanes_) * static_cast<std::size_t>(config_.bins());
  }
  Status claim(GpuTimeline& timeline, int rows, int channels, int history, int pad = 0);

  Status multiply(kernels::cuda::ProductKind kind, const Product& product,
                  const kernels::cuda::ComplexRows<const float>& x, int segment,
                  std::ptrdiff_t segment_stride, const kernels::cuda::ComplexRows<float>& y) const;
  Status project(const Fsmn& fsmn, nn::Activation x, nn::Activation p) const;
  Status recur_in_frequency(const Fsmn& fsmn, nn::Activation x, nn::Activation y) const;
  Status recur_in_time(int frames) const;
  Status analyse(int frames) const;
  Status encode(int level, int frames) const;
  Status decode(int stage, int frames) const;
  Status filter(int frames) const;
  Status listen(int frames) const;
  Status keep(int frames) const;
  kernels::cuda::KeepArgs::Memory memory_of(const GpuTimeline& timeline) const;

  kernels::cuda::LayerQueue& queue_;
  FrcrnConfig config_;
  dsp::StftSpec stft_;
  int lanes_, max_frames_, overlap_;  // windows that share a sample

  Product analysis_, synthesis_;
  std::vector<Product> encoders_;
  std::vector<Fsmn> recurrences_;  // on the input of each encoder; none for the first
  std::vector<Decoder> decoders_;
  std::vector<Fsmn> time_;
  const float *mix_re_ = nullptr, *mix_im_ = nullptr, *mix_bias_re_ = nullptr,
              *mix_bias_im_ = nullptr;
  const float* voice_weight_ = nullptr;
  float voice_bias_ = 0;

  GpuTimeline audio_, spectra_, masked_;  // audio: one row of hop samples a frame, real
  std::vector<GpuTimeline> inputs_, decoding_, past_;
  GpuTimeline bottleneck_, mask_;
  std::vector<GpuTimeline*> all_;                   // that remember something
  float *hidden_ = nullptr, *projected_ = nullptr;  // scratch of the recurrences
  float *output_ = nullptr, *voice_ = nullptr;
  float* levels_ = nullptr;  // what the level features remember; null where the network has none
};

}  // namespace limpid::models
