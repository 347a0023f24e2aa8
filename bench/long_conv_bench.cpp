// SPDX-License-Identifier: MIT
// limpid_long_conv_bench [WINDOW [LANES CHANNELS]]: causal convolutions of WINDOW / 2 samples with
// as many taps, filters transformed ahead, by every method and by FFTW as its manual has it. One
// JSON object a window on standard output; without arguments, all windows. One thread, processor
// time, the median of turns. long_conv_table.py puts PyTorch beside it. limpid_long_conv_bench
// --costs: the table of lib/dsp/long_conv_layout.cpp, as of this machine.
#include <ctime>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "bench/long_conv_fftw.h"
#include "bench/noise.h"
#include "lib/dsp/long_conv.h"
#include "lib/kernels/instruction_set.h"
#include "lib/kernels/simd.h"

namespace limpid::bench {
namespace {

constexpr int kTurns = 5;
constexpr double kTurnSeconds = 0.05;

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Seconds a call, over a turn. The clock is looked at after 1, 2, 4, ... calls: looking takes time.
double turn(const std::function<void()>& call) {
  int calls = 0;
  double spent = 0;
  for (const double start = processor_seconds(); spent < kTurnSeconds;
       spent = processor_seconds() - start)
    for (const int until = std::max(1, 2 * calls); calls < until; ++calls) call();
  return spent / calls;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

struct Operands {
  std::ptrdiff_t lanes, channels, samples;
  std::vector<float> k = noise(static_cast<std::size_t>(channels * samples), 1),
                     u = noise(static_cast<std::size_t>(lanes * channels * samples), 2),
                     y = std::vector<float>(u.size());
};

dsp::LongConv open(const Operands& o, dsp::LongConvMethod method) {
  auto plan = dsp::LongConvPlan::create(
      {.channels = o.channels, .samples = o.samples, .taps = o.samples, .method = method});
  auto filter = dsp::LongConvFilter::create(*plan, {o.k.data(), {o.channels, o.samples}});
  return *dsp::LongConv::open(*filter);
}

struct Candidate {
  const char* name;
  std::function<void()> call;
  std::vector<double> seconds = {};
};

double difference(const std::vector<float>& a, const std::vector<float>& b) {
  double error = 0, signal = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    error += std::pow(double{a[i]} - b[i], 2);
    signal += std::pow(double{b[i]}, 2);
  }
  return 10 * std::log10(signal / (error + 1e-300));
}

void measure(std::ptrdiff_t window, std::ptrdiff_t lanes, std::ptrdiff_t channels) {
  Operands o{lanes, channels, window / 2};
  const TensorView<const float, 3> u(o.u.data(), {lanes, channels, o.samples});
  const TensorView<float, 3> y(o.y.data(), {lanes, channels, o.samples});
  auto monarch = open(o, dsp::LongConvMethod::monarch), fft = open(o, dsp::LongConvMethod::fft);
  PlainFftw fftw(window, o.k, channels);
  std::vector<Candidate> all{
      {"monarch", [&] { (void)monarch.process(u, y).ok(); }},
      {"fft", [&] { (void)fft.process(u, y).ok(); }},
      {"fftw", [&] { fftw.process(o.u.data(), o.y.data(), lanes); }},
  };
  all[2].call();
  const std::vector<float> wanted = o.y;
  for (Candidate& c : all) {
    c.call();
    if (const double db = difference(o.y, wanted); db < 120)
      std::fprintf(stderr, "window %td: %s and fftw differ: %.1f dB\n", window, c.name, db);
  }
  for (int i = 0; i < kTurns; ++i)
    for (Candidate& c : all) c.seconds.push_back(turn(c.call));
  std::printf("{\"window\": %td, \"lanes\": %td, \"channels\": %td, \"set\": \"%s\"", window, lanes,
              channels, kernels::instruction_set());
  for (const Candidate& c : all) std::printf(", \"%s_ms\": %.5f", c.name, 1e3 * median(c.seconds));
  std::printf("}\n");
  std::fflush(stdout);
}

// Nanoseconds a sample of a window.
void print_costs() {
  std::printf("%s\nwindow monarch fft\n", kernels::instruction_set());
  for (std::ptrdiff_t window = 128; window <= 1 << 24; window *= 2) {
    const std::ptrdiff_t lanes = std::max<std::ptrdiff_t>(1, 16384 / window);
    Operands o{lanes, 1, window / 2};
    std::printf("%td", window);
    for (const auto method : {dsp::LongConvMethod::monarch, dsp::LongConvMethod::fft}) {
      auto conv = open(o, method);
      double least = 1e30;
      for (int i = 0; i < kTurns; ++i)
        least = std::min(least, turn([&] {
                           (void)conv
                               .process({o.u.data(), {lanes, 1, o.samples}},
                                        {o.y.data(), {lanes, 1, o.samples}})
                               .ok();
                         }));
      std::printf(" %.2f", 1e9 * least / static_cast<double>(lanes * window));
    }
    std::printf("\n");
    std::fflush(stdout);
  }
}

// LIMPID_TARGET=AVX2 measures what a machine without AVX-512 would run, here.
void use_target_from_environment() {
  const char* wanted = std::getenv("LIMPID_TARGET");
  if (wanted == nullptr) return;
  for (std::int64_t left = hwy::SupportedTargets(); left != 0; left &= left - 1)
    if (std::strcmp(hwy::TargetName(left & -left), wanted) == 0)
      hwy::SetSupportedTargetsForTest(left & -left);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

int run(int argc, char** argv) {
  use_target_from_environment();
  if (argc > 1 && std::string(argv[1]) == "--costs") {
    print_costs();
    return 0;
  }
  if (argc > 1) {
    const std::ptrdiff_t window = std::atol(argv[1]);
    measure(window, argc > 3 ? std::atol(argv[2]) : 4, argc > 3 ? std::atol(argv[3]) : 4);
    return 0;
  }
  for (std::ptrdiff_t window = 256; window <= 1 << 22; window *= 2) {
    const std::ptrdiff_t channels = std::clamp<std::ptrdiff_t>((1 << 20) / window, 1, 16);
    measure(window, window <= 1 << 18 ? 4 : 1, channels);
  }
  return 0;
}

}  // namespace
}  // namespace limpid::bench

int main(int argc, char** argv) {
  return limpid::bench::run(argc, argv);
}
