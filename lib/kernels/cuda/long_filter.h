// SPDX-License-Identifier: MIT
// The gated long filters of LongConv (models/longconv/long_memory.h), each value of a frame by
// itself, over frames in a ring: what they work on, and calls of many frames.
// Calls of a few are in long_filter_hops.h.
#pragma once

#include "lib/kernels/cuda/frame_rings.h"
#include "lib/kernels/cuda/frames.h"
#include "lib/kernels/cuda/product_numbers.h"
#include "lib/kernels/cuda/tiled_program.h"

namespace limpid::kernels::cuda {

// q[t] becomes q[t] * sum over d < taps of h[taps - 1 - d] u[t - d] with u = k v, channel by
// channel, rows (bands) alike. The latest frames of u lie in a ring, so that a call of one frame
// moves nothing, as floats or as numbers of 16 bits (StoredOf): it is most of what a stream takes.
struct LongFilterArgs {
  static constexpr int kTail = 16;  // frames of a block (long_filter_hops.h)
  static constexpr int kLive = 8;   // frames of a call; of more, LongFilter reads less

  Frames<float> qkv;  // [row][q, k, v][channel]
  void* ring;         // [lane][capacity][row][channel] of u, zero before the stream
  void* tails;        // [lane][kTail][row][channel], zero before the stream
  const RingHead* head;
  const float* h;  // [tap][channel], the last one is that of the present frame; with
                   // 2 kTail taps of zeros in front
  std::int32_t lanes, frames, rows, channels, taps, capacity;  // ring_capacity()

  LIMPID_HD std::int64_t width() const { return std::int64_t{rows} * channels; }
  // Whether neighbouring channels may be read and written together.
  bool whole_pairs() const {
    return Alignment()
        .of(qkv.data)
        .of(static_cast<const float*>(ring))
        .of(static_cast<const float*>(tails))
        .of(h)
        .steps(channels, qkv.lane, qkv.frame)
        .whole(2);
  }
  // Where a frame lies in the ring of a lane, so many from its beginning, or before it.
  LIMPID_HD std::int64_t in_ring(int at) const {
    return std::int64_t{ring_slot(at, capacity)} * (rows * channels);
  }
};

// Frames of a ring for calls of so many: whole blocks, whose phases go round with it.
constexpr int ring_capacity(int taps, int max_frames) {
  constexpr int kTail = LongFilterArgs::kTail;
  return (taps - 1 + max_frames + kTail - 1) / kTail * kTail;
}

// Of `stored` numbers in memory, how many floats that is.
inline int floats_of_ring(Arithmetic arithmetic, int stored) {
  return with_arithmetic(arithmetic, [&]<Arithmetic kArithmetic>() {
    constexpr int kPerFloat = sizeof(float) / sizeof(StoredOf<kArithmetic>);
    return stored / kPerFloat;
  });
}

// u of the frames of a call enters the ring.
template <class Stored>
struct LongFilterInput : EachValue<LongFilterInput<Stored>, LongFilterArgs> {
  using Args = LongFilterArgs;
  LIMPID_HD static Extent extent(const Args& args) {
    return {args.lanes, args.frames, static_cast<int>(args.width())};
  }
  LIMPID_HD static void each(const Place& place, const Args& args) {
    const int row = place.at / args.channels, c = place.at % args.channels;
    const float* k =
        args.qkv.at(place.lane, place.frame) + (std::int64_t{row} * 3 + 1) * args.channels + c;
    Stored* lane = static_cast<Stored*>(args.ring) + place.lane * args.capacity * args.width();
    store(k[0] * k[args.channels],
          lane[args.in_ring(static_cast<int>(args.head->at) + place.frame) + place.at]);
  }
};

// A block makes kFrames frames of a row of a lane, 32 channels. Its threads share the taps out
// among eight slices; in a slice a thread keeps the latest kFrames values of its channel in
// registers while it walks back in time, so that each one is loaded once for kFrames products.
template <class Stored>
struct LongFilter {
  using Args = LongFilterArgs;
  static constexpr int kFrames = 16, kChannels = 32, kSlices = 8, kThreads = kChannels * kSlices;
  static constexpr int kOutputs = kFrames * kChannels;
  static constexpr int kShared = kSlices * kOutputs / 2, kPhases = 2;

  LIMPID_HD static int groups(int count, int size) { return (count + size - 1) / size; }
  static std::int64_t blocks(const Args& a) {
    return std::int64_t{a.lanes} * a.rows * groups(a.frames, kFrames) *
           groups(a.channels, kChannels);
  }

  struct Corner {  // what the block begins with
    int lane, row, frame, channel;
    LIMPID_HD Corner(std::int64_t block, const Args& args) {
      const int channels = groups(args.channels, kChannels), frames = groups(args.frames, kFrames);
      channel = static_cast<int>(block % channels) * kChannels;
      frame = static_cast<int>(block / channels % frames) * kFrames;
      const auto place = static_cast<int>(block / channels / frames);
      lane = place / args.rows;
      row = place % args.rows;
    }
  };

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex* shared, const Args& args) {
    const Corner corner(block, args);
    float* sums = reinterpret_cast<float*>(shared);  // [slice][frame][channel]
    if constexpr (Phase == 0)
      add(thread, corner, sums, args);
    else
      finish(thread, corner, sums, args);
  }

  LIMPID_HD static void add(int thread, const Corner& corner, float* sums, const Args& args) {
    const int c = corner.channel + thread % kChannels, slice = thread / kChannels;
    const int share = groups(args.taps, kSlices), begin = slice * share;
    const int last = begin + share < args.taps ? begin + share : args.taps;
    const int end = c < args.channels ? last : begin;
    const Stored* from = static_cast<const Stored*>(args.ring) +
                         corner.lane * args.capacity * args.width() + corner.row * args.channels +
                         c;
    const int at = static_cast<int>(args.head->at) + corner.frame;
    const auto u = [&](int frame, int d) {  // beyond the last frame anything
      return d < end ? to_float(from[args.in_ring(at + frame - d)]) : 0.0f;
    };
    // u[frame - d] is in slot (frame - (d - begin)) mod kFrames.
    float sum[kFrames], latest[kFrames];
    LIMPID_UNROLL for (int f = 0; f < kFrames; ++f) {
      sum[f] = 0;
      latest[f] = f == 0 ? 0.0f : u(f, begin);
    }
    LIMPID_NO_UNROLL for (int chunk = begin; chunk < end; chunk += kFrames) {
      LIMPID_UNROLL for (int j = 0; j < kFrames; ++j) {
        const int d = chunk + j;
        const float h =
            d < end ? args.h[std::int64_t{args.taps - 1 - d} * args.channels + c] : 0.0f;
        latest[(kFrames - j) % kFrames] = u(0, d);
        LIMPID_UNROLL for (int f = 0; f < kFrames; ++f) sum[f] +=
            h * latest[(f + kFrames - j) % kFrames];
      }
    }
    LIMPID_UNROLL for (int f = 0; f < kFrames; ++f)
        sums[(slice * kFrames + f) * kChannels + thread % kChannels] = sum[f];
  }

  LIMPID_HD static void finish(int thread, const Corner& corner, const float* sums,
                               const Args& args) {
    for (int output = thread; output < kOutputs; output += kThreads) {
      const int c = corner.channel + output % kChannels, frame = corner.frame + output / kChannels;
      if (frame >= args.frames || c >= args.channels) continue;
      float sum = 0;
      LIMPID_UNROLL for (int slice = 0; slice < kSlices; ++slice) sum +=
          sums[slice * kOutputs + output];
      args.qkv.at(corner.lane, frame)[std::int64_t{corner.row} * 3 * args.channels + c] *= sum;
    }
  }
};

}  // namespace limpid::kernels::cuda
