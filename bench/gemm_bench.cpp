// SPDX-License-Identifier: MIT
// Which matrix product serves the networks best? Every candidate on every shape: first checked
// against the oracle, then timed. bench/gemm_table.py turns the JSON output into a table.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string_view>

#include "bench/gemm_engines.h"
#include "bench/gemm_peak.h"
#include "bench/noise.h"
#include "lib/base/float_mode.h"
#include "lib/kernels/gemm.h"
#include "lib/kernels/instruction_set.h"
#include "lib/kernels/simd.h"

namespace limpid::bench {
namespace {

// Compares the first and the last row with the oracle: enough to see that a candidate was called
// with the right sizes and strides.
bool correct(const Shape& s, std::span<const float> weights, const std::vector<float>& a,
             const std::vector<float>& c) {
  const auto n = static_cast<std::size_t>(s.n);
  for (bool last : {false, true}) {
    const std::size_t from = last ? s.input() - s.row_reach() : 0;
    std::vector<float> expected(n);
    kernels::reference::gemm({a.data() + from}, s.segments, s.segment_stride, weights, s.n, s.k(),
                             {}, kernels::Activation::none, {expected.data()});
    const float* row = last ? c.data() + c.size() - n : c.data();
    for (std::size_t i = 0; i < n; ++i)
      if (!(std::abs(row[i] - expected[i]) <= 1e-6f + 1e-7f * static_cast<float>(s.k())))
        return false;
  }
  return true;
}

// In a network, other layers run between two calls of this one and push its weights out of the
// cache. So the calls go round many copies of the weights, together as large as the network.
std::vector<std::unique_ptr<Engine>> layers(const Shape& s, const Candidate& candidate,
                                            std::span<const float> weights) {
  const std::size_t count = std::clamp<std::size_t>(s.network / weights.size_bytes(), 1, 64);
  std::vector<std::unique_ptr<Engine>> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(candidate.make(s, weights));
  return all;
}

void run(benchmark::State& state, const Shape& s, const Candidate& candidate) {
  const FlushDenormals flush;
  const auto a = noise(s.input(), 1);
  const auto weights = noise(static_cast<std::size_t>(s.n) * static_cast<std::size_t>(s.k()), 2);
  std::vector<float> c(static_cast<std::size_t>(s.m()) * static_cast<std::size_t>(s.n));
  const auto engines = layers(s, candidate, weights);
  engines[0]->multiply(a.data(), c.data());
  if (!correct(s, weights, a, c)) return state.SkipWithError("wrong result");
  std::size_t layer = 0;
  for (auto _ : state) {
    engines[layer]->multiply(a.data(), c.data());
    if (++layer == engines.size()) layer = 0;
    benchmark::ClobberMemory();
  }
  state.counters["flops"] =
      benchmark::Counter(s.flops(), benchmark::Counter::kIsIterationInvariantRate);
}

void peak(benchmark::State& state) {
  double flops = 0;
  float result = 0;
  for (auto _ : state) {
    flops += multiply_adds(10000, result);
    benchmark::DoNotOptimize(result);
  }
  state.counters["flops"] = benchmark::Counter(flops, benchmark::Counter::kIsRate);
}

// LIMPID_TARGET=AVX2 measures what a machine without AVX-512 would run, here.
void choose_instruction_set() {
  const char* wanted = std::getenv("LIMPID_TARGET");
  for (std::int64_t left = hwy::SupportedTargets(); wanted != nullptr && left != 0;
       left &= left - 1)
    if (std::string_view(hwy::TargetName(left & -left)) == wanted)
      hwy::GetChosenTarget().Update(left & -left);
  benchmark::AddCustomContext("instruction_set", limpid::kernels::instruction_set());
}

}  // namespace
}  // namespace limpid::bench

int main(int argc, char** argv) {
  using namespace limpid::bench;
  choose_instruction_set();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RegisterBenchmark("peak", peak);
  for (const Shape& shape : shapes())
    for (const Candidate& candidate : candidates())
      benchmark::RegisterBenchmark((shape.name + "/" + candidate.name).c_str(),
                                   [=](benchmark::State& state) { run(state, shape, candidate); });
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
