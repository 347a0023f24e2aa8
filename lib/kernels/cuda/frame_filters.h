// SPDX-License-Identifier: MIT
// Filters along the frames of a network, each value of a frame by itself: short ones over frames
// that lie in a row, and the gated long ones of LongConv (models/longconv/long_memory.h) over
// frames in a ring.
#pragma once

#include "lib/kernels/cuda/frames.h"

namespace limpid::kernels::cuda {

// y[t] = sum over j < taps of h[j] x[t - (taps - 1) + j].
struct ShortFilterArgs {
  Frames<const float> x;  // taps - 1 frames before the first are there
  Frames<float> y;
  const float* h;  // [tap][width], the last one is that of the present frame
  std::int32_t lanes, frames, width, taps;
};
struct ShortFilter {
  using Args = ShortFilterArgs;
  static constexpr int kThreads = kFrameThreads, kShared = 0, kPhases = 1;
  static std::int64_t blocks(const Args& a) {
    return frame_blocks(std::int64_t{a.lanes} * a.frames * a.width);
  }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex*, const Args& args) {
    const Place place(block * kThreads + thread, args.lanes, args.frames, args.width);
    if (place.lane == args.lanes) return;
    float sum = 0;
    for (int tap = 0; tap < args.taps; ++tap)
      sum += args.h[std::int64_t{tap} * args.width + place.at] *
             args.x.at(place.lane, place.frame - (args.taps - 1) + tap)[place.at];
    args.y.at(place.lane, place.frame)[place.at] = sum;
  }
};

// q[t] becomes q[t] * sum over d < taps of h[taps - 1 - d] u[t - d] with u = k v, channel by
// channel, rows (bands) alike. The latest frames of u lie in a ring, so that a call of one frame
// moves nothing; where it begins changes from call to call and therefore lies in memory.
struct LongFilterArgs {
  Frames<float> qkv;      // [row][q, k, v][channel]
  float* ring;            // [lane][capacity][row][channel] of u, zero before the stream
  const float* position;  // where the first frame of this call goes, 0 .. capacity - 1
  const float* h;         // [tap][channel], the last one is that of the present frame
  std::int32_t lanes, frames, rows, channels, taps, capacity;  // capacity >= taps - 1 + frames

  LIMPID_HD std::int64_t width() const { return std::int64_t{rows} * channels; }
  // Where frame t of the call, or before it, lies in the ring of a lane.
  LIMPID_HD std::int64_t in_ring(int t) const {
    int at = static_cast<int>(*position) + t;
    if (at < 0) at += capacity;
    if (at >= capacity) at -= capacity;
    return at * width();
  }
};

// u of the frames of a call enters the ring.
struct LongFilterInput {
  using Args = LongFilterArgs;
  static constexpr int kThreads = kFrameThreads, kShared = 0, kPhases = 1;
  static std::int64_t blocks(const Args& a) {
    return frame_blocks(std::int64_t{a.lanes} * a.frames * a.width());
  }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex*, const Args& args) {
    const auto width = static_cast<int>(args.width());
    const Place place(block * kThreads + thread, args.lanes, args.frames, width);
    if (place.lane == args.lanes) return;
    const int row = place.at / args.channels, c = place.at % args.channels;
    const float* k =
        args.qkv.at(place.lane, place.frame) + (std::int64_t{row} * 3 + 1) * args.channels + c;
    float* lane = args.ring + place.lane * args.capacity * args.width();
    lane[args.in_ring(place.frame) + place.at] = k[0] * k[args.channels];
  }
};

// A block makes kFrames frames of kPlaces rows of lanes, 32 channels of each. Its threads share the
// taps out among eight slices; in a slice a thread keeps the latest kFrames values of its channel
// in registers while it walks back in time, so that each one is loaded once for kFrames products,
// and a tap once for kFrames * kPlaces.
template <int kPlaces, int kFrames>
struct LongFilter {
  using Args = LongFilterArgs;
  static constexpr int kChannels = 32, kSlices = 8, kThreads = kChannels * kSlices;
  static constexpr int kOutputs = kPlaces * kFrames * kChannels;
  static constexpr int kShared = kSlices * kOutputs / 2, kPhases = 2;

  LIMPID_HD static int groups(int count, int size) { return (count + size - 1) / size; }
  static std::int64_t blocks(const Args& a) {
    return (std::int64_t{a.lanes} * a.rows + kPlaces - 1) / kPlaces * groups(a.frames, kFrames) *
           groups(a.channels, kChannels);
  }

  struct Corner {  // what the block begins with
    std::int64_t place;
    int frame, channel;
    LIMPID_HD Corner(std::int64_t block, const Args& args) {
      const int channels = groups(args.channels, kChannels), frames = groups(args.frames, kFrames);
      channel = static_cast<int>(block % channels) * kChannels;
      frame = static_cast<int>(block / channels % frames) * kFrames;
      place = block / channels / frames * kPlaces;
    }
  };

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex* shared, const Args& args) {
    const Corner corner(block, args);
    float* sums = reinterpret_cast<float*>(shared);  // [slice][place][frame][channel]
    if constexpr (Phase == 0)
      add(thread, corner, sums, args);
    else
      finish(thread, corner, sums, args);
  }

  LIMPID_HD static void add(int thread, const Corner& corner, float* sums, const Args& args) {
    const int c = corner.channel + thread % kChannels, slice = thread / kChannels;
    const int share = groups(args.taps, kSlices), begin = slice * share;
    const int end = begin + share < args.taps ? begin + share : args.taps;
    const float* from[kPlaces];  // the lane's ring, at the row's channel; null beyond the last
    LIMPID_UNROLL for (int p = 0; p < kPlaces; ++p) {
      const std::int64_t place = corner.place + p, lane = place / args.rows;
      from[p] = lane < args.lanes && c < args.channels
                    ? args.ring + lane * args.capacity * args.width() +
                          place % args.rows * args.channels + c
                    : nullptr;
    }
    const auto u = [&](int p, int frame, int d) {
      const int t = corner.frame + frame - d;
      return from[p] != nullptr && d < end && t < args.frames ? from[p][args.in_ring(t)] : 0.0f;
    };
    // u[frame - d] is in slot (frame - (d - begin)) mod kFrames.
    float sum[kPlaces][kFrames], latest[kPlaces][kFrames];
    LIMPID_UNROLL for (int p = 0; p < kPlaces; ++p)
        LIMPID_UNROLL for (int f = 0; f < kFrames; ++f) {
      sum[p][f] = 0;
      latest[p][f] = f == 0 ? 0.0f : u(p, f, begin);
    }
    LIMPID_NO_UNROLL for (int chunk = begin; chunk < end; chunk += kFrames) {
      LIMPID_UNROLL for (int j = 0; j < kFrames; ++j) {
        const int d = chunk + j;
        const float h = d < end && c < args.channels
                            ? args.h[std::int64_t{args.taps - 1 - d} * args.channels + c]
                            : 0.0f;
        LIMPID_UNROLL for (int p = 0; p < kPlaces; ++p) {
          latest[p][(kFrames - j) % kFrames] = u(p, 0, d);
          LIMPID_UNROLL for (int f = 0; f < kFrames; ++f) sum[p][f] +=
              h * latest[p][(f + kFrames - j) % kFrames];
        }
      }
    }
    LIMPID_UNROLL for (int p = 0; p < kPlaces; ++p) LIMPID_UNROLL for (int f = 0; f < kFrames; ++f)
        sums[((slice * kPlaces + p) * kFrames + f) * kChannels + thread % kChannels] = sum[p][f];
  }

  LIMPID_HD static void finish(int thread, const Corner& corner, const float* sums,
                               const Args& args) {
    for (int output = thread; output < kOutputs; output += kThreads) {
      const int c = corner.channel + output % kChannels,
                frame = corner.frame + output / kChannels % kFrames;
      const std::int64_t place = corner.place + output / kChannels / kFrames;
      const auto lane = static_cast<int>(place / args.rows);
      if (lane >= args.lanes || frame >= args.frames || c >= args.channels) continue;
      float sum = 0;
      LIMPID_UNROLL for (int slice = 0; slice < kSlices; ++slice) sum +=
          sums[slice * kOutputs + output];
      args.qkv.at(lane, frame)[place % args.rows * 3 * args.channels + c] *= sum;
    }
  }
};

// Calls f with the program for so many frames: f.template operator()<Program>(). A single frame of
// many streams is a matter of memory traffic: the taps are loaded for eight rows at once.
template <class F>
auto with_long_filter(int frames, F f) {
  if (frames == 1) return f.template operator()<LongFilter<8, 1>>();
  return f.template operator()<LongFilter<1, 16>>();
}

// The ring turns by the frames of a call.
struct TurnArgs {
  float* position;
  std::int32_t frames, capacity;
};
struct Turn {
  using Args = TurnArgs;
  static constexpr int kThreads = 1, kShared = 0, kPhases = 1;
  static std::int64_t blocks(const Args&) { return 1; }

  template <int Phase>
  LIMPID_HD static void run(int, std::int64_t, Complex*, const Args& args) {
    const int at = static_cast<int>(*args.position) + args.frames;
    *args.position = static_cast<float>(at < args.capacity ? at : at - args.capacity);
  }
};

}  // namespace limpid::kernels::cuda
