// SPDX-License-Identifier: MIT
// What layers keep from one call to the next, and how it is cleared.
#pragma once

#include "lib/kernels/cuda/frames.h"

namespace limpid::kernels::cuda {

// [blocks][frame][payload], of which the first `history` frames stay for the next call; blocks are
// the lanes, or their real parts and then their imaginary ones.
struct LayerMemory {
  static constexpr int kMax = 64;  // at a time
  float* data;
  std::int64_t block;  // floats from a block to the next
  std::int32_t blocks, payload, history;
};

// Frames [shift, shift + history) become frames [0, history), for several memories at once. A
// thread takes one value of every kept frame in turn, as the two may overlap.
struct ShiftHistoryArgs {
  LayerMemory memories[LayerMemory::kMax];
  std::int32_t count, shift;
};
struct ShiftHistory {
  using Args = ShiftHistoryArgs;
  static constexpr int kThreads = kFrameThreads, kShared = 0, kPhases = 1;
  LIMPID_HD static std::int64_t values(const LayerMemory& m) {
    return std::int64_t{m.blocks} * m.payload;
  }
  static std::int64_t blocks(const Args& args) {
    std::int64_t all = 0;
    for (int i = 0; i < args.count; ++i) all += values(args.memories[i]);
    return frame_blocks(all);
  }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex*, const Args& args) {
    std::int64_t index = block * kThreads + thread;
    int which = 0;
    while (which < args.count && index >= values(args.memories[which]))
      index -= values(args.memories[which++]);
    if (which == args.count) return;
    const LayerMemory& m = args.memories[which];
    float* data = m.data + index / m.payload * m.block + index % m.payload;
    for (std::int64_t f = 0; f < m.history; ++f)
      data[f * m.payload] = data[(f + args.shift) * m.payload];
  }
};

// Lanes [first, first + some) of them as a stream begins: their histories become zero.
struct ClearHistoryArgs {
  LayerMemory memories[LayerMemory::kMax];
  std::int32_t count, lanes, first, some;
};
struct ClearHistory {
  using Args = ClearHistoryArgs;
  static constexpr int kThreads = kFrameThreads, kShared = 0, kPhases = 1;
  LIMPID_HD static std::int64_t of_block(const LayerMemory& m) {
    return std::int64_t{m.history} * m.payload;
  }
  LIMPID_HD static std::int64_t values(const LayerMemory& m, const Args& args) {
    return m.blocks / args.lanes * args.some * of_block(m);
  }
  static std::int64_t blocks(const Args& args) {
    std::int64_t all = 0;
    for (int i = 0; i < args.count; ++i) all += values(args.memories[i], args);
    return frame_blocks(all);
  }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex*, const Args& args) {
    std::int64_t index = block * kThreads + thread;
    int which = 0;
    while (which < args.count && index >= values(args.memories[which], args))
      index -= values(args.memories[which++], args);
    if (which == args.count) return;
    const LayerMemory& m = args.memories[which];
    const std::int64_t n = index / of_block(m);  // which of these blocks
    m.data[(n / args.some * args.lanes + args.first + n % args.some) * m.block +
           index % of_block(m)] = 0;
  }
};

// Frames before a stream's beginning become zero, as its layers find them on a CPU. A thread has
// many of their values: nearly always all frames are of the stream, and there is nothing to do.
struct SilenceArgs {
  Frames<float> y;
  Alive alive;
  std::int32_t lanes, frames, width;
};
struct Silence : EachValue<Silence, SilenceArgs> {
  static constexpr int kValues = 32;
  LIMPID_HD static int threads(const Args& args) { return (args.width + kValues - 1) / kValues; }
  LIMPID_HD static Extent extent(const Args& args) {
    return {args.lanes, args.frames, threads(args)};
  }
  LIMPID_HD static void each(const Place& place, const Args& args) {
    if (is_alive(args.alive, place.lane, place.frame)) return;
    float* y = args.y.at(place.lane, place.frame);
    for (int at = place.at; at < args.width; at += threads(args))
      y[at] = y[at + args.y.imaginary] = 0;
  }
};

}  // namespace limpid::kernels::cuda
