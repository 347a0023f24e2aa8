// SPDX-License-Identifier: MIT
// `limpid bench`: does this machine keep up, with how much to spare, and how late is it at worst?
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <string>

#include "examples/limpid/ceilings.h"
#include "examples/limpid/commands.h"
#include "examples/limpid/device_option.h"
#include "examples/limpid/interrupt.h"
#include "examples/limpid/json.h"
#include "examples/limpid/terminal.h"
#include "models/registry.h"

namespace limpid::cli {
namespace {

using Clock = std::chrono::steady_clock;

struct Arguments {
  std::string model, device = "cpu", arithmetic = "exact";
  double seconds = 10;
  int rate = 0, lanes = 1, frames = 1, threads = 1;
  bool json = false;
};

struct Timing {
  std::vector<double> calls;  // seconds, sorted
  double deadline = 0;        // seconds of audio in one call
  double load_seconds = 0;
  std::size_t memory = 0, touched = 0;  // bytes of the session, and what a call needs of them
  StreamFormat format;
  std::optional<kernels::cuda::Ceilings> ceilings;  // of a GPU

  double percentile(double p) const {
    const auto last = static_cast<double>(calls.size() - 1);
    return calls[static_cast<std::size_t>(std::ceil(p / 100 * last))];
  }
  double real_time_factor(int lanes) const {
    double sum = 0;
    for (const double call : calls) sum += call;
    return sum / (static_cast<double>(calls.size()) * deadline * lanes);
  }
  auto misses() const {
    return calls.end() - std::upper_bound(calls.begin(), calls.end(), deadline);
  }
};

// The most memory this process has had, in bytes; 0 where the system does not tell.
std::size_t peak_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::size_t kibibytes = 0;
    if (word == "VmHWM:" && status >> kibibytes) return kibibytes * 1024;
  }
  return 0;
}

// Noise with the long-term slope of speech and room sound; silence would be flattered by caches.
void fill_with_noise(AudioView<float> audio) {
  std::minstd_rand random(1);
  std::normal_distribution<float> white(0.0f, 0.05f);
  for (std::ptrdiff_t c = 0; c < audio.extent(0); ++c) {
    float low = 0;
    for (float& sample : audio[c].span()) sample = low = 0.9f * low + white(random);
  }
}

Result<Timing> measure(const Model& model, const Arguments& a) {
  const int rate = a.rate > 0 ? a.rate : model.spec().sample_rate;
  auto session = model.open({.sample_rate = rate,
                             .lanes = a.lanes,
                             .max_frames = a.frames,
                             .gpu = gpu_of(a.device),
                             .gpu_arithmetic = arithmetic_of(a.arithmetic)});
  if (!session) return std::move(session).error();
  Timing timing;
  timing.format = (*session)->format();
  timing.memory = (*session)->memory();
  timing.touched = (*session)->touched();
  const std::ptrdiff_t samples = std::ptrdiff_t{1} * a.frames * timing.format.hop;
  timing.deadline = static_cast<double>(samples) / rate;

  Tensor<float, 2> in({std::ptrdiff_t{1} * a.lanes * model.spec().input_channels, samples});
  Tensor<float, 2> out({std::ptrdiff_t{1} * a.lanes * model.spec().output_channels, samples});
  fill_with_noise(in.view());
  const auto calls = std::max(1L, std::lround(a.seconds / timing.deadline));
  timing.calls.reserve(static_cast<std::size_t>(calls));
  for (int warm_up = 0; warm_up < 3; ++warm_up) (*session)->process(in.view(), out.view());
  for (long i = 0; i < calls && !interrupted(); ++i) {
    const auto start = Clock::now();
    (*session)->process(in.view(), out.view());
    timing.calls.push_back(std::chrono::duration<double>(Clock::now() - start).count());
  }
  if (timing.calls.empty()) timing.calls.push_back(0);
  std::sort(timing.calls.begin(), timing.calls.end());
  return timing;
}

constexpr int kCallsOfGpu = 5;

// A model that looks at whole recordings has one deadline, the recording's end: its time is that of
// one call, or on a GPU, which makes ready in the first, of some after that.
Result<Timing> measure_whole(const Model& model, const Arguments& a) {
  const ModelSpec& spec = model.spec();
  const int rate = spec.sample_rate, gpu = gpu_of(a.device);
  auto session = model.open_exact(
      {.threads = a.threads, .gpu = gpu, .gpu_arithmetic = arithmetic_of(a.arithmetic)});
  if (!session) return std::move(session).error();
  Tensor<float, 2> audio({std::ptrdiff_t{1} * a.lanes * spec.input_channels,
                          std::max(1L, std::lround(a.seconds * rate))});
  fill_with_noise(audio.view());
  Timing timing;
  for (int call = gpu < 0 ? 0 : -1; call < (gpu < 0 ? 1 : kCallsOfGpu); ++call) {
    const auto start = Clock::now();
    auto enhanced = (*session)->enhance(audio.view());
    if (!enhanced) return std::move(enhanced).error();
    const std::chrono::duration<double> took = Clock::now() - start;
    if (call >= 0) timing.calls.push_back(took.count());
    if (call >= 0 && interrupted()) break;
  }
  std::sort(timing.calls.begin(), timing.calls.end());
  timing.memory = timing.touched = (*session)->memory();
  timing.deadline = static_cast<double>(audio.extent(1)) / rate;
  timing.format = {rate, static_cast<int>(audio.extent(1)), 0};
  return timing;
}

GpuWork gpu_work(const Model& model, const Timing& t, const Arguments& a) {
  const double factor = t.real_time_factor(a.lanes);
  const double calls = 1 / (factor * t.deadline * a.lanes);  // a second
  return {2 * model.spec().macs_per_second / factor, static_cast<double>(t.touched) * calls};
}

void print_calls(const Timing& t) {
  fmt::print("time for a call   p50 {:.3f}  p95 {:.3f}  p99 {:.3f}  max {:.3f} ms\n",
             1e3 * t.percentile(50), 1e3 * t.percentile(95), 1e3 * t.percentile(99),
             1e3 * t.calls.back());
  fmt::print("deadline          {:.3g} ms, missed by {} of {} calls\n", 1e3 * t.deadline,
             t.misses(), t.calls.size());
  fmt::print("latency           {:.3g} ms in a stream\n",
             1e3 * (t.format.latency + t.format.hop - 1) / t.format.sample_rate);
  fmt::print("memory            {:.2f} MiB of state and scratch; {:.1f} MiB the whole process\n",
             static_cast<double>(t.memory) / (1 << 20),
             static_cast<double>(peak_memory()) / (1 << 20));
}

void print(const Model& model, const Timing& t, const Arguments& a) {
  const ModelSpec& spec = model.spec();
  const double factor = t.real_time_factor(a.lanes);
  const std::string work =
      spec.memory == Memory::windowed
          ? fmt::format("{} whole recording{} of {:.3g} s", a.lanes, a.lanes == 1 ? "" : "s",
                        t.deadline)
          : fmt::format("{} stream{}, {} hop{} of {:.3g} ms a call", a.lanes,
                        a.lanes == 1 ? "" : "s", a.frames, a.frames == 1 ? "" : "s",
                        1e3 * t.format.hop / t.format.sample_rate);
  const std::string cores = a.device != "cpu" ? a.device
                            : a.threads == 1  ? "one core"
                                              : fmt::format("{} cores", a.threads);
  fmt::print("{} at {} Hz: {}, {}\n", spec.name, t.format.sample_rate, work, cores);
  fmt::print("real-time factor  {:.4f}   ({:.3g}x real time)\n", factor, 1 / factor);
  fmt::print("arithmetic        {:.3g} GMAC/s\n", spec.macs_per_second / factor / 1e9);
  if (t.ceilings) fmt::print("of the card       {}\n", as_text(gpu_work(model, t, a), *t.ceilings));
  fmt::print("loaded in         {:.2f} s\n", t.load_seconds);
  if (spec.memory != Memory::windowed) print_calls(t);
}

nlohmann::ordered_json to_json(const Model& model, const Timing& t, const Arguments& a) {
  nlohmann::ordered_json json{{"model", model.spec().name},
                              {"sample_rate", t.format.sample_rate},
                              {"lanes", a.lanes},
                              {"frames", a.frames},
                              {"threads", a.threads},
                              {"device", a.device},
                              {"arithmetic", a.arithmetic},
                              {"hop", t.format.hop},
                              {"latency_samples", t.format.latency + t.format.hop - 1},
                              {"calls", t.calls.size()},
                              {"real_time_factor", t.real_time_factor(a.lanes)},
                              {"p50_ms", 1e3 * t.percentile(50)},
                              {"p95_ms", 1e3 * t.percentile(95)},
                              {"p99_ms", 1e3 * t.percentile(99)},
                              {"max_ms", 1e3 * t.calls.back()},
                              {"deadline_ms", 1e3 * t.deadline},
                              {"deadline_misses", t.misses()},
                              {"memory_bytes", t.memory},
                              {"process_peak_bytes", peak_memory()},
                              {"load_seconds", t.load_seconds}};
  if (t.ceilings) json["of_the_card"] = as_json(gpu_work(model, t, a), *t.ceilings);
  return json;
}

int run(const Arguments& arguments) {
  const auto start = Clock::now();
  auto model = models::load(arguments.model);
  const std::chrono::duration<double> loading = Clock::now() - start;
  if (!model) {
    complain(model.error().message);
    return kUsage;
  }
  watch_interrupt();
  const bool whole = (*model)->spec().memory == Memory::windowed;
  auto timing = whole ? measure_whole(**model, arguments) : measure(**model, arguments);
  if (!timing) {
    complain(timing.error().message);
    return kUsage;
  }
  timing->load_seconds = loading.count();
  if (const int gpu = gpu_of(arguments.device); gpu >= 0) {
    auto ceilings = ceilings_of(gpu);
    if (!ceilings) {
      complain(ceilings.error().message);
      return kUsage;
    }
    timing->ceilings = *ceilings;
  }
  if (arguments.json)
    print_json(to_json(**model, *timing, arguments));
  else
    print(**model, *timing, arguments);
  return interrupted() ? kInterrupted : kOk;
}

}  // namespace

void add_bench(CLI::App& app, int& status) {
  auto arguments = std::make_shared<Arguments>();
  Arguments& a = *arguments;
  CLI::App* command = app.add_subcommand("bench", "Measure a model's speed on this machine");
  command->add_option("model", a.model, "Name or .safetensors file (default: the default model)")
      ->type_name("MODEL");
  command->add_option("--seconds", a.seconds, "Audio to process")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command->add_option("--rate", a.rate, "Sample rate in Hz (default: the model's)")
      ->check(CLI::Range(1, 1000000));
  command
      ->add_option("--lanes", a.lanes,
                   "Streams that share one session, or whole recordings at once")
      ->capture_default_str()
      ->check(CLI::Range(1, 65536));
  command->add_option("--frames", a.frames, "Hops a call; 1 is live")
      ->capture_default_str()
      ->check(CLI::Range(1, 1 << 20));
  command->add_option("--threads", a.threads, "Cores for a model that takes whole recordings")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  add_arithmetic(*command, a.arithmetic)->needs(add_device(*command, a.device));
  command->add_flag("--json", a.json, "One JSON object");
  command->callback([arguments, &status] { status = run(*arguments); });
}

}  // namespace limpid::cli
