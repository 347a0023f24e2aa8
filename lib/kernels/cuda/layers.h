// SPDX-License-Identifier: MIT
// The layers of networks on a GPU: a queue of kernels, the memory they work on, and what they share
// with the host. Which kernels those are is said once (programmed_queue.h); the device runs them on
// a stream (backend.h), tests on the CPU. Pointers are the device's, unless they are said to be the
// host's.
#pragma once

#include <cstddef>
#include <functional>

#include "lib/kernels/cuda/array_layers.h"
#include "lib/kernels/cuda/band_sums.h"
#include "lib/kernels/cuda/complex_product.h"
#include "lib/kernels/cuda/frame_norm.h"
#include "lib/kernels/cuda/fsmn_sum.h"
#include "lib/kernels/cuda/level_layers.h"
#include "lib/kernels/cuda/linear_attention_layers.h"
#include "lib/kernels/cuda/long_filter_hops.h"
#include "lib/kernels/cuda/many_products.h"
#include "lib/kernels/cuda/mask_layers.h"
#include "lib/kernels/cuda/memory_input.h"
#include "lib/kernels/cuda/memory_layers.h"
#include "lib/kernels/cuda/microphone_layers.h"
#include "lib/kernels/cuda/part_sums.h"
#include "lib/kernels/cuda/repack.h"
#include "lib/kernels/cuda/spectrum_layers.h"
#include "lib/kernels/cuda/squeeze_layers.h"
#include "lib/kernels/cuda/steady_layers.h"
#include "lib/kernels/cuda/strip_perceptron.h"
#include "lib/kernels/cuda/strip_queries.h"
#include "limpid/result.h"

namespace limpid::kernels::cuda {

class LayerQueue {
 public:
  LayerQueue() = default;
  LayerQueue(const LayerQueue&) = delete;
  LayerQueue& operator=(const LayerQueue&) = delete;
  virtual ~LayerQueue() = default;

  // Memory, zeroed, until the queue is destroyed. That of the host is what copies need not wait
  // for.
  virtual Result<float*> claim(std::size_t floats) = 0;
  virtual Result<float*> claim_host(std::size_t floats) = 0;
  virtual std::size_t claimed() const noexcept = 0;  // bytes of the device
  // Gives back what was claimed of either kind, or nullptr, when all that was enqueued is done.
  virtual void release(float* memory) noexcept = 0;

  // Enqueued, in order. Rows are `width` floats, `to_pitch` or `from_pitch` floats apart.
  virtual Status upload(float* to, std::ptrdiff_t to_pitch, const float* host, std::ptrdiff_t width,
                        std::ptrdiff_t rows) = 0;
  virtual Status download(float* host, const float* from, std::ptrdiff_t from_pitch,
                          std::ptrdiff_t width, std::ptrdiff_t rows) = 0;
  virtual Status clear(float* memory, std::size_t floats) = 0;
  virtual Status product(ProductKind kind, Arithmetic arithmetic,
                         const ComplexProductArgs& args) = 0;
  virtual Status fsmn_sum(const FsmnSumArgs& args) = 0;
  virtual Status compress(const CompressArgs& args) = 0;
  virtual Status unit_spectrum(const CompressArgs& args) = 0;
  virtual Status levels(const LevelArgs& args) = 0;
  virtual Status microphones(const MicrophoneArgs& args) = 0;
  virtual Status voice(const VoiceArgs& args) = 0;
  virtual Status row_norm(const RowNormArgs& args) = 0;
  virtual Status normed_filter(const NormedFilterArgs& args) = 0;
  virtual Status memory_input(Arithmetic arithmetic, const MemoryInputArgs& args) = 0;
  virtual Status long_filter(Arithmetic arithmetic, const LongFilterArgs& args) = 0;
  virtual Status advance(const AdvanceArgs& args) = 0;
  virtual Status row_mean(const RowMeanArgs& args) = 0;
  virtual Status running_mean(const RunningMeanArgs& args) = 0;
  virtual Status gains(const GainsArgs& args) = 0;
  virtual Status scale(const ScaleArgs& args) = 0;
  virtual Status mix(const MixArgs& args) = 0;
  virtual Status top_gains(const TopGainsArgs& args) = 0;
  virtual Status smooth_gains(const SmoothGainsArgs& args) = 0;
  virtual Status mask_filter(const MaskFilterArgs& args) = 0;
  virtual Status steady_filter(const SteadyFilterArgs& args) = 0;
  virtual Status real_product(Arithmetic arithmetic, const RealProductArgs& args) = 0;
  virtual Status many_products(Arithmetic arithmetic, const ManyProductArgs& args) = 0;
  virtual Status row_perceptron(Arithmetic arithmetic, const RowPerceptronArgs& args) = 0;
  virtual Status band_sums(Arithmetic arithmetic, const BandSumsArgs& args) = 0;
  virtual Status part_sums(const PartSumsArgs& args) = 0;
  virtual Status frame_norm(const FrameNormArgs& args) = 0;
  virtual Status plane_norm(const PlaneNormArgs& args) = 0;
  // Linear attention along frequency and along time (linear_attention_layers.h). Of wide heads
  // along frequency only both softmaxes, then both products with the context; packed, those alone.
  virtual Status attend_rows(const LinearAttentionArgs& args) = 0;
  virtual Status softmax_rows(const LinearAttentionArgs& args) = 0;
  virtual Status gather_context(Arithmetic arithmetic, const ContextArgs& args) = 0;
  virtual Status add_context(Arithmetic arithmetic, const ContextArgs& args) = 0;
  virtual Status attend_frames(const LinearAttentionArgs& args) = 0;
  virtual Status array_level(const ArrayLevelArgs& args) = 0;
  virtual Status array_planes(const ArrayPlanesArgs& args) = 0;
  virtual Status array_filter(const ArrayFilterArgs& args) = 0;
  virtual Status repack(Repacking repacking, Arithmetic stored, const RepackArgs& args) = 0;
  virtual Status shift_history(const ShiftHistoryArgs& args) = 0;
  virtual Status clear_history(const ClearHistoryArgs& args) = 0;
  virtual Status silence(const SilenceArgs& args) = 0;

  // What `work` enqueues, to be enqueued again by replay() at once. One recording; the last one
  // counts.
  virtual Status record(const std::function<Status()>& work) = 0;
  virtual Status replay() = 0;

  virtual Status finish() = 0;  // waits, and reports what failed on the way
};

}  // namespace limpid::kernels::cuda
