// SPDX-License-Identifier: MIT
// x += W_out gelu(W_in norm(x) + b_in) + b_out, for every row of x by itself: the layers that
// LongConv has over bands (models/longconv/perceptron.h), as one kernel. Neither the normed rows
// nor what lies between the two products is ever in memory, where it would be written and read
// several times what x is.
#pragma once

#include "lib/kernels/cuda/norm_layers.h"
#include "lib/kernels/cuda/real_product.h"
#include "lib/kernels/cuda/resident_program.h"

namespace limpid::kernels::cuda {

struct RowPerceptronArgs {
  static constexpr int kMost = 96;  // channels
  ComplexRows<float> x;             // real; fewer than 2^31 rows
  std::int32_t channels, hidden;
  bool wide;  // whole_fours()
  NormWeights norm;
  const float *w_in, *b_in;    // weight_words() of [channels][product_pitch(hidden)], [hidden]
  const float *w_out, *b_out;  // of [hidden][product_pitch(channels)], [channels]

  // Whether four neighbouring channels may be read and written together.
  bool whole_fours() const {
    return channels % 4 == 0 &&
           Alignment().of(x.data).steps(x.stride[0], x.stride[1], x.stride[2]).whole(4);
  }
};

// A block has 128 rows, and 32 values of the hidden layer at a time: one step makes them of the
// normed rows, the next adds what they give to the sums of all channels, which stay in registers.
// kGroups: of 32 channels.
template <int kGroups, Arithmetic kArithmetic>
struct RowPerceptron {
  using Args = RowPerceptronArgs;
  using Tiles = RealTiles<32, kArithmetic>;
  using Sums = typename Tiles::Sums;
  using Number = typename Tiles::Number;
  using Together = typename Tiles::Together;
  static constexpr int kThreads = Tiles::kThreads, kRows = Tiles::kRows, kChunk = 32;
  static constexpr int kTogether = Sums::kTogether;

  // Words of rows that a product reads, and of its weights: eight at a time.
  template <int kInputs, int kOutputs>
  struct Tile {
    static constexpr int kWords = kInputs / Number::kInputs, kDepth = 8;
    static constexpr int kPitchX = kWords + 4, kPitchW = kOutputs + Sums::kPadW;
    static constexpr int kRoomX = kRows * kPitchX, kRoomW = kWords * kPitchW;  // floats
    LIMPID_HD static int x_at(int word, int row) { return row * kPitchX + word; }
  };
  using In = Tile<32 * kGroups, kChunk>;
  using Out = Tile<kChunk, 32 * kGroups>;

  // Normed rows, then values of the hidden layer; before there are any, the shares of moments.
  static constexpr int kFirstHidden = In::kRoomX, kResident = In::kRoomX + Out::kRoomX;
  static constexpr int kShared = In::kRoomW > Out::kRoomW ? In::kRoomW : Out::kRoomW;
  static constexpr int kTeam = 8, kTeams = kThreads / kTeam;  // threads that read a row
  static constexpr int kPerThread = kRows / kTeams;           // rows, kTeams apart
  static constexpr int kPhases = 3;
  static_assert(2 * kRows * kTeam <= Out::kRoomX);

  struct Registers {
    float x[kPerThread][kGroups][4];
    Sums hidden, sums[kGroups];
  };

  static std::int64_t blocks(const Args& args) { return (args.x.total() + kRows - 1) / kRows; }
  LIMPID_HD static int steps(const Args& args) { return (args.hidden + kChunk - 1) / kChunk * 2; }
  LIMPID_HD static int words_in(const Args& args) {  // whole eights
    return (words_of<Number>(args.channels) + 7) / 8 * 8;
  }

  // Phases: sums of shares; with the mean, sums of squares; with both, the normed rows.
  template <int Phase>
  LIMPID_HD static void prepare(int thread, std::int64_t block, float* resident, const Args& args,
                                Registers& mine) {
    LIMPID_UNROLL for (int i = 0; i < kPerThread; ++i) {
      const int row = thread / kTeam + i * kTeams;
      auto* shares = reinterpret_cast<Complex*>(resident + kFirstHidden) + row * kTeam;
      const float mean = Phase == 0 ? 0.0f : of_team(shares, &Complex::re, args);
      if constexpr (Phase == 0) {
        read(thread, block * kRows + row, args, mine.x[i]);
        if (i == 0) clear(mine);
      }
      if constexpr (Phase < 2) {
        float sum = 0;
        each(thread, args, mine.x[i],
             [&](float v, int) { sum += Phase == 0 ? v : (v - mean) * (v - mean); });
        (Phase == 0 ? shares[thread % kTeam].re : shares[thread % kTeam].im) = sum;
      } else {
        const float scale =
            1.0f / std::sqrt(of_team(shares, &Complex::im, args) + args.norm.epsilon);
        each(thread, args, mine.x[i],
             [&](float& v, int c) { v = args.norm.apply((v - mean) * scale, c); });
        LIMPID_UNROLL for (int group = 0; group < kGroups; ++group) store_words<Number>(
            resident + In::x_at(channel(thread, group) / Number::kInputs, row), mine.x[i][group]);
      }
    }
  }

  LIMPID_HD static void clear(Registers& mine) {
    LIMPID_UNROLL for (int group = 0; group < kGroups; ++group) mine.sums[group].clear();
  }
  LIMPID_HD static float of_team(const Complex* shares, float Complex::*part, const Args& args) {
    float sum = 0;
    LIMPID_UNROLL for (int i = 0; i < kTeam; ++i) sum += shares[i].*part;
    return sum / static_cast<float>(args.channels);
  }
  // First of four.
  LIMPID_HD static int channel(int thread, int group) { return group * 32 + thread % kTeam * 4; }

  // A thread's channels of a row; zeros beyond the last of either.
  LIMPID_HD static void read(int thread, std::int64_t row, const Args& args,
                             float (&to)[kGroups][4]) {
    const bool valid = row < args.x.total();
    const float* x = args.x.row(valid ? row : 0);
    LIMPID_UNROLL for (int group = 0; group < kGroups; ++group) {
      const int first = channel(thread, group);
      Four four{{0, 0, 0, 0}};
      if (args.wide) {
        if (valid && first < args.channels) four = load_four(x + first);
      } else {
        LIMPID_UNROLL for (int i = 0; i < 4; ++i) if (valid && first + i < args.channels)
            four.v[i] = x[first + i];
      }
      LIMPID_UNROLL for (int i = 0; i < 4; ++i) to[group][i] = four.v[i];
    }
  }
  template <class F>
  LIMPID_HD static void each(int thread, const Args& args, float (&x)[kGroups][4], F f) {
    LIMPID_UNROLL for (int group = 0; group < kGroups; ++group)
        LIMPID_UNROLL for (int i = 0; i < 4; ++i) {
      const int c = channel(thread, group) + i;
      if (c < args.channels) f(x[group][i], c);
    }
  }

  LIMPID_HD static void fill(int thread, int step, float* tile, const Args& args) {
    const int chunk = step / 2;
    if (step % 2 == 0) {
      const WeightWords from{args.w_in, words_of<Number>(args.channels),
                             product_pitch(args.hidden)};
      for (int piece = thread; piece < words_in(args) * kChunk / 4; piece += kThreads)
        from.template bring<kChunk, In::kPitchW>(piece, tile, 0, chunk * kChunk);
    } else {
      const WeightWords from{args.w_out, words_of<Number>(args.hidden),
                             product_pitch(args.channels)};
      for (int piece = thread; piece < Out::kWords * 8 * kGroups; piece += kThreads)
        from.template bring<32 * kGroups, Out::kPitchW>(piece, tile, chunk * Out::kWords, 0);
    }
  }

  LIMPID_HD static void add(int thread, int step, const float* tile, float* resident,
                            const Args& args, Registers& mine) {
    float* between = resident + kFirstHidden;
    if (step % 2 == 0) {
      mine.hidden.clear();
      LIMPID_NO_UNROLL for (int word = 0; word < words_in(args); word += In::kDepth)
          Sums::template add_to<In, 1>(thread, resident + word, tile + word * In::kPitchW,
                                       &mine.hidden);
      leave(thread, step / 2 * kChunk, between, args, mine.hidden);
    } else {
      LIMPID_UNROLL for (int word = 0; word < Out::kWords; word += Out::kDepth)
          Sums::template add_to<Out, kGroups>(thread, between + word, tile + word * Out::kPitchW,
                                              mine.sums);
    }
  }
  // gelu of what was made of the hidden layer, from value `first` on, as words. Beyond its last
  // value there are zeros.
  LIMPID_HD static void leave(int thread, int first, float* to, const Args& args,
                              const Sums& hidden) {
    hidden.each(thread, [&](int owner, auto at) {
      LIMPID_UNROLL for (int c = 0; c < 4; c += kTogether) {
        const int column = Sums::column(owner, c);
        float bias[kTogether];
        LIMPID_UNROLL for (int i = 0; i < kTogether; ++i) bias[i] =
            first + column + i < args.hidden ? args.b_in[first + column + i] : 0.0f;
        LIMPID_UNROLL for (int r = 0; r < 4; ++r) {
          float values[kTogether];
          LIMPID_UNROLL for (int i = 0; i < kTogether; ++i) values[i] =
              gelu(at(r, c + i).re + bias[i]);
          store_words<Number>(to + Out::x_at(column / Number::kInputs, Sums::row(owner, r)),
                              values);
        }
      }
    });
  }

  LIMPID_HD static void finish(int thread, std::int64_t block, const Args& args,
                               const Registers& mine) {
    LIMPID_UNROLL for (int group = 0; group < kGroups; ++group) Tiles::finish(
        thread, block * kRows, args.x.total(), {group * 32, args.channels, args.b_out},
        mine.sums[group], [&](std::int64_t row) { return args.x.row(row); },
        [&](int n, Together v, float* x) { write(n, v, args, x); });
  }
  LIMPID_HD static void write(int n, Together v, const Args& args, float* x) {
    if (args.wide && n + kTogether <= args.channels) {
      auto* to = reinterpret_cast<Together*>(x + n);
      const Together before = *to;
      LIMPID_UNROLL for (int i = 0; i < kTogether; ++i) v.v[i] += before.v[i];
      *to = v;
    } else {
      LIMPID_UNROLL for (int i = 0; i < kTogether; ++i) if (n + i < args.channels) x[n + i] +=
          v.v[i];
    }
  }
};

// Calls f with the program for so many channels.
template <Arithmetic kArithmetic, class F>
auto with_row_perceptron(int channels, F f) {
  if (channels > 64) return f.template operator()<RowPerceptron<3, kArithmetic>>();
  if (channels > 32) return f.template operator()<RowPerceptron<2, kArithmetic>>();
  return f.template operator()<RowPerceptron<1, kArithmetic>>();
}

}  // namespace limpid::kernels::cuda
