// SPDX-License-Identifier: MIT
// A LayerQueue that does at once, on the CPU, what a GPU's would do, with the same kernels.
#pragma once

#include <algorithm>
#include <cmath>
#include <deque>
#include <vector>

#include "lib/kernels/cuda/layers.h"
#include "tests/cuda/emulate.h"

namespace limpid::kernels::cuda {

class HostQueue final : public LayerQueue {
 public:
  Result<float*> claim(std::size_t floats) override {
    memory_.emplace_back(floats);
    return memory_.back().data();
  }
  Result<float*> claim_host(std::size_t floats) override { return claim(floats); }
  std::size_t claimed() const noexcept override {
    std::size_t bytes = 0;
    for (const auto& memory : memory_) bytes += memory.size() * sizeof(float);
    return bytes;
  }
  Status upload(float* to, std::ptrdiff_t to_pitch, const float* host, std::ptrdiff_t width,
                std::ptrdiff_t rows) override {
    for (std::ptrdiff_t row = 0; row < rows; ++row)
      std::copy_n(host + row * width, width, to + row * to_pitch);
    return Done{};
  }
  Status download(float* host, const float* from, std::ptrdiff_t from_pitch, std::ptrdiff_t width,
                  std::ptrdiff_t rows) override {
    for (std::ptrdiff_t row = 0; row < rows; ++row)
      std::copy_n(from + row * from_pitch, width, host + row * width);
    return Done{};
  }
  Status clear(float* memory, std::size_t floats) override {
    std::fill_n(memory, floats, 0.0f);
    return Done{};
  }
  Status product(ProductKind kind, const ComplexProductArgs& args) override {
    switch (kind) {
      case ProductKind::real_weights:
        return tiles<ProductKind::real_weights>(args);
      case ProductKind::real_input:
        return tiles<ProductKind::real_input>(args);
      case ProductKind::real_output:
        return tiles<ProductKind::real_output>(args);
      case ProductKind::real:
        return tiles<ProductKind::real>(args);
      default:
        return tiles<ProductKind::complex>(args);
    }
  }
  Status fsmn_sum(const FsmnSumArgs& args) override { return once<FsmnSum>(args); }
  Status compress(const CompressArgs& args) override { return once<Compress>(args); }
  Status unit_spectrum(const CompressArgs& args) override { return once<UnitSpectrum>(args); }
  Status levels(const LevelArgs& args) override {
    emulate<LevelMeans>(args);
    return once<LevelDifferences>(args);
  }
  Status voice(const VoiceArgs& args) override { return once<Voice>(args); }
  Status row_norm(const RowNormArgs& args) override { return once<RowNorm>(args); }
  Status short_filter(const ShortFilterArgs& args) override { return once<ShortFilter>(args); }
  Status long_filter(const LongFilterArgs& args) override {
    emulate<LongFilterInput>(args);
    return with_long_filter(args.frames, [&]<class Program>() { return once<Program>(args); });
  }
  Status turn(const TurnArgs& args) override { return once<Turn>(args); }
  Status row_mean(const RowMeanArgs& args) override { return once<RowMean>(args); }
  Status running_mean(const RunningMeanArgs& args) override { return once<RunningMean>(args); }
  Status gains(const GainsArgs& args) override { return once<Gains>(args); }
  Status scale(const ScaleArgs& args) override { return once<Scale>(args); }
  Status mix(const MixArgs& args) override { return once<Mix>(args); }
  Status top_gains(const TopGainsArgs& args) override { return once<TopGains>(args); }
  Status smooth_gains(const SmoothGainsArgs& args) override { return once<SmoothGains>(args); }
  Status mask_filter(const MaskFilterArgs& args) override { return once<MaskFilter>(args); }
  Status real_product(const RealProductArgs& args) override {
    with_real_product(args.n, [&]<class Program>() { emulate_tiles<Program>(args); });
    return Done{};
  }
  Status frame_norm(const FrameNormArgs& args) override { return once<FrameNorm>(args); }
  Status attend_rows(const LinearAttentionArgs& args) override {
    return once<QuerySoftmax, KeySoftmax, GatherContext, MixContext>(args);
  }
  Status attend_frames(const LinearAttentionArgs& args) override {
    return once<QuerySoftmax, RunningKeys, RunningContext>(args);
  }
  Status array_level(const ArrayLevelArgs& args) override {
    return once<ArrayPower, ArrayLevel>(args);
  }
  Status array_planes(const ArrayPlanesArgs& args) override { return once<ArrayPlanes>(args); }
  Status array_filter(const ArrayFilterArgs& args) override { return once<ArrayFilter>(args); }
  Status keep(const KeepArgs& args) override { return once<Keep>(args); }
  Status forget(const ForgetArgs& args) override { return once<Forget>(args); }
  Status silence(const SilenceArgs& args) override { return once<Silence>(args); }
  Status record(const std::function<Status()>& work) override {
    recorded_ = work;
    return Done{};
  }
  Status replay() override {
    ++replays;
    return recorded_();
  }
  Status finish() override {
    return failing ? Status(Error{ErrorCode::device, "as asked"}) : Status(Done{});
  }

  int replays = 0;
  bool failing = false;

 private:
  template <class... Programs, class Args>
  Status once(const Args& args) {
    (emulate<Programs>(args), ...);
    return Done{};
  }
  template <ProductKind kKind>
  Status tiles(const ComplexProductArgs& args) {
    with_product<kKind>(args.n, [&]<class Program>() { emulate_tiles<Program>(args); });
    return Done{};
  }

  std::deque<std::vector<float>> memory_;
  std::function<Status()> recorded_;
};

}  // namespace limpid::kernels::cuda
