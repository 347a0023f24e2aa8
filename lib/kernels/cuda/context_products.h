// SPDX-License-Identifier: MIT
// Attention along frequency with wide heads: keys meet the rows that values would be made of, not
// the values (models/deftan2/sequence_half.h). What they gather goes through value and output
// projection once a frame, and queries find the result of all heads there: neither values nor what
// is mixed of them exist. Tiles of 64 x 64, in which what is read serves 64 products; narrow heads
// would leave most of one empty, and have threads of their own (linear_attention_layers.h).
#pragma once

#include "lib/kernels/cuda/linear_attention_layers.h"
#include "lib/kernels/cuda/real_product.h"

namespace limpid::kernels::cuda {

inline constexpr int kNarrowHead = 32;  // features, up to which a thread for each value is better

// Of a frame, rows lie side by side: `inner` features of keys or queries, `channels` of x and y.
// Where those are whole fours, everything begins at multiples of 16 bytes.
struct ContextArgs {
  Frames<const float> x;  // gather: keys; add: queries
  Frames<const float> y;  // gather: what they meet
  Frames<float> to;       // add: += x context + bias
  float* context;         // [lane][frame][feature][channel]
  const float* bias;      // [channel]
  std::int32_t lanes, frames, rows, inner, channels;
  // Packed, all of them are words of two numbers of 16 bits (strip_context.h, strip_queries.h), and
  // x has channels that keys and queries are made of, by strip_words() of [channel][feature].
  bool packed = false;
  const float* weights = nullptr;
};

// The tile of a block: a frame, and where the tile begins in the `rows` of its product.
struct ContextTile {
  static constexpr int kSize = 64, kThreads = 256, kDepth = 16;
  int lane, frame, row, column;

  LIMPID_HD static int tiles(int count) { return (count + kSize - 1) / kSize; }
  static std::int64_t blocks(const ContextArgs& a, int rows) {
    return std::int64_t{a.lanes} * a.frames * tiles(rows) * tiles(a.channels);
  }
  LIMPID_HD ContextTile(std::int64_t block, const ContextArgs& a, int rows) {
    const Place place(block, a.lanes, a.frames, tiles(rows) * tiles(a.channels));
    lane = place.lane;
    frame = place.frame;
    row = place.at / tiles(a.channels) * kSize;
    column = place.at % tiles(a.channels) * kSize;
  }
  LIMPID_HD float* context(const ContextArgs& a) const {
    return a.context +
           (std::int64_t{lane} * a.frames + frame) * (std::int64_t{a.inner} * a.channels);
  }

  // Where a thread brings words to of 16 rows of a tile: a row, and four columns from this one on.
  LIMPID_HD static int filled_row(int thread) { return thread / 16; }
  LIMPID_HD static int filled_column(int thread) { return thread % 16 * 4; }
  // Four inputs from `at` on, of which `count` are there; `wide`: all or none of them, at aligned
  // places.
  template <class Words>
  LIMPID_HD static void bring(Words& words, int at, float* to, const float* from, int count,
                              bool wide) {
    if (wide) return words.four(at, to, from, count > 0);
    LIMPID_UNROLL for (int i = 0; i < 4; ++i)
        words.one(at + i, to, from + i * (i < count), i < count);
  }
  // y(row, column, sum) for those of the tile.
  template <class Sums, class Y>
  LIMPID_HD static void write(int thread, const Sums& sums, int rows, int columns, Y y) {
    sums.each(thread, [&](int owner, auto at) {
      LIMPID_UNROLL for (int r = 0; r < 4; ++r) LIMPID_UNROLL for (int c = 0; c < 4; ++c) {
        const int i = Sums::row(owner, r), j = Sums::column(owner, c);
        if (i < rows && j < columns) y(i, j, at(r, c).re);
      }
    });
  }
};

// context = keys^T y: the tile has features in its rows, a step 16 words of rows of the frame.
template <Arithmetic kArithmetic>
struct GatherTiles {
  using Number = NumberOf<kArithmetic>;
  using Sums = SumsOf<kArithmetic, ExactSums<ContextTile::kSize, RealParts>, ContextTile::kSize>;
  using Words = Staged<Number, 4>;
  using Args = ContextArgs;
  static constexpr int kThreads = ContextTile::kThreads, kInputs = Number::kInputs;
  static constexpr bool kSettles = Words::kSettles;
  struct Tile {
    static constexpr int kDepth = ContextTile::kDepth;
    static constexpr int kPitchX = ContextTile::kSize + Sums::kPadX,
                         kPitchW = ContextTile::kSize + Sums::kPadW;
    static constexpr int kFirstW = kDepth * kPitchX;
    LIMPID_HD static int x_at(int word, int row) { return word * kPitchX + row; }
    LIMPID_HD static int w_at(int word, int column) { return kFirstW + word * kPitchW + column; }
  };
  static constexpr int kShared = Tile::kFirstW + Tile::kDepth * Tile::kPitchW;
  struct Registers {
    const float *key, *y;         // that this thread brings first
    std::int32_t keys, channels;  // how many of four there are
    Words key_words, y_words;
    Sums sums;
  };

  static std::int64_t blocks(const Args& a) { return ContextTile::blocks(a, a.inner); }
  LIMPID_HD static int steps(const Args& a, const Registers&) {
    return (words_of<Number>(a.rows) + Tile::kDepth - 1) / Tile::kDepth;
  }

  LIMPID_HD static void begin(int thread, std::int64_t block, const Args& args, Registers& mine) {
    const ContextTile tile(block, args, args.inner);
    const std::int64_t row = ContextTile::filled_row(thread) * kInputs;
    const int key = tile.row + ContextTile::filled_column(thread),
              channel = tile.column + ContextTile::filled_column(thread);
    mine.keys = args.inner - key;
    mine.channels = args.channels - channel;
    mine.key = args.x.at(tile.lane, tile.frame) + row * args.inner + key;
    mine.y = args.y.at(tile.lane, tile.frame) + row * args.channels + channel;
    mine.sums.clear();
  }
  LIMPID_HD static void fill(int thread, int step, float* shared, const Args& args,
                             Registers& mine) {
    const int depth = ContextTile::filled_row(thread), column = ContextTile::filled_column(thread);
    LIMPID_UNROLL for (int j = 0; j < kInputs; ++j) {
      const std::int64_t on = std::int64_t{step} * Tile::kDepth * kInputs + j;  // rows
      const auto bring = [&](Words& words, float* to, const float* first, int count, int width) {
        const bool there = on + depth * kInputs < args.rows && count > 0;
        ContextTile::bring(words, 4 * j, to, there ? first + on * width : args.context,
                           there ? count : 0, width % 4 == 0);
      };
      bring(mine.key_words, shared + Tile::x_at(depth, column), mine.key, mine.keys, args.inner);
      bring(mine.y_words, shared + Tile::w_at(depth, column), mine.y, mine.channels, args.channels);
    }
  }
  LIMPID_HD static void settle(int thread, float* shared, const Registers& mine) {
    const int depth = ContextTile::filled_row(thread), column = ContextTile::filled_column(thread);
    mine.key_words.settle_across(shared + Tile::x_at(depth, column));
    mine.y_words.settle_across(shared + Tile::w_at(depth, column));
  }
  LIMPID_HD static void add(int thread, const float* shared, Registers& mine) {
    mine.sums.template add<Tile>(thread, shared);
  }
  LIMPID_HD static void finish(int thread, std::int64_t block, const Args& args,
                               const Registers& mine) {
    const ContextTile tile(block, args, args.inner);
    float* const to = tile.context(args) + std::int64_t{tile.row} * args.channels + tile.column;
    ContextTile::write(thread, mine.sums, args.inner - tile.row, args.channels - tile.column,
                       [&](int row, int column, float sum) {
                         to[std::int64_t{row} * args.channels + column] = sum;
                       });
  }
};

// to += queries context + bias: the tile has rows of the frame, a step 16 words of features.
template <Arithmetic kArithmetic>
struct AddContextTiles {
  using Number = NumberOf<kArithmetic>;
  using Sums = SumsOf<kArithmetic, RowSums<ContextTile::kSize>, ContextTile::kSize>;
  using Words = Staged<Number, 4>;
  using Args = ContextArgs;
  static constexpr int kThreads = ContextTile::kThreads, kInputs = Number::kInputs;
  static constexpr bool kSettles = Words::kSettles;
  struct Tile {
    static constexpr int kDepth = ContextTile::kDepth;
    static constexpr int kPitchX = kDepth + 4;  // eight rows lie in different banks
    static constexpr int kPitchW = ContextTile::kSize + Sums::kPadW;
    static constexpr int kFirstW = ContextTile::kSize * kPitchX;
    LIMPID_HD static int x_at(int word, int row) { return row * kPitchX + word; }
    LIMPID_HD static int w_at(int word, int column) { return kFirstW + word * kPitchW + column; }
  };
  static constexpr int kShared = Tile::kFirstW + Tile::kDepth * Tile::kPitchW;
  struct Registers {
    const float *query, *context;    // that this thread brings first
    std::int32_t queries, channels;  // how many there are from there on; of four
    Words query_words, context_words;
    Sums sums;
  };

  static std::int64_t blocks(const Args& a) { return ContextTile::blocks(a, a.rows); }
  LIMPID_HD static int steps(const Args& a, const Registers&) {
    return (words_of<Number>(a.inner) + Tile::kDepth - 1) / Tile::kDepth;
  }
  // Where a thread brings queries to: four words of a row.
  LIMPID_HD static int query_word(int thread) { return thread % 4 * 4; }
  LIMPID_HD static int query_row(int thread) { return thread / 4; }

  LIMPID_HD static void begin(int thread, std::int64_t block, const Args& args, Registers& mine) {
    const ContextTile tile(block, args, args.rows);
    const int row = tile.row + query_row(thread), feature = query_word(thread) * kInputs;
    const int channel = tile.column + ContextTile::filled_column(thread);
    mine.queries = row < args.rows ? args.inner - feature : 0;
    mine.channels = args.channels - channel;
    mine.query = args.x.at(tile.lane, tile.frame) + std::int64_t{row} * args.inner + feature;
    mine.context = tile.context(args) +
                   std::int64_t{ContextTile::filled_row(thread) * kInputs} * args.channels +
                   channel;
    mine.sums.clear();
  }
  LIMPID_HD static void fill(int thread, int step, float* shared, const Args& args,
                             Registers& mine) {
    const int depth = ContextTile::filled_row(thread), column = ContextTile::filled_column(thread);
    const int first = step * Tile::kDepth * kInputs;  // feature
    LIMPID_UNROLL for (int j = 0; j < kInputs; ++j) {
      const int on = first + 4 * j, queries = mine.queries - on;
      ContextTile::bring(mine.query_words, 4 * j,
                         shared + Tile::x_at(query_word(thread), query_row(thread)),
                         queries > 0 ? mine.query + on : args.context, queries > 0 ? queries : 0,
                         args.inner % 4 == 0);
      const bool there = first + depth * kInputs + j < args.inner && mine.channels > 0;
      ContextTile::bring(
          mine.context_words, 4 * j, shared + Tile::w_at(depth, column),
          there ? mine.context + std::int64_t{first + j} * args.channels : args.context,
          there ? mine.channels : 0, args.channels % 4 == 0);
    }
  }
  LIMPID_HD static void settle(int thread, float* shared, const Registers& mine) {
    mine.query_words.settle(shared + Tile::x_at(query_word(thread), query_row(thread)));
    mine.context_words.settle_across(
        shared + Tile::w_at(ContextTile::filled_row(thread), ContextTile::filled_column(thread)));
  }
  LIMPID_HD static void add(int thread, const float* shared, Registers& mine) {
    mine.sums.template add<Tile>(thread, shared);
  }
  LIMPID_HD static void finish(int thread, std::int64_t block, const Args& args,
                               const Registers& mine) {
    const ContextTile tile(block, args, args.rows);
    float* const to =
        args.to.at(tile.lane, tile.frame) + std::int64_t{tile.row} * args.channels + tile.column;
    const float* const bias = args.bias + tile.column;
    ContextTile::write(thread, mine.sums, args.rows - tile.row, args.channels - tile.column,
                       [&](int row, int column, float sum) {
                         to[std::int64_t{row} * args.channels + column] += sum + bias[column];
                       });
  }
};

}  // namespace limpid::kernels::cuda
