// SPDX-License-Identifier: MIT
// A block of a product of real matrices: how its 256 threads bring tiles of rows of X and of W to
// shared memory, and where sums come out. Which rows and outputs they are is for the program to say
// (real_product.h, many_products.h).
#pragma once

#include <cstdint>

#include "lib/kernels/cuda/complex_rows.h"
#include "lib/kernels/cuda/product_sums.h"
#include "lib/kernels/cuda/tile_words.h"

namespace limpid::kernels::cuda {

constexpr int product_pitch(int n) {
  return (n + 3) / 4 * 4;
}

// Weights in memory: weight_words() of [inputs][pitch].
struct WeightWords {
  const float* w;
  int words, pitch;

  // Brings a piece of a tile, which has kColumns outputs, from `column` on, of words from `first`
  // on: four outputs, zeros for what there is not.
  template <int kColumns, int kPitch>
  LIMPID_HD void bring(int piece, float* tile, int first, int column) const {
    const int depth = piece / (kColumns / 4), at = piece % (kColumns / 4) * 4;
    const bool valid = first + depth < words && column + at < pitch;
    copy_four_later(tile + depth * kPitch + at,
                    w + (valid ? (first + depth) * pitch + column + at : 0), valid);
  }
};

// Adds in float, from rows of x that lie along their inputs: a thread has rows g, g + kGroups, ...
// of four neighbouring outputs.
template <int kColumns>
struct RowSums {
  static constexpr int kPadW = 0, kGroups = 1024 / kColumns, kTogether = 4;
  float sum[4][4];

  LIMPID_HD void clear() {
    LIMPID_UNROLL for (int r = 0; r < 4; ++r) LIMPID_UNROLL for (int c = 0; c < 4; ++c) sum[r][c] =
        0;
  }

  template <class Tile>
  LIMPID_HD void add(int thread, const float* shared) {
    add_to<Tile, 1>(thread, shared, shared + Tile::kFirstW, this);
  }
  // The same for kSets neighbouring blocks of columns, for each of which x is loaded but once.
  template <class Tile, int kSets>
  LIMPID_HD static void add_to(int thread, const float* x, const float* w, RowSums* sums) {
    w += column(thread, 0);
    LIMPID_UNROLL for (int first = 0; first < Tile::kDepth; first += 4) {
      Four rows[4];
      LIMPID_UNROLL for (int r = 0; r < 4; ++r) rows[r] =
          load_four(x + Tile::x_at(first, row(thread, r)));
      LIMPID_UNROLL for (int set = 0; set < kSets; ++set) LIMPID_UNROLL for (int i = 0; i < 4; ++i)
          sums[set]
              .add_input(rows, i, load_four(w + (first + i) * Tile::kPitchW + set * kColumns));
    }
  }
  LIMPID_HD void add_input(const Four (&rows)[4], int i, Four columns) {
    LIMPID_UNROLL for (int r = 0; r < 4; ++r) LIMPID_UNROLL for (int c = 0; c < 4; ++c) sum[r][c] +=
        rows[r].v[i] * columns.v[c];
  }

  LIMPID_HD static int row(int thread, int r) { return thread / (kColumns / 4) + r * kGroups; }
  LIMPID_HD static int column(int thread, int c) { return thread % (kColumns / 4) * 4 + c; }
  template <class F>
  LIMPID_HD void each(int thread, F f) const {
    f(thread, [&](int r, int c) { return Complex{sum[r][c], 0}; });
  }
};

// Columns of outputs in a block: 64, 32 or 16; rows: what leaves every thread 4 x 4 outputs. Four
// inputs at a time are copied where they lie at aligned places.
template <int kColumns, Arithmetic kArithmetic>
struct RealTiles {
  using Number = NumberOf<kArithmetic>;
  using Sums = SumsOf<kArithmetic, RowSums<kColumns>, kColumns>;
  using Words = Staged<Number, 4>;
  static constexpr bool kSettles = Words::kSettles;
  static constexpr int kOutputs = kColumns, kThreads = 256;
  static constexpr int kRows = kThreads * 16 / kColumns;
  static constexpr int kInputs = Number::kInputs;  // of a word

  // What lies in shared memory: a step's inputs.
  struct Tile {
    static constexpr int kDepth = kSettles && kColumns == 16 ? 8 : 16;  // 16 inputs a thread
    static constexpr int kPitchX = kDepth + 4;  // eight rows lie in different banks
    static constexpr int kPitchW = kColumns + Sums::kPadW;
    static constexpr int kFirstW = kRows * kPitchX;
    LIMPID_HD static int x_at(int word, int row) { return row * kPitchX + word; }
  };
  static constexpr int kShared = Tile::kFirstW + Tile::kDepth * Tile::kPitchW;
  static constexpr int kPerRow = kThreads / kRows;           // threads that fill a row
  static constexpr int kFours = Tile::kDepth / 4 / kPerRow;  // words that each brings, in fours

  struct Staging {
    Words fours[kFours];
  };

  LIMPID_HD static int row(int thread) { return thread / kPerRow; }  // that a thread fills
  LIMPID_HD static std::int64_t column_blocks(int n) { return (n + kColumns - 1) / kColumns; }
  LIMPID_HD static int steps(int k) {
    return (words_of<Number>(k) + Tile::kDepth - 1) / Tile::kDepth;
  }
  LIMPID_HD static int word(int thread, int four) {  // first of a thread's four
    return (thread % kPerRow * kFours + four) * 4;
  }

  // input(k): where that input of the thread's row lies; null: it is zero. `any` may be read.
  // `together`: all inputs of four words lie side by side, or none is there.
  template <class Input>
  LIMPID_HD static void fill_x(int thread, int step, float* shared, bool wide, const float* any,
                               Staging& staging, Input input, bool together = false) {
    const auto fill_four = [&](int four) {
      const int first = word(thread, four), k = (step * Tile::kDepth + first) * kInputs;
      float* to = shared + Tile::x_at(first, row(thread));
      const float* from = nullptr;
      LIMPID_UNROLL for (int at = 0; at < 4 * kInputs; at += 4) {
        if (wide) {
          if (at == 0 || !together)
            from = input(k + at);
          else if (from != nullptr)
            from += 4;
          staging.fours[four].four(at, to, from != nullptr ? from : any, from != nullptr);
          continue;
        }
        LIMPID_UNROLL for (int i = at; i < at + 4; ++i) {
          from = input(k + i);
          staging.fours[four].one(i, to, from != nullptr ? from : any, from != nullptr);
        }
      }
    };
    if constexpr (kSettles) {  // registers have no index
      LIMPID_UNROLL for (int four = 0; four < kFours; ++four) fill_four(four);
    } else {
      LIMPID_NO_UNROLL for (int four = 0; four < kFours; ++four) fill_four(four);
    }
  }
  LIMPID_HD static void settle(int thread, float* shared, const Staging& staging) {
    LIMPID_UNROLL for (int four = 0; four < kFours; ++four) staging.fours[four].settle(
        shared + Tile::x_at(word(thread, four), row(thread)));
  }

  // kWide outputs from `column` on of w, weight_words() of [inputs][product_pitch(outputs)].
  template <int kWide = kColumns>
  LIMPID_HD static void fill_w(int thread, int step, float* shared, const float* w, int inputs,
                               int outputs, int column) {
    const WeightWords from{w, words_of<Number>(inputs), product_pitch(outputs)};
    constexpr int kPieces = Tile::kDepth * kWide / 4;
    LIMPID_UNROLL for (int before = 0; before < kPieces; before += kThreads) {
      if (before + kThreads > kPieces && before + thread >= kPieces) return;
      from.bring<kWide, kWide + Sums::kPadW>(before + thread, shared + Tile::kFirstW,
                                             step * Tile::kDepth, column);
    }
  }

  // Outputs of a thread that lie side by side, the first of them at an even place.
  struct alignas(Sums::kTogether * sizeof(float)) Together {
    float v[Sums::kTogether];
  };
  struct Outputs {
    int column, n;      // the block's first one, how many there are
    const float* bias;  // [n]; null: none
  };
  // Outputs n and those beside it, of which some may be beyond the last, in `rows` rows from
  // `first` on: y = row(r); v = end(n, v, y), which may read; write(n, v, y). Nothing is written
  // before all was read, so that no read waits for another.
  template <class Row, class End, class Write>
  LIMPID_HD static void finish(int thread, std::int64_t first, std::int64_t rows, Outputs of,
                               const Sums& sums, Row row, End end, Write write) {
    constexpr int kTogether = Sums::kTogether;
    sums.each(thread, [&](int owner, auto at) {
      float bias[4];
      LIMPID_UNROLL for (int c = 0; c < 4; ++c) {
        const int n = of.column + Sums::column(owner, c);
        bias[c] = of.bias != nullptr && n < of.n ? of.bias[n] : 0.0f;
      }
      Together ended[4][4 / kTogether] = {};
      float* y[4];
      LIMPID_UNROLL for (int r = 0; r < 4; ++r) {
        const std::int64_t index = first + Sums::row(owner, r);
        y[r] = index < rows ? row(index) : nullptr;
        if (y[r] == nullptr) continue;
        LIMPID_UNROLL for (int c = 0; c < 4; c += kTogether) {
          Together v;
          LIMPID_UNROLL for (int i = 0; i < kTogether; ++i) v.v[i] = at(r, c + i).re + bias[c + i];
          ended[r][c / kTogether] = end(of.column + Sums::column(owner, c), v, y[r]);
        }
      }
      LIMPID_UNROLL for (int r = 0; r < 4; ++r) if (y[r] != nullptr)
          LIMPID_UNROLL for (int c = 0; c < 4; c += kTogether)
              write(of.column + Sums::column(owner, c), ended[r][c / kTogether], y[r]);
    });
  }
  // Of outputs that are what they are.
  struct AsTheyAre {
    LIMPID_HD Together operator()(int, Together v, const float*) const { return v; }
  };
};

// Rows of up to kInputs that stay in shared memory, and weights of kOutputs that come to them:
// sums take eight words at a time.
template <class Tiles, int kInputs, int kOutputs>
struct ResidentTile {
  using Number = typename Tiles::Number;
  static constexpr int kWords = kInputs / Number::kInputs, kDepth = 8;
  static constexpr int kPitchX = kWords + 4, kPitchW = kOutputs + Tiles::Sums::kPadW;
  static constexpr int kRoomX = Tiles::kRows * kPitchX, kRoomW = kWords * kPitchW;  // floats
  LIMPID_HD static int x_at(int word, int row) { return row * kPitchX + word; }

  LIMPID_HD static int words(int inputs) {  // whole eights
    return (words_of<Number>(inputs) + kDepth - 1) / kDepth * kDepth;
  }
  // Words of weights from `first` on, of outputs from `column` on, zeros for what there is not.
  LIMPID_HD static void fill(int thread, float* tile, const WeightWords& from, int first,
                             int column) {
    constexpr int kPieces = kWords * kOutputs / 4, kThreads = Tiles::kThreads;
    const auto round = [&](int before) {
      if (before + kThreads <= kPieces || before + thread < kPieces)
        from.bring<kOutputs, kPitchW>(before + thread, tile, first, column);
    };
    if constexpr (Number::kInputs == 2) {
      LIMPID_UNROLL for (int before = 0; before < kPieces; before += kThreads) round(before);
    } else {  // twice as many, and sums of floats leave no registers for their addresses
      LIMPID_NO_UNROLL for (int before = 0; before < kPieces; before += kThreads) round(before);
    }
  }

  // Adds the product of so many words to neighbouring sums.
  template <int kSets, class Sums>
  LIMPID_HD static void add(int thread, const float* rows, const float* tile, int words,
                            Sums* sums) {
    LIMPID_NO_UNROLL for (int word = 0; word < words; word += kDepth)
        Sums::template add_to<ResidentTile, kSets>(thread, rows + word, tile + word * kPitchW,
                                                   sums);
  }
  // The product of so many words by itself: all outputs of the tile, `of.column` and those behind
  // it, of `count` rows from `first` on, where row(index) tells. `wide`: side by side.
  template <int kSets, class Sums, class Row>
  LIMPID_HD static void make(int thread, const float* rows, const float* tile, int words,
                             std::int64_t first, std::int64_t count, typename Tiles::Outputs of,
                             bool wide, Sums (&sums)[kSets], Row row) {
    static_assert(kSets * Tiles::kOutputs == kOutputs);
    LIMPID_UNROLL for (int set = 0; set < kSets; ++set) sums[set].clear();
    add<kSets>(thread, rows, tile, words, sums);
    LIMPID_UNROLL for (int set = 0; set < kSets; ++set) Tiles::finish(
        thread, first, count, {of.column + set * Tiles::kOutputs, of.n, of.bias}, sums[set], row,
        typename Tiles::AsTheyAre(),
        [&](int n, typename Tiles::Together v, float* y) { store_some(y + n, v, of.n - n, wide); });
  }
};

}  // namespace limpid::kernels::cuda
