// SPDX-License-Identifier: MIT
// The immutable parts of a streaming convolution: how filters are cut (StreamingConvPlan), and the
// spectra of filters that were cut so (ConvFilter). Both are shared by any number of streams and
// threads.
#pragma once

#include <memory>
#include <vector>

#include "lib/base/arena.h"
#include "lib/dsp/partition.h"
#include "lib/kernels/negacyclic_fft.h"
#include "lib/tensor/tensor.h"
#include "limpid/result.h"

namespace limpid::dsp {

// `output` receives `input` through `filter`.
struct ConvRoute {
  int input, output, filter;
};

struct ConvSpec {
  std::int64_t max_taps = 0;  // of the longest filter: 1..2^31 - 1
  // Audio is transformed whenever so many samples have come together, 16..65536; other numbers than
  // powers of two are rounded down to one.
  int block = 128;
  int inputs = 1, outputs = 1, filters = 1;
  std::vector<ConvRoute> routes{{0, 0, 0}};
  bool zero_latency = false;  // the first `block` taps in direct form
  int fade = 2048;  // samples over which an exchanged filter takes over, rounded to blocks
  ConvCosts costs = ConvCosts::defaults();
};

// H channels, each through a filter of its own, or all through one.
ConvSpec conv_per_channel(int channels, std::int64_t taps, int block, bool one_filter = false);

class StreamingConvPlan {
 public:
  // invalid_argument: a number out of its range, a route to nowhere; out_of_memory.
  static Result<std::shared_ptr<const StreamingConvPlan>> create(ConvSpec spec);

  const ConvSpec& spec() const noexcept { return spec_; }
  const ConvPartition& partition() const noexcept { return partition_; }
  std::int64_t latency() const noexcept { return partition_.latency; }
  const kernels::NegacyclicFft& transform(std::size_t stage) const { return transforms_[stage]; }

 private:
  ConvSpec spec_;
  ConvPartition partition_;
  std::vector<kernels::NegacyclicFft> transforms_;  // one a stage
};

class ConvFilter {
 public:
  // taps[filter][1..max_taps]. invalid_argument: no taps, too many, another number of filters, a
  // tap that is not finite; out_of_memory.
  static Result<std::shared_ptr<const ConvFilter>> create(
      std::shared_ptr<const StreamingConvPlan> plan, AudioView<const float> taps);

  const StreamingConvPlan& plan() const noexcept { return *plan_; }
  const std::shared_ptr<const StreamingConvPlan>& shared_plan() const noexcept { return plan_; }
  std::int64_t taps() const noexcept { return taps_; }
  int head_taps() const noexcept { return head_taps_; }
  const float* head(int filter) const noexcept { return head_.data() + filter * head_taps_; }
  // Partitions of a stage that are in use, and their spectra: [block][partition][re, im].
  int parts(std::size_t stage) const noexcept { return stages_[stage].parts; }
  const float* spectra(std::size_t stage, int filter) const LIMPID_REALTIME;

 private:
  struct Stage {
    int parts = 0;
    std::span<float> spectra;  // [filter][block][part][2 * width]
  };
  void transform(std::size_t stage, AudioView<const float> taps);

  std::shared_ptr<const StreamingConvPlan> plan_;
  std::int64_t taps_ = 0;
  int head_taps_ = 0;
  Arena arena_;
  std::span<float> head_;  // [filter][head_taps]
  std::vector<Stage> stages_;
};

}  // namespace limpid::dsp
