// SPDX-License-Identifier: MIT
// The long filters for live calls, of a few frames. Summed tap by tap, each frame would read the
// whole ring, 127 or 255 frames; here it moves some 18 or 26 frames' worth of memory.
//
// Time is cut into blocks of kTail frames. Where one begins, the ring is read once, each value for
// kTail products: what all frames before the block add to each frame of it, its tails. A frame is
// then its tail and the frames of its own block. (Two levels of what Oncescu et al., "Flash
// Inference", 2024, do with one for every power of two. With B frames in a block, a frame reads and
// writes 3 + (B - 1) / 2 + (taps - 1) / B values: B = 16 is best for 128 taps and within two of the
// best for 256.)
//
// So that no call reads all rings at once, blocks begin at different times: groups of neighbouring
// values in turn, a sixteenth of them at every frame. What is remembered of a value is read and
// written by one thread only, which waits for nobody; where channels come in pairs it has two of
// them, and with those twice as much on its way for each instruction.
#pragma once

#include "lib/kernels/cuda/long_filter.h"

namespace limpid::kernels::cuda {

// Neighbours in one access.
template <class T, int kCount>
struct alignas(kCount * sizeof(T)) Neighbours {
  T v[kCount];
  LIMPID_HD static Neighbours at(const T* aligned) {
    return *reinterpret_cast<const Neighbours*>(aligned);
  }
  LIMPID_HD void put(T* aligned) const { *reinterpret_cast<Neighbours*>(aligned) = *this; }
};

// kPer: values that a thread has, neighbours in a frame, which are read and written together.
template <class Stored, int kPer>
struct LongFilterHops {
  using Args = LongFilterArgs;
  static constexpr int kThreads = kFrameThreads, kShared = 0, kPhases = 1;
  static constexpr int kGroup = kThreads * kPer;  // values of a group
  static constexpr int kTail = Args::kTail;
  using Floats = Neighbours<float, kPer>;
  using Numbers = Neighbours<Stored, kPer>;

  // Groups, in multiples of kTail.
  LIMPID_HD static std::uint32_t sixteenth(const Args& args) {
    return static_cast<std::uint32_t>((args.lanes * args.width() + kGroup * kTail - 1) /
                                      (kGroup * kTail));
  }
  static std::int64_t blocks(const Args& args) { return std::int64_t{sixteenth(args)} * kTail; }

  // Which group a block of threads takes, of those that share a frame at which they read the ring.
  // Groups that read it in the first frame have most to do, and most of it is arithmetic: each of
  // them comes beside eight others, which wait for memory, and none at the end.
  LIMPID_HD static std::uint32_t group_of(std::int64_t block, int at, const Args& args) {
    constexpr std::uint32_t kBeside = 9;
    const auto index = static_cast<std::uint32_t>(block), some = sixteenth(args);
    const bool mixed = index < kBeside * some;
    const std::uint32_t which = mixed ? index / kBeside : index % some,
                        late = mixed ? index % kBeside : index / some;
    return which * kTail + (kTail - (static_cast<std::uint32_t>(at) + late) % kTail) % kTail;
  }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex*, const Args& args) {
    const int at = static_cast<int>(args.head->at);
    const bool stale = args.head->stale != 0;
    const std::uint32_t group = group_of(block, at, args),
                        index = group * kThreads + static_cast<std::uint32_t>(thread),
                        width = static_cast<std::uint32_t>(args.width()) / kPer,
                        lane = index / width;
    if (lane >= static_cast<std::uint32_t>(args.lanes)) return;
    const Values values(args, static_cast<int>(lane), static_cast<int>(index % width) * kPer);
    for (int f = 0; f < args.frames; ++f) {
      const int phase = (at + f + static_cast<int>(group % kTail)) % kTail;
      if (phase == 0 || (f == 0 && stale)) values.make_tails(at + f, phase);
      values.step(f, at + f, phase);
    }
  }

  // What a thread works on: the same values of every frame of a lane. Loads come before the sums
  // that wait for them, so that many are on their way; beyond the oldest tap they meet zeros.
  struct Values {
    const Args& args;
    int width, span;  // of a frame, of a lane's ring
    float* q;
    Stored *ring, *tails;
    const float* h;  // the present tap
    LIMPID_HD Values(const Args& a, int lane, int at)
        : args(a),
          width(a.rows * a.channels),
          span(a.capacity * width),
          q(a.qkv.at(lane, 0) + (at / a.channels * 3 * a.channels + at % a.channels)),
          ring(static_cast<Stored*>(a.ring) + std::int64_t{lane} * span + at),
          tails(static_cast<Stored*>(a.tails) + std::int64_t{lane} * kTail * width + at),
          h(a.h + (a.taps - 1) * a.channels + at % a.channels) {}

    LIMPID_HD Floats tap(int back) const { return Floats::at(h - back * args.channels); }
    LIMPID_HD Numbers earlier(int& place) const {  // the frame before the one at `place`
      place -= width;
      if (place < 0) place += span;
      return Numbers::at(ring + place);
    }

    // Tails of the block of the frame at `at`, the one after `gone` others, whose own tails come
    // out wrong and are not read any more.
    LIMPID_HD void make_tails(int at, int gone) const {
      constexpr int kLoads = 4 * kPer;
      Floats sum[kTail], taps[kTail];  // tap n is in slot n mod kTail
      LIMPID_UNROLL for (int f = 0; f < kTail; ++f) {
        sum[f] = {};
        taps[f] = tap(f);
      }
      int place = ring_slot(at - gone, args.capacity) * width;
      Numbers coming[kLoads];  // of the next half, while this one is added
      LIMPID_UNROLL for (int j = 0; j < kLoads; ++j) coming[j] = earlier(place);
      LIMPID_NO_UNROLL for (int back = 1; back < args.taps - gone; back += kTail) {
        LIMPID_UNROLL for (int half = 0; half < kTail; half += kLoads) {
          Numbers u[kLoads];
          LIMPID_UNROLL for (int j = 0; j < kLoads; ++j) {
            u[j] = coming[j];
            coming[j] = earlier(place);
          }
          LIMPID_UNROLL for (int j = 0; j < kLoads; ++j) {
            taps[half + j] = tap(back + half + j + kTail - 1);
            LIMPID_UNROLL for (int i = 0; i < kPer; ++i) {
              const float past = to_float(u[j].v[i]);
              LIMPID_UNROLL for (int f = 0; f < kTail; ++f) sum[f].v[i] +=
                  taps[(half + j + 1 + f) % kTail].v[i] * past;
            }
          }
        }
      }
      LIMPID_UNROLL for (int f = 0; f < kTail; ++f) rounded(sum[f]).put(tails + f * width);
    }

    // Frame f of the call, the one after `gone` others of its block.
    LIMPID_HD void step(int f, int at, int gone) const {
      constexpr int kLoads = 4;  // that a block without so many frames skips
      float* to = q + f * args.qkv.frame;
      const Floats factor = Floats::at(to), k = Floats::at(to + args.channels),
                   v = Floats::at(to + 2 * args.channels);
      const Numbers tail = Numbers::at(tails + gone * width);
      Numbers past[kTail] = {};
      const int present = ring_slot(at, args.capacity) * width;
      int place = present;
      LIMPID_UNROLL for (int first = 0; first < kTail; first += kLoads) if (first < gone)
          LIMPID_UNROLL for (int j = first; j < first + kLoads; ++j) past[j] = earlier(place);

      Floats u;
      LIMPID_UNROLL for (int i = 0; i < kPer; ++i) u.v[i] = k.v[i] * v.v[i];
      const Numbers now = rounded(u);  // like those before it
      Floats sum = tap(0);
      LIMPID_UNROLL for (int i = 0; i < kPer; ++i) sum.v[i] =
          to_float(tail.v[i]) + sum.v[i] * to_float(now.v[i]);
      LIMPID_UNROLL for (int j = 0; j < kTail - 1; ++j) if (j < gone) {
        const Floats taps = tap(j + 1);
        LIMPID_UNROLL for (int i = 0; i < kPer; ++i) sum.v[i] += taps.v[i] * to_float(past[j].v[i]);
      }
      now.put(ring + present);
      LIMPID_UNROLL for (int i = 0; i < kPer; ++i) sum.v[i] *= factor.v[i];
      sum.put(to);
    }

    LIMPID_HD static Numbers rounded(const Floats& values) {
      Numbers numbers;
      LIMPID_UNROLL for (int i = 0; i < kPer; ++i) store(values.v[i], numbers.v[i]);
      return numbers;
    }
  };
};

// Calls f with the programs for a call: f.template operator()<Programs...>().
template <class Stored, class F>
auto with_long_filter(const LongFilterArgs& args, F f) {
  if (args.frames <= LongFilterArgs::kLive) {
    if (args.whole_pairs()) return f.template operator()<LongFilterHops<Stored, 2>>();
    return f.template operator()<LongFilterHops<Stored, 1>>();
  }
  return f.template operator()<LongFilterInput<Stored>, LongFilter<Stored>>();
}

// What a call moves of a value's ring and tails, in numbers, blocks of frames averaged.
constexpr int moved_by_long_filter(int taps, int frames) {
  constexpr int kTail = LongFilterArgs::kTail;
  if (frames > LongFilterArgs::kLive) return frames + taps - 1;
  return 3 * frames + (kTail - 1) / 2 + frames * (taps - 1) / kTail;
}

}  // namespace limpid::kernels::cuda
