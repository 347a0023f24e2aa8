// SPDX-License-Identifier: MIT
#include "examples/limpid/timing.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>
#include <thread>

#include "examples/limpid/device_option.h"
#include "examples/limpid/interrupt.h"

namespace limpid::cli {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

// Noise with the long-term slope of speech and room sound; silence would be flattered by caches.
void fill_with_noise(AudioView<float> audio) {
  std::minstd_rand random(1);
  std::normal_distribution<float> white(0.0f, 0.05f);
  for (std::ptrdiff_t c = 0; c < audio.extent(0); ++c) {
    float low = 0;
    for (float& sample : audio[c].span()) sample = low = 0.9f * low + white(random);
  }
}

struct Group {
  std::unique_ptr<Session> session;
  Tensor<float, 2> in, out;

  void call() { session->process(in.view(), out.view()); }
  // A GPU that has failed is silent, and quick about it: that is no figure.
  Status status() const {
    if (const Error* failure = session->failure()) return *failure;
    return Done{};
  }
};

Result<std::vector<Group>> open_groups(const Model& model, const TimingOptions& o, int rate) {
  std::vector<Group> groups;
  const int lanes = o.lanes / o.groups;
  for (int g = 0; g < o.groups; ++g) {
    auto session = model.open({.sample_rate = rate,
                               .lanes = lanes,
                               .max_frames = o.frames,
                               .gpu = gpu_of(o.device),
                               .gpu_arithmetic = arithmetic_of(o.arithmetic)});
    if (!session) return std::move(session).error();
    const std::ptrdiff_t samples = std::ptrdiff_t{1} * o.frames * (*session)->format().hop;
    groups.push_back(
        {*std::move(session),
         Tensor<float, 2>({std::ptrdiff_t{1} * lanes * model.spec().input_channels, samples}),
         Tensor<float, 2>({std::ptrdiff_t{1} * lanes * model.spec().output_channels, samples})});
    fill_with_noise(groups.back().in.view());
    for (int warm_up = 0; warm_up < 3; ++warm_up) groups.back().call();
    if (auto done = groups.back().status(); !done) return done.error();
  }
  return groups;
}

void finish(Timing& timing) {
  if (timing.calls.empty()) timing.calls.push_back(0);
  std::sort(timing.calls.begin(), timing.calls.end());
}

}  // namespace

double Timing::percentile(double p) const {
  const auto last = static_cast<double>(calls.size() - 1);
  return calls[static_cast<std::size_t>(std::ceil(p / 100 * last))];
}

std::ptrdiff_t Timing::misses() const {
  return calls.end() - std::upper_bound(calls.begin(), calls.end(), deadline);
}

Result<Timing> time_calls(const Model& model, const TimingOptions& o) {
  const int rate = o.rate > 0 ? o.rate : model.spec().sample_rate;
  auto opened = open_groups(model, o, rate);
  if (!opened) return std::move(opened).error();
  std::vector<Group>& groups = *opened;
  Timing timing;
  timing.format = groups.front().session->format();
  for (const Group& group : groups) timing.memory += group.session->memory();
  timing.touched = groups.front().session->touched();
  timing.deadline = static_cast<double>(groups.front().in.extent(1)) / rate;

  const auto calls = std::max(1L, std::lround(o.seconds / timing.deadline)) * o.groups;
  timing.calls.reserve(static_cast<std::size_t>(calls));
  const auto first = Clock::now();
  const bool paced = o.groups > 1;
  for (long i = 0; i < calls && !interrupted(); ++i) {
    const auto apart = Seconds(timing.deadline * static_cast<double>(i) / o.groups);
    const auto due = first + std::chrono::duration_cast<Clock::duration>(apart);
    if (paced) std::this_thread::sleep_until(due);
    const auto start = Clock::now();
    groups[static_cast<std::size_t>(i % o.groups)].call();
    const auto end = Clock::now();
    timing.calls.push_back(Seconds(end - (paced ? due : start)).count());
    timing.busy += Seconds(end - start).count();
    timing.audio += timing.deadline * o.lanes / o.groups;
  }
  for (const Group& group : groups)
    if (auto done = group.status(); !done) return done.error();
  finish(timing);
  return timing;
}

Result<Timing> time_recordings(const Model& model, const TimingOptions& o) {
  constexpr int kCallsOfGpu = 5;
  const ModelSpec& spec = model.spec();
  const int rate = spec.sample_rate, gpu = gpu_of(o.device);
  auto session = model.open_exact(
      {.threads = o.threads, .gpu = gpu, .gpu_arithmetic = arithmetic_of(o.arithmetic)});
  if (!session) return std::move(session).error();
  Tensor<float, 2> audio({std::ptrdiff_t{1} * o.lanes * spec.input_channels,
                          std::max(1L, std::lround(o.seconds * rate))});
  fill_with_noise(audio.view());
  Timing timing;
  timing.deadline = static_cast<double>(audio.extent(1)) / rate;
  for (int call = gpu < 0 ? 0 : -1; call < (gpu < 0 ? 1 : kCallsOfGpu); ++call) {
    const auto start = Clock::now();
    auto enhanced = (*session)->enhance(audio.view());
    if (!enhanced) return std::move(enhanced).error();
    if (call < 0) continue;
    timing.calls.push_back(Seconds(Clock::now() - start).count());
    timing.busy += timing.calls.back();
    timing.audio += timing.deadline * o.lanes;
    if (interrupted()) break;
  }
  finish(timing);
  timing.memory = timing.touched = (*session)->memory();
  timing.format = {rate, static_cast<int>(audio.extent(1)), 0};
  return timing;
}

}  // namespace limpid::cli
