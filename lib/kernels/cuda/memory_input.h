// SPDX-License-Identifier: MIT
// What LongConv's memory hears of a live frame, as one kernel: the norm of each row, the short
// filter behind it (normed_filter.h) and the product that makes q, k and v of it
// (models/longconv/long_memory.h). What was filtered is never in memory.
#pragma once

#include "lib/kernels/cuda/normed_filter.h"
#include "lib/kernels/cuda/normed_rows.h"
#include "lib/kernels/cuda/real_product.h"
#include "lib/kernels/cuda/resident_program.h"

namespace limpid::kernels::cuda {

struct MemoryInputArgs {
  NormedFilterArgs filter;  // of one frame; its y is not written
  const float *w, *bias;    // weight_words() of [channels][product_pitch(n)]; null: none
  std::int32_t n;           // outputs
  ComplexRows<float> y;     // real, [lane][1][row]
  bool wide, wide_y;        // whether neighbours are read and written together

  // For `wide` and `wide_y`.
  void arrange() {
    wide = filter.channels % 4 == 0 &&
           filter.weights.whole_fours(
               Alignment().of(filter.x.data).of(filter.ring).of(filter.h).steps(filter.x.lane));
    wide_y = Alignment().of(y.data).steps(y.stride[0], y.stride[1], y.stride[2]).whole(4);
  }
  LIMPID_HD std::int64_t rows() const { return std::int64_t{filter.lanes} * filter.rows; }
};

// A block has 128 rows, and makes 32 outputs of them in a step, or as many as there are channels
// where two numbers share a word: weights of so many fit beside the rows then, and rows are read
// less often. kGroups: of 32 channels.
template <int kGroups, Arithmetic kArithmetic>
struct MemoryInput {
  using Args = MemoryInputArgs;
  using Tiles = RealTiles<32, kArithmetic>;
  using Sums = typename Tiles::Sums;
  static constexpr int kSets = Tiles::kInputs == 2 ? kGroups : 1, kOutputs = 32 * kSets;
  using Tile = ResidentTile<Tiles, 32 * kGroups, kOutputs>;
  static constexpr int kThreads = Tiles::kThreads, kRows = Tiles::kRows;
  using Rows = NormedRows<kGroups, kRows>;

  static constexpr int kResident = Tile::kRoomX + Rows::kShares, kShared = Tile::kRoomW;
  static constexpr int kPhases = Rows::kPhases;
  static_assert(Rows::kThreads == kThreads);

  struct Registers {
    Rows rows;
    Sums sums[kSets];
  };

  static std::int64_t blocks(const Args& args) { return (args.rows() + kRows - 1) / kRows; }
  LIMPID_HD static int steps(const Args& args) { return (args.n + kOutputs - 1) / kOutputs; }

  template <int Phase>
  LIMPID_HD static void prepare(int thread, std::int64_t block, float* resident, const Args& args,
                                Registers& mine) {
    const NormedFilterArgs& filter = args.filter;
    const std::int64_t first = block * kRows;
    mine.rows.template run<Phase>(thread, filter.channels, args.wide, filter.weights,
                                  resident + Tile::kRoomX, [&](int row) -> const float* {
                                    if (first + row >= args.rows()) return nullptr;
                                    const Place place(first + row, filter.lanes, 1, filter.rows);
                                    return filter.x.at(place.lane, 0) +
                                           NormedFilter::at(place, filter);
                                  });
    if constexpr (Phase == kPhases - 1) {
      LIMPID_UNROLL for (int i = 0; i < Rows::kPerThread; ++i) {
        const std::int64_t row = first + Rows::row(thread, i);
        if (row >= args.rows()) continue;
        short_filter(Place(row, filter.lanes, 1, filter.rows), thread, args, mine.rows.x[i]);
      }
      mine.rows.template store<typename Tiles::Number>(thread, resident, Tile::kPitchX);
    }
  }

  // A thread's normed channels of a row become what the short filter makes of them, and enter its
  // ring. All that is read of a frame is asked for before it is added.
  LIMPID_HD static void short_filter(const Place& place, int thread, const Args& args,
                                     float (&x)[kGroups][4]) {
    const NormedFilterArgs& filter = args.filter;
    const std::int64_t frame = std::int64_t{filter.rows} * filter.channels,
                       at = NormedFilter::at(place, filter);
    float* ring = filter.ring + place.lane * filter.capacity * frame + at;
    const float* h = filter.h + (filter.taps - 1) * frame + at;
    const auto head = static_cast<int>(filter.head->brief);
    const auto count = [&](int group) { return filter.channels - Rows::channel(thread, group); };
    Four sum[kGroups] = {}, tap[kGroups], input[kGroups];
    for (int ago = filter.taps - 1; ago >= 0; --ago) {
      const float* past = ring + ring_slot(head - ago, filter.capacity) * frame;
      LIMPID_UNROLL for (int group = 0; group < kGroups; ++group) {
        const int c = Rows::channel(thread, group);
        tap[group] = load_some(h - ago * frame + c, count(group), args.wide);
        input[group] = ago == 0 ? Four{{x[group][0], x[group][1], x[group][2], x[group][3]}}
                                : load_some(past + c, count(group), args.wide);
      }
      LIMPID_UNROLL for (int group = 0; group < kGroups; ++group)
          LIMPID_UNROLL for (int c = 0; c < 4; ++c) sum[group]
              .v[c] += tap[group].v[c] * input[group].v[c];
    }
    LIMPID_UNROLL for (int group = 0; group < kGroups; ++group) {
      if (filter.taps > 1)
        store_some(ring + head * frame + Rows::channel(thread, group), input[group], count(group),
                   args.wide);
      LIMPID_UNROLL for (int c = 0; c < 4; ++c) x[group][c] = sum[group].v[c];
    }
  }
  LIMPID_HD static void fill(int thread, std::int64_t, int step, float* tile, const Args& args) {
    const WeightWords from{args.w, words_of<typename Tiles::Number>(args.filter.channels),
                           product_pitch(args.n)};
    Tile::fill(thread, tile, from, 0, step * kOutputs);
  }

  LIMPID_HD static void add(int thread, std::int64_t block, int step, const float* tile,
                            float* resident, const Args& args, Registers& mine) {
    Tile::make(thread, resident, tile, Tile::words(args.filter.channels), block * kRows,
               args.rows(), {step * kOutputs, args.n, args.bias}, args.wide_y, mine.sums,
               [&](std::int64_t row) { return args.y.row(row); });
  }
  LIMPID_HD static void finish(int, std::int64_t, const Args&, const Registers&) {}
};

// Calls f with the program for so many channels.
template <Arithmetic kArithmetic, class F>
auto with_memory_input(int channels, F f) {
  return with_groups(channels, [&]<int kGroups>() {
    return f.template operator()<MemoryInput<kGroups, kArithmetic>>();
  });
}

}  // namespace limpid::kernels::cuda
