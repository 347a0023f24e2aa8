// SPDX-License-Identifier: MIT
// Complex feed-forward sequential memory: the recurrence of FRCRN, along frequency or along time.
//   F(x) = x + p + memory(p),  p = project(relu(linear(x)));   G likewise with its own weights
//   out = (F(re) - G(im)) + j (F(im) + G(re))
// (FRCRN, section 3.1; Zhang et al., "Deep-FSMN for large vocabulary speech recognition", 2018.)
#pragma once

#include <span>
#include <string>

#include "lib/base/aligned_vector.h"
#include "lib/io/weights.h"
#include "lib/nn/activation.h"
#include "lib/nn/timeline.h"

namespace limpid::nn {

class ComplexFsmn {
 public:
  // Reads <prefix>.fsmn_{re,im}_L<layer>.{linear.weight,linear.bias,project.weight,conv1.weight}.
  static Result<ComplexFsmn> load(io::Weights& weights, const std::string& prefix, int layer,
                                  int channels, int order);

  // The sequence is the rows of each frame, low to high. out may be in.
  void run_frequency(ConstActivation in, Activation out,
                     std::span<float> scratch) const LIMPID_REALTIME;

  // The sequence is the frames (one row each). `past` holds p of the last order - 1 frames.
  void run_time(ConstActivation in, Activation out, Timeline& past,
                std::span<float> scratch) const LIMPID_REALTIME;
  Timeline make_past(Arena& arena, int lanes, int max_frames) const;

  std::size_t scratch(int lanes, int rows) const noexcept;  // floats that one frame needs

  // For those who run the layer elsewhere.
  int order() const noexcept { return order_; }
  const kernels::PackedMatrix& linear() const noexcept { return linear_; }
  const kernels::PackedMatrix& project_f() const noexcept { return project_f_; }
  const kernels::PackedMatrix& project_g() const noexcept { return project_g_; }
  const std::vector<float>& bias() const noexcept { return bias_; }
  std::span<const float> taps() const noexcept { return taps_; }

 private:
  void project(ConstActivation in, Activation hidden, Activation p) const LIMPID_REALTIME;
  void add(ConstActivation in, ConstActivation memory, Activation out) const LIMPID_REALTIME;

  int channels_ = 0, order_ = 0;
  kernels::PackedMatrix linear_;  // F above G: [2 channels][channels]
  kernels::PackedMatrix project_f_, project_g_;
  std::vector<float> bias_;    // [2 channels]
  AlignedVector<float> taps_;  // [order][2 channels], p itself added to the last tap
};

}  // namespace limpid::nn
