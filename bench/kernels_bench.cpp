// SPDX-License-Identifier: MIT
// The kernels between the matrix products: the FSMN's memory and the element-wise operations, on
// the sizes of one frame of the published (128 channels) and of a small network (32). And the
// bottlenecks of LongConv, with weights of 32 and of 8 bits.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <vector>

#include "lib/base/arena.h"
#include "lib/base/float_mode.h"
#include "lib/kernels/elementwise.h"
#include "lib/kernels/fsmn.h"
#include "lib/kernels/gemm.h"

namespace limpid::kernels {
namespace {

std::span<float> filled(Arena& arena, std::size_t count) {
  const auto values = arena.claim<float>(count);
  std::fill(values.begin(), values.end(), 0.5f);
  return values;
}

// taps, history, steps, channels
void memory(benchmark::State& state) {
  const FlushDenormals flush;
  const auto taps = static_cast<int>(state.range(0)), history = static_cast<int>(state.range(1)),
             steps = static_cast<int>(state.range(2)), channels = static_cast<int>(state.range(3));
  const auto size = [&](int rows) { return static_cast<std::size_t>(rows * channels); };
  Arena arena;
  const auto x = filled(arena, size(history + steps)), y = filled(arena, size(steps));
  const auto w = filled(arena, size(taps));
  for (auto _ : state) {
    fsmn_memory(x.data() + size(history), channels, history, steps, channels, w, taps, y.data(),
                channels);
    benchmark::ClobberMemory();
  }
  double products = 0;
  for (int s = 0; s < steps; ++s) products += std::min(taps, history + s + 1) * channels;
  state.counters["flops"] =
      benchmark::Counter(2 * products, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(memory)
    ->ArgsProduct({{20}, {0}, {159, 78, 37, 17, 7, 2, 1}, {32, 128}})  // along frequency
    ->ArgsProduct({{128}, {127}, {32}, {32}})                          // a block of FrameConv
    ->ArgsProduct({{20}, {19}, {1}, {256}})                            // along time, live
    ->ArgNames({"taps", "history", "steps", "channels"});

// `matrices` of them take turns, as those of a network do, from a cache that holds them all.
void bottleneck(benchmark::State& state) {
  const FlushDenormals flush;
  const auto bits = static_cast<int>(state.range(0)), n = static_cast<int>(state.range(1)),
             k = (1 << 17) / n, rows = static_cast<int>(state.range(2)),
             matrices = static_cast<int>(state.range(3));
  std::vector<float> weights(1 << 17);
  for (int i = 0; i < 1 << 17; ++i)  // each output has one of 127
    weights[static_cast<std::size_t>(i)] =
        static_cast<float>(i % k == 0 ? 127 : i * 37 % 255 - 127) / 1024;
  if (bits == 32) weights[1] += 0x1p-20f;  // no multiple of the others' scale
  std::vector<PackedMatrix> network;
  for (int i = 0; i < matrices; ++i) network.emplace_back(weights, n, k);
  if (network.front().eight_bits() != (bits == 8)) return state.SkipWithError("wrong weights");
  Arena arena;
  const auto x = filled(arena, static_cast<std::size_t>(rows * k)),
             y = filled(arena, static_cast<std::size_t>(rows * n));
  for (auto _ : state) {
    for (const PackedMatrix& b : network)
      gemm({x.data(), {1, 1, rows}, {0, 0, k}}, 1, 0, b, {}, Activation::none,
           {y.data(), {1, 1, rows}, {0, 0, n}});
    benchmark::ClobberMemory();
  }
  state.counters["macs"] = benchmark::Counter(double(1 << 17) * rows * matrices,
                                              benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(bottleneck)
    ->ArgsProduct({{32, 8}, {2048, 64}, {1, 2, 8, 32}, {1, 40}})
    ->ArgNames({"bits", "outputs", "rows", "matrices"});

// Runs f(i) on rows of `channels` elements, where i(n) is the n-th row.
template <class F>
void rows(benchmark::State& state, int count, const F& f) {
  const FlushDenormals flush;
  const int n = static_cast<int>(state.range(0));
  Arena arena;
  const auto values = filled(arena, static_cast<std::size_t>(count * n));
  const auto row = [&](int i) { return values.data() + i * n; };
  for (auto _ : state) {
    f(n, row);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * n);
}

void norm_leaky(benchmark::State& state) {
  rows(state, 10, [](int n, auto row) {
    complex_norm_leaky(row(0), row(1), row(2), row(3), n, row(4), row(5), row(6), row(7), 0.01f,
                       row(8), row(9));
  });
}
BENCHMARK(norm_leaky)->Arg(32)->Arg(128);

void residual(benchmark::State& state) {
  rows(state, 8, [](int n, auto row) {
    complex_residual(row(0), row(1), row(2), row(3), row(4), row(5), n, row(6), row(7));
  });
}
BENCHMARK(residual)->Arg(32)->Arg(128);

void tanh_mask(benchmark::State& state) {
  rows(state, 2, [](int n, auto row) { add_tanh(row(0), n, row(1)); });
}
BENCHMARK(tanh_mask)->Arg(321);

void square_root_compression(benchmark::State& state) {
  rows(state, 4, [](int n, auto row) {
    compress(reinterpret_cast<const cfloat*>(row(0)), n, 1.0f, 0.5f, row(2), row(3));
  });
}
BENCHMARK(square_root_compression)->Arg(321);

}  // namespace
}  // namespace limpid::kernels

BENCHMARK_MAIN();
