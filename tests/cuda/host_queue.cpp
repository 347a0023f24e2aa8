// SPDX-License-Identifier: MIT
#include "tests/cuda/host_queue.h"

#include <algorithm>
#include <cmath>

#include "tests/cuda/emulate.h"

namespace limpid::kernels::cuda {
namespace {

// One after the other, on the same arguments.
template <class... Programs, class Args>
Status once(const Args& args) {
  (emulate<Programs>(args), ...);
  return Done{};
}
template <Arithmetic kArithmetic>
Status tiles(ProductKind kind, const ComplexProductArgs& args) {
  with_kind(kind, [&]<ProductKind kKind>() {
    with_product<kKind, kArithmetic>(args.n, args.x.total(),
                                     [&]<class Program>() { emulate_tiles<Program>(args); });
  });
  return Done{};
}

template <Arithmetic kArithmetic>
Status tiles(const RealProductArgs& args) {
  with_product_of<kArithmetic>(args, [&]<class Program>() { emulate_tiles<Program>(args); });
  return Done{};
}

template <Arithmetic kArithmetic>
Status tiles(const ManyProductArgs& args) {
  with_many_products<kArithmetic>(args.columns,
                                  [&]<class Program>() { emulate_tiles<Program>(args); });
  return Done{};
}

template <Arithmetic kArithmetic>
Status tiles(const MemoryInputArgs& args) {
  with_memory_input<kArithmetic>(args.filter.channels,
                                 [&]<class Program>() { emulate_resident<Program>(args); });
  return Done{};
}

template <Arithmetic kArithmetic>
Status tiles(const RowPerceptronArgs& args) {
  with_row_perceptron<kArithmetic>(args.channels,
                                   [&]<class Program>() { emulate_resident<Program>(args); });
  return Done{};
}

template <Arithmetic kArithmetic>
Status tiles(const BandSumsArgs& args) {
  with_band_sums<kArithmetic>(args.channels,
                              [&]<class Program>() { emulate_resident<Program>(args); });
  return Done{};
}

// tiles<arithmetic>(args...).
template <class... Args>
Status tiles_with(Arithmetic arithmetic, const Args&... args) {
  return with_arithmetic(arithmetic,
                         [&]<Arithmetic kArithmetic>() { return tiles<kArithmetic>(args...); });
}

template <Arithmetic kArithmetic>
constexpr bool kPacks = NumberOf<kArithmetic>::kInputs == 2;

}  // namespace

Result<float*> HostQueue::claim(std::size_t floats) {
  if (floats > most) return Error{ErrorCode::out_of_memory, "as asked"};
  memory_.emplace_back(floats);
  return memory_.back().data();
}
Result<float*> HostQueue::claim_host(std::size_t floats) {
  return claim(floats);
}
std::size_t HostQueue::claimed() const noexcept {
  std::size_t bytes = 0;
  for (const auto& memory : memory_) bytes += memory.size() * sizeof(float);
  return bytes;
}
float HostQueue::largest() const noexcept {
  float found = 0;
  for (const auto& memory : memory_) {
    const auto holds = [&](const float* p) {
      return p >= memory.data() && p < memory.data() + memory.size();
    };
    if (std::ranges::any_of(exponentials_, holds)) continue;
    for (const float value : memory) found = std::max(found, std::abs(value));
  }
  return found;
}
void HostQueue::release(float* memory) noexcept {
  std::erase_if(memory_, [&](const auto& claim) { return claim.data() == memory; });
}
Status HostQueue::upload(float* to, std::ptrdiff_t to_pitch, const float* host,
                         std::ptrdiff_t width, std::ptrdiff_t rows) {
  for (std::ptrdiff_t row = 0; row < rows; ++row)
    std::copy_n(host + row * width, width, to + row * to_pitch);
  return Done{};
}
Status HostQueue::download(float* host, const float* from, std::ptrdiff_t from_pitch,
                           std::ptrdiff_t width, std::ptrdiff_t rows) {
  for (std::ptrdiff_t row = 0; row < rows; ++row)
    std::copy_n(from + row * from_pitch, width, host + row * width);
  return Done{};
}
Status HostQueue::clear(float* memory, std::size_t floats) {
  std::fill_n(memory, floats, 0.0f);
  return Done{};
}
Status HostQueue::product(ProductKind kind, Arithmetic arithmetic, const ComplexProductArgs& args) {
  ++products[static_cast<std::size_t>(arithmetic)];
  return tiles_with(arithmetic, kind, args);
}
Status HostQueue::fsmn_sum(const FsmnSumArgs& args) {
  return once<FsmnSum>(args);
}
Status HostQueue::compress(const CompressArgs& args) {
  return once<Compress>(args);
}
Status HostQueue::unit_spectrum(const CompressArgs& args) {
  return once<UnitSpectrum>(args);
}
Status HostQueue::levels(const LevelArgs& args) {
  return once<LevelMeans, LevelDifferences>(args);
}
Status HostQueue::microphones(const MicrophoneArgs& args) {
  return once<MicrophoneDifferences>(args);
}
Status HostQueue::voice(const VoiceArgs& args) {
  return once<Voice>(args);
}
Status HostQueue::row_norm(const RowNormArgs& args) {
  return with_stored(args.stored, [&]<class Number>() { return once<RowNorm<Number>>(args); });
}
Status HostQueue::normed_filter(const NormedFilterArgs& args) {
  return once<NormedFilter>(args);
}
Status HostQueue::long_filter(Arithmetic arithmetic, const LongFilterArgs& args) {
  return with_arithmetic(arithmetic, [&]<Arithmetic kArithmetic>() {
    return with_long_filter<StoredOf<kArithmetic>>(
        args, [&]<class... Programs>() { return once<Programs...>(args); });
  });
}
Status HostQueue::turn(const TurnArgs& args) {
  return once<Turn>(args);
}
Status HostQueue::row_mean(const RowMeanArgs& args) {
  return once<RowMean>(args);
}
Status HostQueue::running_mean(const RunningMeanArgs& args) {
  return once<RunningMean>(args);
}
Status HostQueue::gains(const GainsArgs& args) {
  return once<Gains>(args);
}
Status HostQueue::scale(const ScaleArgs& args) {
  return once<Scale>(args);
}
Status HostQueue::mix(const MixArgs& args) {
  return once<Mix>(args);
}
Status HostQueue::top_gains(const TopGainsArgs& args) {
  return once<TopGains>(args);
}
Status HostQueue::smooth_gains(const SmoothGainsArgs& args) {
  return once<SmoothGains>(args);
}
Status HostQueue::mask_filter(const MaskFilterArgs& args) {
  return once<MaskFilter>(args);
}
Status HostQueue::real_product(Arithmetic arithmetic, const RealProductArgs& args) {
  ++products[static_cast<std::size_t>(arithmetic)];
  return tiles_with(arithmetic, args);
}
Status HostQueue::many_products(Arithmetic arithmetic, const ManyProductArgs& args) {
  ++products[static_cast<std::size_t>(arithmetic)];
  return tiles_with(arithmetic, args);
}
Status HostQueue::memory_input(Arithmetic arithmetic, const MemoryInputArgs& args) {
  ++products[static_cast<std::size_t>(arithmetic)];
  return tiles_with(arithmetic, args);
}
Status HostQueue::row_perceptron(Arithmetic arithmetic, const RowPerceptronArgs& args) {
  ++products[static_cast<std::size_t>(arithmetic)];
  return tiles_with(arithmetic, args);
}
Status HostQueue::band_sums(Arithmetic arithmetic, const BandSumsArgs& args) {
  return tiles_with(arithmetic, args);
}
Status HostQueue::part_sums(const PartSumsArgs& args) {
  return once<PartSums>(args);
}
Status HostQueue::frame_norm(const FrameNormArgs& args) {
  return with_stored(args.stored, [&]<class Number>() { return once<FrameNorm<Number>>(args); });
}
Status HostQueue::plane_norm(const PlaneNormArgs& args) {
  return with_stored(args.frames.stored, [&]<class Number>() {
    return once<PlaneFrames<Number>, PlaneMoments, PlaneScale<Number>>(args);
  });
}
Status HostQueue::attend_rows(const LinearAttentionArgs& args) {
  return once<QuerySoftmax, KeySoftmax, GatherContext, MixContext>(args);
}
Status HostQueue::softmax_rows(const LinearAttentionArgs& args) {
  return once<QuerySoftmax, KeySoftmax>(args);
}
Status HostQueue::gather_context(Arithmetic arithmetic, const ContextArgs& args) {
  with_arithmetic(arithmetic, [&]<Arithmetic kArithmetic>() {
    if constexpr (kPacks<kArithmetic>)
      if (args.packed) return emulate_resident<GatherStrips<kArithmetic>>(args);
    emulate_tiles<GatherTiles<kArithmetic>>(args);
  });
  return Done{};
}
Status HostQueue::add_context(Arithmetic arithmetic, const ContextArgs& args) {
  with_arithmetic(arithmetic, [&]<Arithmetic kArithmetic>() {
    if constexpr (kPacks<kArithmetic>)
      if (args.packed) return emulate_resident<QueryStrips<kArithmetic>>(args);
    emulate_tiles<AddContextTiles<kArithmetic>>(args);
  });
  return Done{};
}
Status HostQueue::attend_frames(const LinearAttentionArgs& args) {
  exponentials_.insert({args.key.at(0, 0), args.total, args.state});
  return once<QuerySoftmax, RunningKeys, RunningContext>(args);
}
Status HostQueue::array_level(const ArrayLevelArgs& args) {
  return once<ArrayPower, ArrayLevel>(args);
}
Status HostQueue::array_planes(const ArrayPlanesArgs& args) {
  return once<ArrayPlanes>(args);
}
Status HostQueue::array_filter(const ArrayFilterArgs& args) {
  return once<ArrayFilter>(args);
}
Status HostQueue::repack(Repacking repacking, Arithmetic stored, const RepackArgs& args) {
  return with_repack(repacking, stored, [&]<class Program>() { return once<Program>(args); });
}
Status HostQueue::keep(const KeepArgs& args) {
  return once<Keep>(args);
}
Status HostQueue::forget(const ForgetArgs& args) {
  return once<Forget>(args);
}
Status HostQueue::silence(const SilenceArgs& args) {
  return once<Silence>(args);
}
Status HostQueue::record(const std::function<Status()>& work) {
  recorded_ = work;
  return Done{};
}
Status HostQueue::replay() {
  ++replays;
  return recorded_();
}
Status HostQueue::finish() {
  return failing ? Status(Error{ErrorCode::device, "as asked"}) : Status(Done{});
}

}  // namespace limpid::kernels::cuda
