// SPDX-License-Identifier: MIT
// x += W_out gelu(W_in norm(x) + b_in) + b_out, for every row of x by itself: the layers that
// LongConv has over bands (models/longconv/perceptron.h), as one kernel. Neither the normed rows
// nor what lies between the two products is ever in memory, where it would be written and read
// several times what x is. Here in float, on CUDA cores; on tensor cores: strip_perceptron.h.
#pragma once

#include "lib/kernels/cuda/normed_rows.h"
#include "lib/kernels/cuda/real_product.h"
#include "lib/kernels/cuda/resident_program.h"

namespace limpid::kernels::cuda {

struct RowPerceptronArgs {
  ComplexRows<float> x;           // real; fewer than 2^31 rows
  std::int32_t channels, hidden;  // channels: at most kMaxResident
  bool wide;                      // whole_fours()
  NormWeights norm;
  const float *w_in, *b_in;    // weight_words() of [channels][product_pitch(hidden)], [hidden]
  const float *w_out, *b_out;  // of [hidden][product_pitch(channels)], [channels]

  // Whether four neighbouring channels may be read and written together.
  bool whole_fours() const {
    return channels % 4 == 0 &&
           norm.whole_fours(Alignment().of(x.data).steps(x.stride[0], x.stride[1], x.stride[2]));
  }
  // What is at `to` and beside it, of channels from c on.
  template <class Together>
  LIMPID_HD Together before(int c, const float* to) const {
    return load_some<Together>(to + c, channels - c, wide);
  }
  template <class Together>
  LIMPID_HD void put(int c, const Together& values, float* to) const {
    store_some(to + c, values, channels - c, wide);
  }
};

// A block has 128 rows, and 32 values of the hidden layer at a time: one step makes them of the
// normed rows, the next adds what they give to the sums of all channels, which stay in registers.
// kGroups: of 32 channels.
template <int kGroups>
struct RowPerceptron {
  using Args = RowPerceptronArgs;
  using Tiles = RealTiles<32, Arithmetic::exact>;
  using Sums = typename Tiles::Sums;
  using Number = typename Tiles::Number;
  using Together = typename Tiles::Together;
  static constexpr int kThreads = Tiles::kThreads, kRows = Tiles::kRows, kChunk = 32;
  static constexpr int kTogether = Sums::kTogether;

  using In = ResidentTile<Tiles, 32 * kGroups, kChunk>;
  using Out = ResidentTile<Tiles, kChunk, 32 * kGroups>;

  // Normed rows, then values of the hidden layer; before there are any, the shares of moments.
  static constexpr int kFirstHidden = In::kRoomX, kResident = In::kRoomX + Out::kRoomX;
  static constexpr int kShared = In::kRoomW > Out::kRoomW ? In::kRoomW : Out::kRoomW;
  using Rows = NormedRows<kGroups, kRows>;
  static constexpr int kPhases = Rows::kPhases;
  static_assert(Rows::kThreads == kThreads && Rows::kShares <= Out::kRoomX);

  struct Registers {
    Rows rows;
    Sums hidden, sums[kGroups];
  };

  static std::int64_t blocks(const Args& args) { return (args.x.total() + kRows - 1) / kRows; }
  LIMPID_HD static int steps(const Args& args) { return (args.hidden + kChunk - 1) / kChunk * 2; }

  template <int Phase>
  LIMPID_HD static void prepare(int thread, std::int64_t block, float* resident, const Args& args,
                                Registers& mine) {
    mine.rows.template run<Phase>(thread, args.channels, args.wide, args.norm,
                                  resident + kFirstHidden, [&](int row) -> const float* {
                                    const std::int64_t index = block * kRows + row;
                                    return index < args.x.total() ? args.x.row(index) : nullptr;
                                  });
    if constexpr (Phase == kPhases - 1) {
      mine.rows.template store<Number>(thread, resident, In::kPitchX);
      LIMPID_UNROLL for (int group = 0; group < kGroups; ++group) mine.sums[group].clear();
    }
  }

  LIMPID_HD static void fill(int thread, std::int64_t, int step, float* tile, const Args& args) {
    const int chunk = step / 2;
    if (step % 2 == 0) {
      const WeightWords from{args.w_in, words_of<Number>(args.channels),
                             product_pitch(args.hidden)};
      In::fill(thread, tile, from, 0, chunk * kChunk);
    } else {
      const WeightWords from{args.w_out, words_of<Number>(args.hidden),
                             product_pitch(args.channels)};
      Out::fill(thread, tile, from, chunk * Out::kWords, 0);
    }
  }

  LIMPID_HD static void add(int thread, std::int64_t, int step, const float* tile, float* resident,
                            const Args& args, Registers& mine) {
    float* between = resident + kFirstHidden;
    if (step % 2 == 0) {
      mine.hidden.clear();
      LIMPID_NO_UNROLL for (int word = 0; word < In::words(args.channels); word += In::kDepth)
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
        [&](int n, Together v, const float* x) {
          const Together before = args.before<Together>(n, x);
          LIMPID_UNROLL for (int i = 0; i < kTogether; ++i) v.v[i] += before.v[i];
          return v;
        },
        [&](int n, Together v, float* x) { args.put(n, v, x); });
  }
};

}  // namespace limpid::kernels::cuda
