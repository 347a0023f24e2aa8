// SPDX-License-Identifier: MIT
// limpid_server_bench [MODEL]: many live streams on one core, each an enhancer of its own or a
// channel of a shared one. Streams take their hops in turn, so a hop finds in the caches what the
// others have left of it. Processor time; medians of several turns, because machines have other
// work.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <limpid/limpid.hpp>
#include <string>
#include <vector>

#include "bench/noise.h"

namespace limpid::bench {
namespace {

constexpr int kRate = 16000, kHop = kRate / 100, kTurns = 15;

double milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}

double resident_mib() {
  long all = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> all >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

void take_hop(Enhancer& enhancer, const std::vector<float>& noisy, std::vector<float>& enhanced) {
  const std::vector<const float*> in(static_cast<std::size_t>(enhancer.inputs()), noisy.data());
  std::vector<float*> out;
  for (int c = 0; c < enhancer.outputs(); ++c) out.push_back(enhanced.data() + c * kHop);
  enhancer.process(in.data(), out.data(), kHop);
}

// Milliseconds for a hop of all streams.
double hop_time(std::vector<Enhancer>& enhancers) {
  std::vector<double> turns;
  const auto channels = static_cast<std::size_t>(enhancers.front().outputs());
  std::vector<float> enhanced(channels * kHop);
  for (int turn = 0; turn < kTurns; ++turn) {
    const auto noisy = noise(kHop, static_cast<unsigned>(turn), 0.1f);
    const double start = milliseconds();
    for (Enhancer& enhancer : enhancers) take_hop(enhancer, noisy, enhanced);
    turns.push_back(milliseconds() - start);
  }
  std::ranges::nth_element(turns, turns.begin() + kTurns / 2);
  return turns[kTurns / 2];
}

bool report(const std::string& model, int count, int channels) {
  std::vector<Enhancer> enhancers;
  const double before = resident_mib(), start = milliseconds();
  for (int i = 0; i < count; ++i) {
    auto opened = Enhancer::open({.model = model, .sample_rate = kRate, .channels = channels});
    if (!opened) {
      std::fprintf(stderr, "limpid_server_bench: %s\n", opened.error().message.c_str());
      return false;
    }
    enhancers.push_back(*std::move(opened));
  }
  const double streams = count * channels, opening = (milliseconds() - start) / count;
  const double hop = hop_time(enhancers) / streams;
  std::printf("| %d | %d | %.1f | %.2f | %.3f |\n", count, channels, opening,
              (resident_mib() - before) / streams, hop);
  return true;
}

}  // namespace
}  // namespace limpid::bench

int main(int argc, char** argv) {
  const std::string model = argc > 1 ? argv[1] : "";
  std::printf(
      "| enhancers | channels of each | ms to open one | MiB a stream | ms a hop of a stream |\n"
      "|---:|---:|---:|---:|---:|\n");
  std::fflush(stdout);
  for (const auto& [count, channels] : {std::pair(1, 1), {10, 1}, {100, 1}, {1, 8}, {1, 64}}) {
    const pid_t child = fork();  // memory that nobody has used before
    if (child == 0) return limpid::bench::report(model, count, channels) ? 0 : 1;
    int status = 1;
    if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0) return 1;
  }
}
