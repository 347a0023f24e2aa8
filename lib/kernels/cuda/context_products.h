// SPDX-License-Identifier: MIT
// The two products of attention along frequency (linear_attention_layers.h) for wide heads: what
// GatherContext and MixContext do with a thread for each value, in tiles of 64 x 64, where what is
// read serves 64 products. Narrow heads would leave most of a tile empty.
#pragma once

#include "lib/kernels/cuda/linear_attention_layers.h"
#include "lib/kernels/cuda/real_tiles.h"

namespace limpid::kernels::cuda {

inline constexpr int kNarrowHead = 32;  // features, up to which a thread each is better

// The tile of a block: a head of a frame, and where the tile begins in its rows and columns.
struct HeadTile {
  static constexpr int kSize = 64, kThreads = 256, kDepth = 16;
  int lane, frame, head, row, column;

  LIMPID_HD static int tiles(int count) { return (count + kSize - 1) / kSize; }
  static std::int64_t blocks(const LinearAttentionArgs& a, int rows) {
    return std::int64_t{a.lanes} * a.frames * a.heads * tiles(rows) * tiles(a.width);
  }
  LIMPID_HD HeadTile(std::int64_t block, const LinearAttentionArgs& a, int rows) {
    const Place place(block, a.lanes, a.frames, a.heads * tiles(rows) * tiles(a.width));
    lane = place.lane;
    frame = place.frame;
    column = place.at % tiles(a.width) * kSize;
    row = place.at / tiles(a.width) % tiles(rows) * kSize;
    head = place.at / tiles(a.width) / tiles(rows);
  }
  template <class T>
  LIMPID_HD T* of(const Frames<T>& x, const LinearAttentionArgs& a) const {
    return x.at(lane, frame) + head * a.width;
  }
  LIMPID_HD float* context(const LinearAttentionArgs& a) const {  // [key feature][value feature]
    return a.context + ((std::int64_t{lane} * a.frames + frame) * a.heads + head) *
                           (std::int64_t{a.width} * a.width);
  }

  // Where a thread copies to of 16 rows of a tile: a row, and four columns from this one on.
  LIMPID_HD static int filled_row(int thread) { return thread / 16; }
  LIMPID_HD static int filled_column(int thread) { return thread % 16 * 4; }
  // Four floats, of which `count` are there; `wide`: all or none of them, at aligned places.
  LIMPID_HD static void copy(float* to, const float* from, int count, bool wide) {
    if (wide) return copy_four_later(to, from, count > 0);
    LIMPID_UNROLL for (int i = 0; i < 4; ++i) copy_later(to + i, from + i * (i < count), i < count);
  }
  // y(row, column) = sum, for those of the tile.
  template <class Sums, class Y>
  LIMPID_HD static void write(int thread, const Sums& sums, int rows, int columns, Y y) {
    sums.each(thread, [&](int owner, auto at) {
      LIMPID_UNROLL for (int r = 0; r < 4; ++r) LIMPID_UNROLL for (int c = 0; c < 4; ++c) {
        const int row = Sums::row(owner, r), column = Sums::column(owner, c);
        if (row < rows && column < columns) y(row, column) = at(r, c).re;
      }
    });
  }
};

template <Arithmetic kArithmetic, class Exact>
using HeadSums = std::conditional_t<
    kArithmetic == Arithmetic::exact, Exact,
    TensorSums<HeadTile::kSize, RealParts, kArithmetic == Arithmetic::tf32x3 ? 3 : 1>>;

// context = key^T value: the tile has key features in its rows, a step 16 rows of the frame.
template <Arithmetic kArithmetic>
struct GatherTiles {
  using Sums = HeadSums<kArithmetic, ExactSums<HeadTile::kSize, RealParts>>;
  using Args = LinearAttentionArgs;
  static constexpr int kThreads = HeadTile::kThreads;
  struct Tile {
    static constexpr int kDepth = HeadTile::kDepth;
    static constexpr int kPitchX = HeadTile::kSize + Sums::kPadX,
                         kPitchW = HeadTile::kSize + Sums::kPadW;
    static constexpr int kFirstW = kDepth * kPitchX;
    LIMPID_HD static int x_at(int input, int row) { return input * kPitchX + row; }
  };
  static constexpr int kShared = Tile::kFirstW + Tile::kDepth * Tile::kPitchW;
  struct Registers {
    const float *key, *value;   // that this thread copies in the first step
    std::int32_t keys, values;  // how many of four there are
    Sums sums;
  };

  static std::int64_t blocks(const Args& a) { return HeadTile::blocks(a, a.width); }
  LIMPID_HD static int steps(const Args& a, const Registers&) {
    return (a.rows + Tile::kDepth - 1) / Tile::kDepth;
  }

  LIMPID_HD static void begin(int thread, std::int64_t block, const Args& args, Registers& mine) {
    const HeadTile tile(block, args, args.width);
    const std::int64_t row = std::int64_t{HeadTile::filled_row(thread)} * args.inner();
    const int key = tile.row + HeadTile::filled_column(thread),
              value = tile.column + HeadTile::filled_column(thread);
    mine.keys = args.width - key;
    mine.values = args.width - value;
    mine.key = tile.of(args.key, args) + row + key;
    mine.value = tile.of(args.value, args) + row + value;
    mine.sums.clear();
  }
  LIMPID_HD static void fill(int thread, int step, float* shared, const Args& args,
                             const Registers& mine) {
    const int depth = HeadTile::filled_row(thread), column = HeadTile::filled_column(thread);
    const std::int64_t from = std::int64_t{step} * Tile::kDepth * args.inner();
    const bool valid = step * Tile::kDepth + depth < args.rows, wide = args.width % 4 == 0;
    const auto copy = [&](float* to, const float* first, int count) {
      const bool there = valid && count > 0;
      HeadTile::copy(to, there ? first + from : args.context, there ? count : 0, wide);
    };
    copy(shared + Tile::x_at(depth, column), mine.key, mine.keys);
    copy(shared + Tile::kFirstW + depth * Tile::kPitchW + column, mine.value, mine.values);
  }
  LIMPID_HD static void add(int thread, const float* shared, Registers& mine) {
    mine.sums.template add<Tile>(thread, shared);
  }
  LIMPID_HD static void finish(int thread, std::int64_t block, const Args& args,
                               const Registers& mine) {
    const HeadTile tile(block, args, args.width);
    float* const context = tile.context(args);
    HeadTile::write(
        thread, mine.sums, args.width - tile.row, args.width - tile.column,
        [&](int row, int column) -> float& {
          return context[std::int64_t{tile.row + row} * args.width + tile.column + column];
        });
  }
};

// mixed = query context: the tile has rows of the frame, a step 16 key features.
template <Arithmetic kArithmetic>
struct MixTiles {
  using Sums = HeadSums<kArithmetic, RowSums<HeadTile::kSize>>;
  using Args = LinearAttentionArgs;
  static constexpr int kThreads = HeadTile::kThreads;
  struct Tile {
    static constexpr int kDepth = HeadTile::kDepth;
    static constexpr int kPitchX = kDepth + 4;  // eight rows lie in different banks
    static constexpr int kPitchW = HeadTile::kSize + Sums::kPadW;
    static constexpr int kFirstW = HeadTile::kSize * kPitchX;
    LIMPID_HD static int x_at(int input, int row) { return row * kPitchX + input; }
  };
  static constexpr int kShared = Tile::kFirstW + Tile::kDepth * Tile::kPitchW;
  struct Registers {
    const float *query, *context;  // that this thread copies in the first step
    std::int32_t queries, values;  // how many there are from there on; of four
    Sums sums;
  };

  static std::int64_t blocks(const Args& a) { return HeadTile::blocks(a, a.rows); }
  LIMPID_HD static int steps(const Args& a, const Registers&) {
    return (a.width + Tile::kDepth - 1) / Tile::kDepth;
  }

  LIMPID_HD static void begin(int thread, std::int64_t block, const Args& args, Registers& mine) {
    const HeadTile tile(block, args, args.rows);
    const int row = tile.row + thread / 4, feature = thread % 4 * 4;
    const int value = tile.column + HeadTile::filled_column(thread);
    mine.queries = row < args.rows ? args.width - feature : 0;
    mine.values = args.width - value;
    mine.query = tile.of(args.query, args) + std::int64_t{row} * args.inner() + feature;
    mine.context = tile.context(args) + HeadTile::filled_row(thread) * args.width + value;
    mine.sums.clear();
  }
  LIMPID_HD static void fill(int thread, int step, float* shared, const Args& args,
                             const Registers& mine) {
    const bool wide = args.width % 4 == 0;
    const int first = step * Tile::kDepth, queries = mine.queries - first;
    HeadTile::copy(shared + Tile::x_at(thread % 4 * 4, thread / 4),
                   queries > 0 ? mine.query + first : args.context, queries > 0 ? queries : 0,
                   wide);
    const int depth = HeadTile::filled_row(thread);
    const bool there = first + depth < args.width && mine.values > 0;
    HeadTile::copy(shared + Tile::kFirstW + depth * Tile::kPitchW + HeadTile::filled_column(thread),
                   there ? mine.context + std::int64_t{first} * args.width : args.context,
                   there ? mine.values : 0, wide);
  }
  LIMPID_HD static void add(int thread, const float* shared, Registers& mine) {
    mine.sums.template add<Tile>(thread, shared);
  }
  LIMPID_HD static void finish(int thread, std::int64_t block, const Args& args,
                               const Registers& mine) {
    const HeadTile tile(block, args, args.rows);
    float* const mixed = tile.of(args.mixed, args) + std::int64_t{tile.row} * args.inner();
    HeadTile::write(thread, mine.sums, args.rows - tile.row, args.width - tile.column,
                    [&](int row, int column) -> float& {
                      return mixed[std::int64_t{row} * args.inner() + tile.column + column];
                    });
  }
};

}  // namespace limpid::kernels::cuda
