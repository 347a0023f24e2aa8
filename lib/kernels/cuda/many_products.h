// SPDX-License-Identifier: MIT
// Many small products in one kernel, Y_i = X_i W_i + bias_i for real X_i: every one reads columns
// of its own of the same frames and writes others, as the layers of a network's bands do. By
// themselves they would each take a start of a kernel and fill a fraction of the card.
#pragma once

#include <cstdint>

#include "lib/kernels/cuda/real_tiles.h"

namespace limpid::kernels::cuda {

struct ProductPart {
  const float* x;     // inputs of the first frame of the first lane
  float* y;           // outputs of it
  const float* w;     // weight_words() of [k][product_pitch(n)]
  const float* bias;  // [n]; null: none
  std::int32_t k, n;
  std::int32_t first;  // of its blocks of columns
};

struct ManyProductArgs {
  static constexpr int kMax = 64;  // the arguments of a kernel have 4 KiB
  ProductPart parts[kMax];
  std::int32_t count;    // 1 .. kMax
  std::int32_t columns;  // of outputs in a block: 16, 32 or 64
  std::int32_t column_blocks;
  std::int32_t lanes, frames;
  std::int64_t x_lane, x_frame, y_lane, y_frame;  // floats from one to the next
  bool wide, wide_y;  // whether inputs may be copied, outputs written four floats at a time

  LIMPID_HD std::int64_t rows() const { return std::int64_t{lanes} * frames; }  // < 2^31
  LIMPID_HD std::int64_t at(std::int64_t row, std::int64_t lane, std::int64_t frame) const {
    const auto index = static_cast<std::uint32_t>(row), each = static_cast<std::uint32_t>(frames);
    return index / each * lane + index % each * frame;
  }

  // What follows from all else, for blocks that waste least of the outputs.
  void arrange() { arrange(best_columns()); }
  void arrange(int of_a_block) {
    columns = of_a_block;
    column_blocks = 0;
    Alignment x, y;
    x.steps(x_lane, x_frame);
    y.steps(y_lane, y_frame);
    for (int i = 0; i < count; ++i) {
      parts[i].first = column_blocks;
      column_blocks += (parts[i].n + columns - 1) / columns;
      x.of(parts[i].x).steps(parts[i].k);
      y.of(parts[i].y);
    }
    wide = x.whole(4);
    wide_y = y.whole(4);
  }
  int best_columns() const {
    const auto computed = [this](int width) {
      std::int64_t outputs = 0;
      for (int i = 0; i < count; ++i) outputs += (parts[i].n + width - 1) / width * width;
      return outputs;
    };
    int best = 64;
    for (const int width : {32, 16})
      if (computed(width) < computed(best)) best = width;
    return best;
  }
};

template <int kColumns, Arithmetic kArithmetic = Arithmetic::exact>
struct ManyProducts {
  using Tiles = RealTiles<kColumns, kArithmetic>;
  using Together = typename Tiles::Together;
  using Args = ManyProductArgs;
  static constexpr int kThreads = Tiles::kThreads, kShared = Tiles::kShared;
  static constexpr bool kSettles = Tiles::kSettles;

  struct Registers {
    const float* x;       // of the row that this thread fills; null beyond the last
    std::int32_t part;    // of the block
    std::int32_t column;  // first of the block
    typename Tiles::Staging staging;
    typename Tiles::Sums sums;
  };

  static std::int64_t blocks(const Args& args) {
    return (args.rows() + Tiles::kRows - 1) / Tiles::kRows * args.column_blocks;
  }
  LIMPID_HD static int steps(const Args& args, const Registers& mine) {
    return Tiles::steps(args.parts[mine.part].k);
  }

  LIMPID_HD static void begin(int thread, std::int64_t block, const Args& args, Registers& mine) {
    const auto column = static_cast<int>(block % args.column_blocks);
    mine.part = 0;
    for (int end = args.count; end - mine.part > 1;) {  // the last one that begins there or before
      const int middle = (mine.part + end) / 2;
      if (args.parts[middle].first <= column)
        mine.part = middle;
      else
        end = middle;
    }
    mine.column = (column - args.parts[mine.part].first) * kColumns;
    const std::int64_t row = first_row(block, args) + Tiles::row(thread);
    mine.x = row < args.rows() ? args.parts[mine.part].x + args.at(row, args.x_lane, args.x_frame)
                               : nullptr;
    mine.sums.clear();
  }

  LIMPID_HD static std::int64_t first_row(std::int64_t block, const Args& args) {
    return block / args.column_blocks * Tiles::kRows;
  }

  LIMPID_HD static void fill(int thread, int step, float* shared, const Args& args,
                             Registers& mine) {
    const ProductPart& part = args.parts[mine.part];
    Tiles::fill_x(thread, step, shared, args.wide, part.w, mine.staging,
                  [&](int k) { return mine.x != nullptr && k < part.k ? mine.x + k : nullptr; });
    Tiles::fill_w(thread, step, shared, part.w, part.k, part.n, mine.column);
  }

  LIMPID_HD static void add(int thread, const float* shared, Registers& mine) {
    mine.sums.template add<typename Tiles::Tile>(thread, shared);
  }

  LIMPID_HD static void settle(int thread, float* shared, const Registers& mine) {
    Tiles::settle(thread, shared, mine.staging);
  }

  LIMPID_HD static void finish(int thread, std::int64_t block, const Args& args,
                               const Registers& mine) {
    const ProductPart& part = args.parts[mine.part];
    Tiles::finish(
        thread, first_row(block, args), args.rows(), {mine.column, part.n, part.bias}, mine.sums,
        [&](std::int64_t row) { return part.y + args.at(row, args.y_lane, args.y_frame); },
        typename Tiles::AsTheyAre(),
        [&](int n, Together v, float* y) { store_some(y + n, v, part.n - n, args.wide_y); });
  }
};
static_assert(sizeof(ManyProductArgs) <= 4096);

// Calls f with the program for such blocks.
template <Arithmetic kArithmetic, class F>
auto with_many_products(int columns, F f) {
  if (columns == 64) return f.template operator()<ManyProducts<64, kArithmetic>>();
  if (columns == 32) return f.template operator()<ManyProducts<32, kArithmetic>>();
  return f.template operator()<ManyProducts<16, kArithmetic>>();
}

}  // namespace limpid::kernels::cuda
