// SPDX-License-Identifier: MIT
// A LayerQueue that does at once, on the CPU, what a GPU's would do, with the same kernels.
#pragma once

#include <array>
#include <deque>
#include <set>
#include <vector>

#include "lib/kernels/cuda/layers.h"

namespace limpid::kernels::cuda {

class HostQueue final : public LayerQueue {
 public:
  Result<float*> claim(std::size_t floats) override;
  Result<float*> claim_host(std::size_t floats) override;
  std::size_t claimed() const noexcept override;
  void release(float* memory) noexcept override;
  Status upload(float* to, std::ptrdiff_t to_pitch, const float* host, std::ptrdiff_t width,
                std::ptrdiff_t rows) override;
  Status download(float* host, const float* from, std::ptrdiff_t from_pitch, std::ptrdiff_t width,
                  std::ptrdiff_t rows) override;
  Status clear(float* memory, std::size_t floats) override;
  Status product(ProductKind kind, Arithmetic arithmetic, const ComplexProductArgs& args) override;
  Status fsmn_sum(const FsmnSumArgs& args) override;
  Status compress(const CompressArgs& args) override;
  Status unit_spectrum(const CompressArgs& args) override;
  Status levels(const LevelArgs& args) override;
  Status microphones(const MicrophoneArgs& args) override;
  Status voice(const VoiceArgs& args) override;
  Status row_norm(const RowNormArgs& args) override;
  Status normed_filter(const NormedFilterArgs& args) override;
  Status long_filter(Arithmetic arithmetic, const LongFilterArgs& args) override;
  Status turn(const TurnArgs& args) override;
  Status row_mean(const RowMeanArgs& args) override;
  Status running_mean(const RunningMeanArgs& args) override;
  Status gains(const GainsArgs& args) override;
  Status scale(const ScaleArgs& args) override;
  Status mix(const MixArgs& args) override;
  Status top_gains(const TopGainsArgs& args) override;
  Status smooth_gains(const SmoothGainsArgs& args) override;
  Status mask_filter(const MaskFilterArgs& args) override;
  Status real_product(Arithmetic arithmetic, const RealProductArgs& args) override;
  Status many_products(Arithmetic arithmetic, const ManyProductArgs& args) override;
  Status memory_input(Arithmetic arithmetic, const MemoryInputArgs& args) override;
  Status row_perceptron(Arithmetic arithmetic, const RowPerceptronArgs& args) override;
  Status band_sums(Arithmetic arithmetic, const BandSumsArgs& args) override;
  Status part_sums(const PartSumsArgs& args) override;
  Status frame_norm(const FrameNormArgs& args) override;
  Status plane_norm(const PlaneNormArgs& args) override;
  Status attend_rows(const LinearAttentionArgs& args) override;
  Status softmax_rows(const LinearAttentionArgs& args) override;
  Status gather_context(Arithmetic arithmetic, const ContextArgs& args) override;
  Status add_context(Arithmetic arithmetic, const ContextArgs& args) override;
  Status attend_frames(const LinearAttentionArgs& args) override;
  Status array_level(const ArrayLevelArgs& args) override;
  Status array_planes(const ArrayPlanesArgs& args) override;
  Status array_filter(const ArrayFilterArgs& args) override;
  Status repack(Repacking repacking, Arithmetic stored, const RepackArgs& args) override;
  Status keep(const KeepArgs& args) override;
  Status forget(const ForgetArgs& args) override;
  Status silence(const SilenceArgs& args) override;
  Status record(const std::function<Status()>& work) override;
  Status replay() override;
  Status finish() override;

  // Of all that lies in its memory: activations, states, weights of products of floats; but not of
  // the exponentials of attention along time and their sums, which no product takes.
  float largest() const noexcept;

  int replays = 0;
  std::array<int, std::size(kArithmetics)> products{};  // by arithmetic
  bool failing = false;
  std::size_t most = SIZE_MAX;  // floats of one claim

 private:
  std::deque<std::vector<float>> memory_;
  std::set<const float*> exponentials_;  // of all blocks; begin in the memory that holds them
  std::function<Status()> recorded_;
};

}  // namespace limpid::kernels::cuda
