// SPDX-License-Identifier: MIT
// Which programs each layer of a LayerQueue runs, in which order: the same on a GPU and in tests on
// a CPU, which differ in how a program is run.
//
//   class Queue : public ProgrammedQueue<Queue> {
//     template <class Program>  // host_device.h
//     Status program(const typename Program::Args&);
//     template <Arithmetic kArithmetic, class... Args>  // of with_program(), product_programs.h
//     Status make_product(const Args&...);
//   };
#pragma once

#include "lib/kernels/cuda/layers.h"
#include "lib/kernels/cuda/product_programs.h"

namespace limpid::kernels::cuda {

template <class Queue>
class ProgrammedQueue : public LayerQueue {
 public:
  Status product(ProductKind kind, Arithmetic arithmetic, const ComplexProductArgs& args) override {
    return make(arithmetic, kind, args);
  }
  Status real_product(Arithmetic arithmetic, const RealProductArgs& args) override {
    return make(arithmetic, args);
  }
  Status many_products(Arithmetic arithmetic, const ManyProductArgs& args) override {
    return make(arithmetic, args);
  }
  Status memory_input(Arithmetic arithmetic, const MemoryInputArgs& args) override {
    return make(arithmetic, args);
  }
  Status row_perceptron(Arithmetic arithmetic, const RowPerceptronArgs& args) override {
    return make(arithmetic, args);
  }
  Status band_sums(Arithmetic arithmetic, const BandSumsArgs& args) override {
    return make(arithmetic, args);
  }
  Status gather_context(Arithmetic arithmetic, const ContextArgs& args) override {
    return make(arithmetic, ContextProduct::gather, args);
  }
  Status add_context(Arithmetic arithmetic, const ContextArgs& args) override {
    return make(arithmetic, ContextProduct::add, args);
  }

  Status fsmn_sum(const FsmnSumArgs& args) override {
    return with_arithmetic(
        args.stored, [&]<Arithmetic kStored>() { return run<FsmnSum<StoredOf<kStored>>>(args); });
  }
  Status compress(const CompressArgs& args) override { return run<Compress>(args); }
  Status unit_spectrum(const CompressArgs& args) override { return run<UnitSpectrum>(args); }
  Status levels(const LevelArgs& args) override { return run<LevelMeans, LevelDifferences>(args); }
  Status microphones(const MicrophoneArgs& args) override {
    return run<MicrophoneDifferences>(args);
  }
  Status voice(const VoiceArgs& args) override { return run<Voice>(args); }
  Status row_norm(const RowNormArgs& args) override {
    return with_stored(args.stored, [&]<class Number>() { return run<RowNorm<Number>>(args); });
  }
  Status normed_filter(const NormedFilterArgs& args) override { return run<NormedFilter>(args); }
  Status long_filter(Arithmetic arithmetic, const LongFilterArgs& args) override {
    return with_arithmetic(arithmetic, [&]<Arithmetic kArithmetic>() {
      return with_long_filter<StoredOf<kArithmetic>>(
          args, [&]<class... Programs>() { return run<Programs...>(args); });
    });
  }
  Status advance(const AdvanceArgs& args) override { return run<Advance>(args); }
  Status row_mean(const RowMeanArgs& args) override { return run<RowMean>(args); }
  Status running_mean(const RunningMeanArgs& args) override { return run<RunningMean>(args); }
  Status gains(const GainsArgs& args) override { return run<Gains>(args); }
  Status scale(const ScaleArgs& args) override { return run<Scale>(args); }
  Status mix(const MixArgs& args) override { return run<Mix>(args); }
  Status top_gains(const TopGainsArgs& args) override { return run<TopGains>(args); }
  Status smooth_gains(const SmoothGainsArgs& args) override { return run<SmoothGains>(args); }
  Status mask_filter(const MaskFilterArgs& args) override { return run<MaskFilter>(args); }
  Status steady_filter(const SteadyFilterArgs& args) override { return run<SteadyFilter>(args); }
  Status part_sums(const PartSumsArgs& args) override { return run<PartSums>(args); }
  Status frame_norm(const FrameNormArgs& args) override {
    return with_stored(args.stored, [&]<class Number>() { return run<FrameNorm<Number>>(args); });
  }
  Status plane_norm(const PlaneNormArgs& args) override {
    return with_stored(args.frames.stored, [&]<class Number>() {
      return run<PlaneFrames<Number>, PlaneMoments, PlaneScale<Number>>(args);
    });
  }
  Status attend_rows(const LinearAttentionArgs& args) override {
    return run<QuerySoftmax, KeySoftmax, GatherContext, MixContext>(args);
  }
  Status softmax_rows(const LinearAttentionArgs& args) override {
    return run<QuerySoftmax, KeySoftmax>(args);
  }
  Status attend_frames(const LinearAttentionArgs& args) override {
    return run<QuerySoftmax, RunningKeys, RunningContext>(args);
  }
  Status array_level(const ArrayLevelArgs& args) override {
    return run<ArrayPower, ArrayLevel>(args);
  }
  Status array_planes(const ArrayPlanesArgs& args) override { return run<ArrayPlanes>(args); }
  Status array_filter(const ArrayFilterArgs& args) override { return run<ArrayFilter>(args); }
  Status repack(Repacking repacking, Arithmetic stored, const RepackArgs& args) override {
    return with_repack(repacking, stored, [&]<class Program>() { return run<Program>(args); });
  }
  Status shift_history(const ShiftHistoryArgs& args) override { return run<ShiftHistory>(args); }
  Status clear_history(const ClearHistoryArgs& args) override { return run<ClearHistory>(args); }
  Status silence(const SilenceArgs& args) override { return run<Silence>(args); }

 private:
  Queue& self() noexcept { return static_cast<Queue&>(*this); }

  // One after the other, on the same arguments.
  template <class First, class... Rest, class Args>
  Status run(const Args& args) {
    Status done = self().template program<First>(args);
    if constexpr (sizeof...(Rest) > 0)
      if (done) return run<Rest...>(args);
    return done;
  }
  template <class... Args>
  Status make(Arithmetic arithmetic, const Args&... args) {
    return with_arithmetic(arithmetic, [&]<Arithmetic kArithmetic>() {
      return self().template make_product<kArithmetic>(args...);
    });
  }
};

}  // namespace limpid::kernels::cuda
