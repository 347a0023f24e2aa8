// SPDX-License-Identifier: MIT
// The perceptron of row_perceptron.h on tensor cores. A warp has a strip of 16 rows to itself, and
// what it makes of the hidden layer it needs again at once, as inputs of the second product: sums
// of one product lie in the registers of a warp nearly as inputs of the next one do (as in
// FlashAttention-2, Dao 2023), so the hidden layer never leaves them, and warps wait for each other
// only where weights come.
#pragma once

#include "lib/kernels/cuda/row_perceptron.h"

namespace limpid::kernels::cuda {

// A block has 128 rows. kChunk: values of the hidden layer that a step makes and uses up. kGroups:
// of 32 channels.
template <int kGroups, Arithmetic kArithmetic>
struct StripPerceptron {
  using Args = RowPerceptronArgs;
  using Tiles = RealTiles<32, kArithmetic>;
  using Number = typename Tiles::Number;
  using Sums = typename Tiles::Sums;
  using X = typename Sums::X;
  using W = typename Sums::W;
  using Together = typename Tiles::Together;
  static constexpr int kThreads = Tiles::kThreads, kRows = Tiles::kRows, kStrip = 16;
  static constexpr int kInputs = Number::kInputs, kChunk = 16 * kInputs, kColumns = 8;
  static_assert(kThreads / 32 * kStrip == kRows);

  using In = ResidentTile<Tiles, 32 * kGroups, kChunk>;
  using Out = ResidentTile<Tiles, kChunk, 32 * kGroups>;
  using Rows = NormedRows<kGroups, kRows>;
  static constexpr int kPhases = Rows::kPhases;

  // Normed rows and the shares of moments stay; a tile has what a chunk needs of both weights.
  static constexpr int kResident = In::kRoomX + Rows::kShares;
  static constexpr int kFirstOut = In::kRoomW, kShared = kFirstOut + Out::kRoomW;
  static_assert(Rows::kThreads == kThreads);

  struct Registers {
    Rows rows;
    FragmentSum sums[32 * kGroups / kColumns];
  };

  static std::int64_t blocks(const Args& args) { return (args.x.total() + kRows - 1) / kRows; }
  LIMPID_HD static int steps(const Args& args) { return (args.hidden + kChunk - 1) / kChunk; }

  template <int Phase>
  LIMPID_HD static void prepare(int thread, std::int64_t block, float* resident, const Args& args,
                                Registers& mine) {
    mine.rows.template run<Phase>(thread, args.channels, args.wide, args.norm,
                                  resident + In::kRoomX, [&](int row) -> const float* {
                                    const std::int64_t index = block * kRows + row;
                                    return index < args.x.total() ? args.x.row(index) : nullptr;
                                  });
    if constexpr (Phase == kPhases - 1) {
      mine.rows.template store<Number>(thread, resident, In::kPitchX);
      LIMPID_UNROLL for (auto& sums : mine.sums) clear(sums);
    }
  }
  LIMPID_HD static void clear(FragmentSum& sums) {
    LIMPID_UNROLL for (int i = 0; i < Warp::kLanes; ++i) LIMPID_UNROLL for (int e = 0; e < 4; ++e)
        sums[i][e] = 0;
  }

  LIMPID_HD static void fill(int thread, std::int64_t, int step, float* tile, const Args& args) {
    const WeightWords in{args.w_in, words_of<Number>(args.channels), product_pitch(args.hidden)},
        out{args.w_out, words_of<Number>(args.hidden), product_pitch(args.channels)};
    In::fill(thread, tile, in, 0, step * kChunk);
    Out::fill(thread, tile + kFirstOut, out, step * Out::kWords, 0);
  }

  LIMPID_HD static void add(int thread, std::int64_t, int step, const float* tile, float* resident,
                            const Args& args, Registers& mine) {
    if (!Warp::works(thread)) return;
    FragmentSum hidden[kChunk / kColumns];
    LIMPID_UNROLL for (auto& sums : hidden) clear(sums);
    LIMPID_NO_UNROLL for (int word = 0; word < In::words(args.channels); word += In::kDepth) {
      X x;
      load(thread, resident, word, x);
      LIMPID_UNROLL for (int n = 0; n < kChunk / kColumns; ++n) {
        W w;
        load<In>(thread, tile, word, n, &hidden_column, w);
        Sums::add_product(hidden[n], x, w);
      }
    }
    end(thread, step * kChunk, args, hidden);
    LIMPID_UNROLL for (int word = 0; word < Out::kWords; word += Out::kDepth) {
      X x;
      take(hidden + word * kInputs / kColumns, x);
      LIMPID_UNROLL for (int n = 0; n < 32 * kGroups / kColumns; ++n) {
        W w;
        load<Out>(thread, tile + kFirstOut, word, n, &same_column, w);
        Sums::add_product(mine.sums[n], x, w);
      }
    }
  }

  LIMPID_HD static int strip_row(int thread, int lane) { return thread / 32 * kStrip + lane / 4; }

  // Eight words of a strip's rows, from `first` on.
  LIMPID_HD static void load(int thread, const float* rows, int first, X& to) {
    LIMPID_UNROLL for (int i = 0; i < Warp::kLanes; ++i) LIMPID_UNROLL for (int e = 0; e < 4; ++e) {
      const int lane = Warp::lane(thread, i), word = first + lane % 4 + e / 2 * 4;
      Sums::split(rows[In::x_at(word, strip_row(thread, lane) + e % 2 * 8)], i, e, to.parts);
    }
  }
  // Eight words of weights and eight outputs, n times eight from the first: column(c) is which of
  // them is in column c of the product.
  template <class Tile, class Column>
  LIMPID_HD static void load(int thread, const float* w, int first, int n, Column column, W& to) {
    LIMPID_UNROLL for (int i = 0; i < Warp::kLanes; ++i) LIMPID_UNROLL for (int e = 0; e < 2; ++e) {
      const int lane = Warp::lane(thread, i), word = first + lane % 4 + e * 4;
      Sums::split(w[word * Tile::kPitchW + n * kColumns + column(lane / 4)], i, e, to.parts);
    }
  }

  // A lane has neighbouring columns 2 t and 2 t + 1 of sums, and as inputs of a product words t and
  // t + 4. With two inputs a word those of two products side by side are just that; with one,
  // values of the hidden layer change places.
  LIMPID_HD static int hidden_column(int c) { return kInputs == 2 ? c : c / 2 + c % 2 * 4; }
  LIMPID_HD static int same_column(int c) { return c; }
  LIMPID_HD static void take(const FragmentSum* sums, X& to) {
    LIMPID_UNROLL for (int i = 0; i < Warp::kLanes; ++i) LIMPID_UNROLL for (int e = 0; e < 4; ++e) {
      const int row = e % 2 * 2, far = e / 2;
      if constexpr (kInputs == 2)
        to.parts[0][i][e] = Number::word(sums[far][i][row], sums[far][i][row + 1]);
      else
        Sums::split(sums[0][i][row + far], i, e, to.parts);
    }
  }

  // gelu of sums and bias, for values of the hidden layer from `first` on; beyond its last one
  // there are zeros.
  LIMPID_HD static void end(int thread, int first, const Args& args,
                            FragmentSum (&hidden)[kChunk / kColumns]) {
    LIMPID_UNROLL for (int n = 0; n < kChunk / kColumns; ++n)
        LIMPID_UNROLL for (int i = 0; i < Warp::kLanes; ++i)
            LIMPID_UNROLL for (int c = 0; c < 2; ++c) {
      const int at = first + n * kColumns + hidden_column(Warp::lane(thread, i) % 4 * 2 + c);
      const float bias = at < args.hidden ? args.b_in[at] : 0.0f;
      LIMPID_UNROLL for (int e = c; e < 4; e += 2) hidden[n][i][e] =
          gelu_of<kArithmetic>(hidden[n][i][e] + bias);
    }
  }

  LIMPID_HD static void finish(int thread, std::int64_t block, const Args& args,
                               const Registers& mine) {
    if (!Warp::works(thread)) return;
    LIMPID_UNROLL for (int i = 0; i < Warp::kLanes; ++i) {
      const int lane = Warp::lane(thread, i);
      const std::int64_t first = block * kRows + strip_row(thread, lane);
      float* const rows[] = {row(first, args), row(first + kColumns, args)};
      LIMPID_UNROLL for (int group = 0; group < kGroups; ++group) add_group(
          group, lane % 4 * 2, args, rows, [&](int n, int e) { return mine.sums[n][i][e]; });
    }
  }
  LIMPID_HD static float* row(std::int64_t index, const Args& args) {
    return index < args.x.total() ? args.x.row(index) : nullptr;
  }
  // Adds a lane's sums of 32 channels to two rows, whose first column of eight is `first`. All of
  // them are read before one is written, so that none waits for another.
  template <class At>
  LIMPID_HD static void add_group(int group, int first, const Args& args, float* const (&rows)[2],
                                  At at) {
    constexpr int kFragments = 32 / kColumns;
    const auto channel = [&](int n) { return (group * kFragments + n) * kColumns + first; };
    Together sums[2][kFragments] = {};
    LIMPID_UNROLL for (int r = 0; r < 2; ++r) LIMPID_UNROLL for (int n = 0; n < kFragments; ++n) {
      if (rows[r] != nullptr) sums[r][n] = args.before<Together>(channel(n), rows[r]);
    }
    LIMPID_UNROLL for (int n = 0; n < kFragments; ++n) LIMPID_UNROLL for (int k = 0; k < 2; ++k) {
      const int c = channel(n) + k;
      const float bias = c < args.channels ? args.b_out[c] : 0.0f;
      LIMPID_UNROLL for (int r = 0; r < 2; ++r) sums[r][n].v[k] +=
          at(group * kFragments + n, 2 * r + k) + bias;
    }
    LIMPID_UNROLL for (int r = 0; r < 2; ++r) LIMPID_UNROLL for (int n = 0; n < kFragments; ++n) {
      if (rows[r] != nullptr) args.put(channel(n), sums[r][n], rows[r]);
    }
  }
};

// Calls f with the program for so many channels.
template <Arithmetic kArithmetic, class F>
auto with_row_perceptron(int channels, F f) {
  return with_groups(channels, [&]<int kGroups>() {
    if constexpr (kArithmetic == Arithmetic::exact)
      return f.template operator()<RowPerceptron<kGroups>>();
    else
      return f.template operator()<StripPerceptron<kGroups, kArithmetic>>();
  });
}

}  // namespace limpid::kernels::cuda
