// SPDX-License-Identifier: MIT
// One stage of a streaming convolution: a frequency-domain delay line whose transforms and products
// are spread evenly over the blocks of audio that arrive while they are due. Internal to dsp.
#pragma once

#include <cstdint>

#include "lib/base/arena.h"
#include "lib/base/realtime.h"
#include "lib/dsp/streaming_conv_filter.h"

namespace limpid::dsp {

// Audio in the time domain; sample t of a row is at [t mod size], sizes are powers of two.
struct ConvRings {
  std::span<float> input, output;  // [row][size]
  std::size_t input_size = 0, output_size = 0;
};

class StreamingConvStage {
 public:
  // Of `lanes` streams. Throws std::bad_alloc.
  StreamingConvStage(const ConvFilter& filter, std::size_t stage, int lanes, Arena& arena);

  // Samples behind its input at which the stage's output begins.
  std::int64_t delay() const noexcept { return delay_; }
  int block() const noexcept { return fft_->size(); }
  // From the moment a filter is wanted until it alone is heard, at most.
  std::int64_t exchange_samples() const noexcept;

  // The `blocks`-th block of audio is in the ring: a share of the work. `wanted` takes over from
  // the next cycle on. Work comes in units; what other stages are `ahead` of an even pace
  // (nanoseconds by the cost model), this one waits. Returns what it and they are ahead together.
  double advance(std::int64_t blocks, const ConvRings& rings, const ConvFilter* wanted,
                 double ahead) LIMPID_REALTIME;
  bool uses_only(const ConvFilter* filter) const LIMPID_REALTIME {
    return filter_ == filter && !next_;
  }

  // Leaves out what nobody will hear: the audio up to sample `time` comes without its output.
  void skip_until(std::int64_t time) LIMPID_REALTIME;
  void reset(const ConvFilter* filter) LIMPID_REALTIME;

  double flops() const noexcept { return flops_; }  // so far

 private:
  // What a cycle of one block consists of, in this order.
  enum Phase { forward, product, inverse, next_product, next_inverse, kPhases };
  struct Task {
    int count = 0;              // units
    double time_cost = 0;       // of a unit; of a transform: in the time half
    double frequency_cost = 0;  // of a transform: in the frequency half
  };

  void begin_cycle(std::int64_t cycle, const ConvFilter* wanted) LIMPID_REALTIME;
  void run_until(double target, const ConvRings& rings) LIMPID_REALTIME;
  void plan_products(Phase phase, const ConvFilter* filter) LIMPID_REALTIME;
  double cost(Phase phase, int unit) const LIMPID_REALTIME;
  void run(Phase phase, int unit, const ConvRings& rings) LIMPID_REALTIME;
  void transform_forward(int unit, const ConvRings& rings) LIMPID_REALTIME;
  void multiply(const ConvFilter& filter, int unit) LIMPID_REALTIME;
  void transform_back(int unit, const ConvRings& rings, float gain,
                      float gain_step) LIMPID_REALTIME;

  const StreamingConvPlan& plan_;
  const kernels::NegacyclicFft* fft_;
  std::size_t stage_;
  int lanes_, parts_, slices_, fade_cycles_;
  std::int64_t delay_;

  const ConvFilter* filter_;          // of this cycle
  const ConvFilter* next_ = nullptr;  // fades in
  int fade_cycle_ = 0;

  std::int64_t cycle_ = 0, first_forward_ = 0, first_output_ = 0;
  int slot_ = 0;  // of the newest spectrum
  int phase_ = kPhases, unit_ = 0;
  double due_ = 0, spent_ = 0, flops_ = 0;
  Task tasks_[kPhases];

  std::span<float> spectra_;  // [input row][block][slot][re, im]: partition p is p slots on
  std::span<float> sums_;     // [output row][block][re, im]
  std::span<float> work_, scratch_;
};

}  // namespace limpid::dsp
