// SPDX-License-Identifier: MIT
#include "lib/kernels/cuda/ceilings.h"

#include <algorithm>

#include "lib/kernels/cuda/fma_chains.h"
#include "lib/kernels/cuda/program.cuh"

namespace limpid::kernels::cuda {
namespace {

constexpr int kTries = 5;                                // the fastest counts
constexpr std::size_t kCopied = std::size_t{512} << 20;  // bytes: many times the L2 cache
constexpr int kBlocksOfProcessor = 16, kRounds = 4096;   // some milliseconds

// Memory and a stream of the device for as long as this lives.
struct Workspace {
  explicit Workspace(Device& on) : device(on) {}
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;
  ~Workspace() {
    if (stream != nullptr) device.close_stream(stream);
    if (memory != nullptr) device.release(memory);
  }

  Status open(std::size_t bytes) {
    auto found = device.allocate(bytes);
    if (!found) return found.error();
    memory = *found;
    auto opened = device.open_stream();
    if (!opened) return opened.error();
    stream = *opened;
    return Done{};
  }

  // Milliseconds of the fastest try.
  Result<double> fastest(const std::function<Status()>& work) {
    double best = 0;
    for (int i = 0; i < kTries; ++i) {
      const auto milliseconds = device.time(stream, work);
      if (!milliseconds) return milliseconds.error();
      best = i == 0 ? *milliseconds : std::min(best, *milliseconds);
    }
    return std::max(best, 1e-6);
  }

  Device& device;
  void* memory = nullptr;
  Stream stream = nullptr;
};

}  // namespace

Result<Ceilings> measure_ceilings(Device& device) {
  const std::size_t half = std::min(kCopied, device.info().memory / 16);
  Workspace work(device);
  if (auto done = work.open(2 * half); !done) return done.error();
  auto* from = static_cast<std::byte*>(work.memory);
  const auto copied =
      work.fastest([&] { return device.copy(from + half, from, half, work.stream); });
  if (!copied) return copied.error();

  const FmaChainsArgs chains{std::int64_t{kBlocksOfProcessor} * device.info().processors, kRounds,
                             0.999f, 0.001f, static_cast<float*>(work.memory)};
  const auto added = work.fastest(
      [&] { return launch<FmaChains>(chains, static_cast<cudaStream_t>(work.stream)); });
  if (!added) return added.error();
  return Ceilings{FmaChains::operations(chains) / (*added * 1e-3),
                  2.0 * static_cast<double>(half) / (*copied * 1e-3)};
}

}  // namespace limpid::kernels::cuda
