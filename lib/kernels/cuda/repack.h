// SPDX-License-Identifier: MIT
// Between activations of floats and those stored as numbers of 16 bits, two in a word.
#pragma once

#include "lib/kernels/cuda/frames.h"
#include "lib/kernels/cuda/tile_words.h"

namespace limpid::kernels::cuda {

enum class Repacking { pack, unpack };

// Rows of `channels` floats and of the same as words. Words have whole sixteens of them, at
// multiples of 16 bytes; what floats lack is zero, and is not unpacked.
struct RepackArgs {
  Frames<const float> from;
  Frames<float> to;
  std::int32_t lanes, frames, rows, channels;
  std::int64_t from_row, to_row;  // floats, or words, from a row to the next

  LIMPID_HD int eights() const { return (channels + 15) / 16 * 2; }  // of a row
};

// A thread has eight values.
template <class Number, Repacking kRepacking>
struct Repack : EachValue<Repack<Number, kRepacking>, RepackArgs> {
  using Args = RepackArgs;
  LIMPID_HD static Extent extent(const Args& args) {
    return {args.lanes, args.frames, args.rows * args.eights()};
  }
  LIMPID_HD static void each(const Place& place, const Args& args) {
    const int row = place.at / args.eights(), eight = place.at % args.eights();
    const float* from = args.from.at(place.lane, place.frame) + row * args.from_row;
    float* to = args.to.at(place.lane, place.frame) + row * args.to_row;
    if constexpr (kRepacking == Repacking::pack) {
      FourWords<Number> values;
      LIMPID_UNROLL for (int i = 0; i < 2; ++i) {
        const int first = 8 * eight + 4 * i;
        values.v[i] = load_some(from + first, args.channels - first, wide(args, from));
      }
      *reinterpret_cast<Four*>(to + 4 * eight) = values.words();
    } else {
      const auto values = FourWords<Number>::from(load_four(from + 4 * eight));
      LIMPID_UNROLL for (int i = 0; i < 2; ++i) {
        const int first = 8 * eight + 4 * i;
        store_some(to + first, values.v[i], args.channels - first, wide(args, to));
      }
    }
  }

 private:
  LIMPID_HD static bool wide(const Args& args, const float* row) {
    return Alignment().of(row).steps(args.channels).whole(4);
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
