// SPDX-License-Identifier: MIT
// Between activations of floats and those stored as numbers of 16 bits, two in a word.
#pragma once

#include "lib/kernels/cuda/frames.h"
#include "lib/kernels/cuda/tile_words.h"

namespace limpid::kernels::cuda {

enum class Repacking { pack, unpack };

struct RepackArgs {
  Frames<const float> from;
  Frames<float> to;
  std::int32_t lanes, frames;
  std::int32_t values;  // of a frame, side by side: whole eights, at multiples of 16 bytes
};

// A thread has eight values.
template <class Number, Repacking kRepacking>
struct Repack {
  using Args = RepackArgs;
  static constexpr int kThreads = kFrameThreads, kShared = 0, kPhases = 1;
  static std::int64_t blocks(const Args& a) {
    return frame_blocks(std::int64_t{a.lanes} * a.frames * (a.values / 8));
  }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex*, const Args& args) {
    const Place place(block * kThreads + thread, args.lanes, args.frames, args.values / 8);
    if (place.lane == args.lanes) return;
    const float* from = args.from.at(place.lane, place.frame);
    float* to = args.to.at(place.lane, place.frame);
    if constexpr (kRepacking == Repacking::pack) {
      FourWords<Number> eight;
      LIMPID_UNROLL for (int i = 0; i < 2; ++i) eight.v[i] = load_four(from + place.at * 8 + 4 * i);
      *reinterpret_cast<Four*>(to + place.at * 4) = eight.words();
    } else {
      const auto eight = FourWords<Number>::from(load_four(from + place.at * 4));
      LIMPID_UNROLL for (int i = 0; i < 2; ++i) *
          reinterpret_cast<Four*>(to + place.at * 8 + 4 * i) = eight.v[i];
    }
  }
};

// f.template operator()<Program>()
template <class F>
auto with_repack(Repacking repacking, Arithmetic stored, F f) {
  const auto with = [&]<Arithmetic kArithmetic>() {
    using Number = NumberOf<kArithmetic>;
    return repacking == Repacking::pack
               ? f.template operator()<Repack<Number, Repacking::pack>>()
               : f.template operator()<Repack<Number, Repacking::unpack>>();
  };
  return stored == Arithmetic::bf16 ? with.template operator()<Arithmetic::bf16>()
                                    : with.template operator()<Arithmetic::fp16>();
}

}  // namespace limpid::kernels::cuda
