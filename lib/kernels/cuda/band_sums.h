// SPDX-License-Identifier: MIT
// The first layer of a perceptron over a whole frame, as far as one band goes: its norm, and the
// product of it with that band's share of the weights (models/longconv/perceptron.h). What was
// normed is never in memory, and one output is the work of a block for each band; part_sums.h adds
// what they made.
#pragma once

#include "lib/kernels/cuda/frames.h"
#include "lib/kernels/cuda/normed_rows.h"
#include "lib/kernels/cuda/resident_program.h"

namespace limpid::kernels::cuda {

struct BandSumsArgs {
  Frames<const float> x;  // [band][channels]
  NormWeights norm;
  const float* w;       // [band], weight_words() of [channels][product_pitch(n)] each
  std::int64_t w_band;  // from a band's words to those of the next one
  float* y;             // [lane][frame][band][n]
  std::int32_t lanes, frames, bands, channels, n;  // channels: at most kMaxResident
  bool wide, wide_y;  // whether neighbours are read and written together

  // For `wide` and `wide_y`.
  void arrange() {
    wide = norm.whole_fours(Alignment().of(x.data).steps(x.lane, x.frame, channels));
    wide_y = Alignment().of(y).steps(n).whole(4);
  }
  LIMPID_HD std::int64_t rows() const { return std::int64_t{lanes} * frames; }
};

// A block has a band of 128 frames, and makes 32 of its outputs in a step, 64 where two numbers
// share a word. kGroups: of 32 channels.
template <int kGroups, Arithmetic kArithmetic>
struct BandSums {
  using Args = BandSumsArgs;
  using Tiles = RealTiles<32, kArithmetic>;
  using Number = typename Tiles::Number;
  using Sums = typename Tiles::Sums;
  static constexpr int kSets = Tiles::kInputs, kOutputs = 32 * kSets;
  using Tile = ResidentTile<Tiles, 32 * kGroups, kOutputs>;
  using Rows = NormedRows<kGroups, Tiles::kRows>;
  static constexpr int kThreads = Tiles::kThreads, kRows = Tiles::kRows;
  static constexpr int kResident = Tile::kRoomX + Rows::kShares, kShared = Tile::kRoomW;
  static constexpr int kPhases = Rows::kPhases;
  static_assert(Rows::kThreads == kThreads);

  struct Registers {
    Rows rows;
    Sums sums[kSets];
  };

  static std::int64_t blocks(const Args& args) {
    return (args.rows() + kRows - 1) / kRows * args.bands;
  }
  LIMPID_HD static int steps(const Args& args) { return (args.n + kOutputs - 1) / kOutputs; }
  LIMPID_HD static int band(std::int64_t block, const Args& args) {
    return static_cast<int>(block % args.bands);
  }
  LIMPID_HD static std::int64_t first_row(std::int64_t block, const Args& args) {
    return block / args.bands * kRows;
  }

  template <int Phase>
  LIMPID_HD static void prepare(int thread, std::int64_t block, float* resident, const Args& args,
                                Registers& mine) {
    mine.rows.template run<Phase>(thread, args.channels, args.wide, args.norm,
                                  resident + Tile::kRoomX, [&](int row) -> const float* {
                                    const std::int64_t index = first_row(block, args) + row;
                                    if (index >= args.rows()) return nullptr;
                                    const auto at = static_cast<std::uint32_t>(index),
                                               frames = static_cast<std::uint32_t>(args.frames);
                                    return args.x.at(static_cast<int>(at / frames),
                                                     static_cast<int>(at % frames)) +
                                           band(block, args) * args.channels;
                                  });
    if constexpr (Phase == kPhases - 1)
      mine.rows.template store<Number>(thread, resident, Tile::kPitchX);
  }

  LIMPID_HD static void fill(int thread, std::int64_t block, int step, float* tile,
                             const Args& args) {
    const WeightWords from{args.w + band(block, args) * args.w_band,
                           words_of<Number>(args.channels), product_pitch(args.n)};
    Tile::fill(thread, tile, from, 0, step * kOutputs);
  }

  LIMPID_HD static void add(int thread, std::int64_t block, int step, const float* tile,
                            float* resident, const Args& args, Registers& mine) {
    Tile::make(
        thread, resident, tile, Tile::words(args.channels), first_row(block, args), args.rows(),
        {step * kOutputs, args.n, nullptr}, args.wide_y, mine.sums,
        [&](std::int64_t row) { return args.y + (row * args.bands + band(block, args)) * args.n; });
  }

  LIMPID_HD static void finish(int, std::int64_t, const Args&, const Registers&) {}
};

// Calls f with the program for so many channels.
template <Arithmetic kArithmetic, class F>
auto with_band_sums(int channels, F f) {
  return with_groups(channels, [&]<int kGroups>() {
    return f.template operator()<BandSums<kGroups, kArithmetic>>();
  });
}

}  // namespace limpid::kernels::cuda
