// SPDX-License-Identifier: MIT
// limpid_streaming_conv_bench [seconds]: one channel of StreamingConv beside zita-convolver, as a
// table. Both get the same audio in turns; figures are medians of five turns. Processor time of all
// threads of the process; single calls in processor time of the thread that calls.
#include <ctime>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <vector>

#include "bench/streaming_conv_zita.h"
#include "lib/dsp/long_conv.h"
#include "lib/dsp/streaming_conv.h"
#include "lib/kernels/instruction_set.h"

namespace limpid::bench {
namespace {

constexpr int kTurns = 5;
constexpr double kRate = 48000;

double seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

using Process = std::function<void(const float*, float*)>;

// Processor milliseconds for a second of audio.
double turn(const Process& process, std::span<const float> in, std::span<float> out, int block) {
  const double start = seconds(CLOCK_PROCESS_CPUTIME_ID);
  for (std::size_t at = 0; at < in.size(); at += static_cast<std::size_t>(block))
    process(in.data() + at, out.data() + at);
  const double spent = seconds(CLOCK_PROCESS_CPUTIME_ID) - start;
  return 1e3 * spent * kRate / static_cast<double>(in.size());
}

struct Calls {
  double mean, p99, worst;  // microseconds
};

// Of the calls of one period, each timed `kTurns` times; the least counts, because the machine has
// other work.
Calls time_calls(const Process& process, std::span<const float> in, std::span<float> out,
                 int block) {
  const std::size_t count = in.size() / static_cast<std::size_t>(block);
  std::vector<double> least(count, 1e9);
  for (int repetition = 0; repetition < kTurns; ++repetition)
    for (std::size_t call = 0; call < count; ++call) {
      const double start = seconds(CLOCK_THREAD_CPUTIME_ID);
      process(in.data() + call * static_cast<std::size_t>(block), out.data());
      least[call] = std::min(least[call], 1e6 * (seconds(CLOCK_THREAD_CPUTIME_ID) - start));
    }
  std::ranges::sort(least);
  double sum = 0;
  for (const double us : least) sum += us;
  return {sum / static_cast<double>(count), least[count * 99 / 100], least.back()};
}

double median(std::vector<double>& values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

std::vector<float> noise(std::size_t count, double decay) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0, 0.1f);
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i)
    values[i] =
        normal(random) *
        static_cast<float>(std::exp(-decay * static_cast<double>(i) / static_cast<double>(count)));
  return values;
}

struct Limpid {
  Limpid(std::span<const float> taps, int block, bool zero_latency)
      : stream([&] {
          dsp::ConvSpec spec;
          spec.max_taps = static_cast<std::int64_t>(taps.size());
          spec.block = block;
          spec.zero_latency = zero_latency;
          auto plan = dsp::StreamingConvPlan::create(spec);
          auto filter = dsp::ConvFilter::create(
              *plan, {taps.data(), {1, static_cast<std::ptrdiff_t>(taps.size())}});
          period = (*plan)->partition().stages.empty() ? block
                                                       : (*plan)->partition().stages.back().block;
          return *dsp::StreamingConv::open(*filter, 1);
        }()),
        process([this, block](const float* in, float* out) {
          stream.process({in, {1, block}}, {out, {1, block}});
        }) {}
  int period = 0;
  dsp::StreamingConv stream;
  Process process;
};

// The same audio through the same filter in one offline call: who differs from it is wrong.
std::vector<float> whole_convolution(std::span<const float> taps, std::span<const float> in) {
  const auto length = static_cast<std::ptrdiff_t>(in.size());
  dsp::LongConvSpec spec;
  spec.samples = length;
  spec.taps = static_cast<std::int64_t>(taps.size());
  auto plan = dsp::LongConvPlan::create(spec);
  auto filter = dsp::LongConvFilter::create(
      *plan, {taps.data(), {1, static_cast<std::ptrdiff_t>(taps.size())}});
  auto convolution = dsp::LongConv::open(*filter);
  std::vector<float> out(in.size());
  (void)convolution->process({in.data(), {1, 1, length}}, {out.data(), {1, 1, length}});
  return out;
}

// The largest difference of `a`, which is `late`, from `b`, as a share of the peak.
double difference(std::span<const float> a, std::span<const float> b, std::size_t late) {
  double worst = 0, peak = 1e-30;
  for (std::size_t t = 0; t + late < a.size(); ++t) {
    worst = std::max(worst, std::abs(double{a[t + late]} - b[t]));
    peak = std::max(peak, std::abs(double{b[t]}));
  }
  return worst / peak;
}

void compare(int block, std::size_t taps, double audio_seconds) {
  const auto h = noise(taps, 6);
  Limpid late(h, block, false), now(h, block, true);
  const auto zita = ZitaConvolver::open(h, block);
  const Process peer = [&](const float* in, float* out) { zita->process(in, out); };
  const auto whole = static_cast<std::size_t>(std::max(late.period, 8192));
  const std::size_t samples =
      (static_cast<std::size_t>(audio_seconds * kRate) + whole - 1) / whole * whole;
  const auto in = noise(samples, 0);
  std::vector<float> ours(samples), others(samples);
  std::vector<double> of_late, of_now, of_peer;
  const auto right = whole_convolution(h, in);
  double wrong = 0, peer_wrong = 0;
  for (int i = 0; i < kTurns; ++i) {
    of_late.push_back(turn(late.process, in, ours, block));
    if (zita) of_peer.push_back(turn(peer, in, others, block));
    if (i == 0) wrong = difference(ours, right, static_cast<std::size_t>(late.stream.latency()));
    if (zita && i == 0) peer_wrong = difference(others, right, 0);
    of_now.push_back(turn(now.process, in, ours, block));
  }
  const std::span<const float> period(in.data(), whole);
  const Calls calls = time_calls(late.process, period, ours, block);
  std::printf("| %d | %zu | %.2f | %.2f | ", block, taps, median(of_late), median(of_now));
  if (zita) {
    const double ms = median(of_peer);
    std::printf("%.2f | %.1f | ", ms, ms / median(of_late));
  } else {
    std::printf("- | - | ");
  }
  std::printf("%.2f | %.2f | %.2f | %.2f |\n", calls.mean, calls.p99, calls.worst,
              calls.worst / calls.mean);
  std::fflush(stdout);
  if (std::max(wrong, peer_wrong) > 1e-4)
    std::fprintf(stderr, "block %d, %zu taps: wrong by %g (limpid), %g (zita) of the peak\n", block,
                 taps, wrong, peer_wrong);
}

int run(double audio_seconds) {
  std::printf("instruction set %s; zita-convolver: %s\n\n", kernels::instruction_set(),
              with_zita() ? "yes" : "NOT INSTALLED, its columns are empty");
  std::printf(
      "| block | taps | limpid, ms/s | limpid without latency | zita | zita / limpid | "
      "call: mean, us | p99 | worst | worst / mean |\n"
      "|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
  for (const int block : {64, 128, 256})
    for (const std::size_t taps : {4096u, 16384u, 65536u, 262144u, 1048576u})
      compare(block, taps, audio_seconds);
  return 0;
}

}  // namespace
}  // namespace limpid::bench

int main(int argc, char** argv) {
  return limpid::bench::run(argc > 1 ? std::atof(argv[1]) : 4.0);
}
