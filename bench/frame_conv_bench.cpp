// SPDX-License-Identifier: MIT
// limpid_frame_conv_bench: the long convolution of a network over its frames, 32 bands of 32
// channels that share their filters, by every means the library has. Processor time; each figure is
// the least of several turns, because machines have other work.
#include <ctime>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <numeric>
#include <vector>

#include "bench/noise.h"
#include "lib/dsp/streaming_conv.h"
#include "lib/kernels/fsmn.h"
#include "lib/kernels/instruction_set.h"
#include "lib/nn/frame_conv.h"

namespace limpid::bench {
namespace {

constexpr int kBands = 32, kChannels = 32, kRows = kBands * kChannels;
constexpr int kFrames = 512, kTurns = 9;

double microseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e6 * static_cast<double>(now.tv_sec) + 1e-3 * static_cast<double>(now.tv_nsec);
}

// Microseconds for a frame of all rows: `call` processes `frames` of them, kFrames in a turn.
void report(const char* what, int taps, int frames, const std::function<void(int first)>& call) {
  std::vector<double> least(kFrames / static_cast<std::size_t>(frames), 1e30);
  for (int turn = 0; turn < kTurns; ++turn) {
    for (std::size_t i = 0; i < least.size(); ++i) {
      const double start = microseconds();
      call(static_cast<int>(i) * frames);
      least[i] = std::min(least[i], (microseconds() - start) / frames);
    }
  }
  const double mean =
      std::accumulate(least.begin(), least.end(), 0.0) / static_cast<double>(least.size());
  const double worst = *std::ranges::max_element(least);
  std::printf("| %d | %s | %d | %.1f | %.2f |\n", taps, what, frames, mean, worst / mean);
}

// `data` is [band][frame][channel].
void by_frame_conv(std::span<const float> h, int taps, int frames, std::vector<float> data) {
  const nn::FrameConv conv(h, taps, kChannels);
  Arena arena;
  nn::FrameConv::State state(conv, arena, kBands);
  report("FrameConv", taps, frames, [&](int first) {
    for (int band = 0; band < kBands; ++band)
      conv.run(state, band,
               data.data() + (static_cast<std::ptrdiff_t>(band) * kFrames + first) * kChannels,
               frames);
  });
}

// Every frame from all frames before it: what FrameConv would be with one level.
void directly(std::span<const float> h, int taps, std::vector<float> data) {
  const std::ptrdiff_t length = kFrames + taps - 1;
  const auto past = noise(static_cast<std::size_t>(kBands * length * kChannels), 3, 0.1f);
  report("one level", taps, 1, [&](int first) {
    for (int band = 0; band < kBands; ++band)
      kernels::fsmn_memory(past.data() + (band * length + taps - 1 + first) * kChannels, kChannels,
                           taps - 1, 1, kChannels, h, taps,
                           data.data() + (band * kFrames + first) * kChannels, kChannels);
  });
}

// [tap][channel] -> [channel][tap]
Tensor<float, 2> filters(std::span<const float> h, int taps) {
  Tensor<float, 2> rows({kChannels, taps});
  for (int c = 0; c < kChannels; ++c)
    for (int tap = 0; tap < taps; ++tap)
      rows.view()[c][tap] = h[static_cast<std::size_t>(tap * kChannels + c)];
  return rows;
}

void by_streaming_conv(std::span<const float> h, int taps, const std::vector<float>& data) {
  auto spec = dsp::conv_per_channel(kChannels, taps, 16);
  spec.zero_latency = true;
  auto plan = dsp::StreamingConvPlan::create(spec);
  auto filter = dsp::ConvFilter::create(*plan, filters(h, taps).view());
  auto conv = dsp::StreamingConv::open(*filter, kBands);
  Tensor<float, 2> rows({kRows, kFrames});
  std::copy_n(data.begin(), data.size(), rows.view().data());
  report("StreamingConv, blocks of 16", taps, 1, [&](int first) {
    conv->process(rows.view().slice(1, first, 1), rows.view().slice(1, first, 1));
  });
}

}  // namespace
}  // namespace limpid::bench

int main() {
  using namespace limpid::bench;
  std::printf("%s; %d bands of %d channels\n\n", limpid::kernels::instruction_set(), kBands,
              kChannels);
  std::printf(
      "| taps | by | frames a call | us/frame | worst / mean |\n|---:|---|---:|---:|---:|\n");
  const auto data = noise(static_cast<std::size_t>(kRows) * kFrames, 1, 0.1f);
  for (const int taps : {64, 256, 1024}) {
    const auto h = noise(static_cast<std::size_t>(taps * kChannels), 2, 0.1f);
    for (const int frames : {1, 16, 128}) by_frame_conv(h, taps, frames, data);
    directly(h, taps, data);
    by_streaming_conv(h, taps, data);
  }
}
