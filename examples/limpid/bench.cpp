// SPDX-License-Identifier: MIT
// `limpid bench`: does this machine keep up, with how much to spare, and how late is it at worst?
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "examples/limpid/ceilings.h"
#include "examples/limpid/commands.h"
#include "examples/limpid/device_option.h"
#include "examples/limpid/interrupt.h"
#include "examples/limpid/json.h"
#include "examples/limpid/model_options.h"
#include "examples/limpid/ranges.h"
#include "examples/limpid/terminal.h"
#include "examples/limpid/timing.h"
#include "models/registry.h"

namespace limpid::cli {
namespace {

using Clock = std::chrono::steady_clock;

struct Arguments : TimingOptions {
  std::string model;
  bool json = false;
};

struct Measured : Timing {
  double load_seconds = 0;
  std::optional<kernels::cuda::Ceilings> ceilings;  // of a GPU
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

GpuWork gpu_work(const Model& model, const Measured& t) {
  const double factor = t.real_time_factor();
  const double calls = static_cast<double>(t.calls.size()) / t.busy;  // a second
  return {2 * model.spec().macs_per_second / factor, static_cast<double>(t.touched) * calls};
}

bool takes_whole_recordings(const Model& model) {
  return model.spec().memory == Memory::windowed;
}

std::string calls_as_text(const Measured& t) {
  return fmt::format("time for a call   p50 {:.3f}  p95 {:.3f}  p99 {:.3f}  max {:.3f} ms\n",
                     1e3 * t.percentile(50), 1e3 * t.percentile(95), 1e3 * t.percentile(99),
                     1e3 * t.calls.back()) +
         fmt::format("deadline          {:.3g} ms, missed by {} of {} calls\n", 1e3 * t.deadline,
                     t.misses(), t.calls.size()) +
         fmt::format("latency           {:.3g} ms in a stream\n",
                     1e3 * (t.format.latency + t.format.hop - 1) / t.format.sample_rate) +
         fmt::format(
             "memory            {:.2f} MiB of state and scratch; {:.1f} MiB the whole process\n",
             static_cast<double>(t.memory) / (1 << 20),
             static_cast<double>(peak_memory()) / (1 << 20));
}

std::string to_text(const Model& model, const Measured& t, const Arguments& a) {
  const ModelSpec& spec = model.spec();
  const double factor = t.real_time_factor();
  const std::string work =
      takes_whole_recordings(model)
          ? fmt::format("{} whole recording{} of {:.3g} s", a.lanes, a.lanes == 1 ? "" : "s",
                        t.deadline)
          : fmt::format("{} stream{}, {} hop{} of {:.3g} ms a call", a.lanes,
                        a.lanes == 1 ? "" : "s", a.frames, a.frames == 1 ? "" : "s",
                        1e3 * t.format.hop / t.format.sample_rate);
  const std::string cores = a.device != "cpu" ? a.device
                            : a.threads == 1  ? "one core"
                                              : fmt::format("{} cores", a.threads);
  std::string text =
      fmt::format("{} at {} Hz: {}, {}\n", printable(spec.name), t.format.sample_rate, work, cores);
  if (a.groups > 1)
    text += fmt::format(
        "in {} groups, due one after the other; calls count from when they were due\n", a.groups);
  text += fmt::format("real-time factor  {:.4f}   ({:.3g}x real time)\n", factor, 1 / factor);
  text += fmt::format("arithmetic        {:.3g} GMAC/s\n", spec.macs_per_second / factor / 1e9);
  if (t.ceilings)
    text += fmt::format("of the card       {}\n", as_text(gpu_work(model, t), *t.ceilings));
  text += fmt::format("loaded in         {:.2f} s\n", t.load_seconds);
  return takes_whole_recordings(model) ? text : text + calls_as_text(t);
}

nlohmann::ordered_json to_json(const Model& model, const Measured& t, const Arguments& a) {
  using Json = nlohmann::ordered_json;
  const bool streams = !takes_whole_recordings(model);
  Json json{
      {"model", model.spec().name},
      {"sample_rate", t.format.sample_rate},
      {"lanes", a.lanes},
      {"groups", a.groups},
      {"frames", a.frames},
      {"threads", a.threads},
      {"device", a.device},
      {"arithmetic", a.arithmetic},
      {"hop", streams ? Json(t.format.hop) : Json(nullptr)},
      {"latency_samples", streams ? Json(t.format.latency + t.format.hop - 1) : Json(nullptr)},
      {"calls", t.calls.size()},
      {"real_time_factor", t.real_time_factor()},
      {"p50_ms", 1e3 * t.percentile(50)},
      {"p95_ms", 1e3 * t.percentile(95)},
      {"p99_ms", 1e3 * t.percentile(99)},
      {"max_ms", 1e3 * t.calls.back()},
      {"deadline_ms", 1e3 * t.deadline},
      {"deadline_misses", t.misses()},
      {"memory_bytes", t.memory},
      {"process_peak_bytes", peak_memory()},
      {"load_seconds", t.load_seconds}};
  if (t.ceilings) json["of_the_card"] = as_json(gpu_work(model, t), *t.ceilings);
  return json;
}

// What a model of this kind could only ignore is refused.
Status check(const Arguments& a, const Model& model) {
  if (auto fits = check_arithmetic(a.device, a.arithmetic); !fits) return fits;
  const ModelSpec& spec = model.spec();
  std::string problem;
  if (!takes_whole_recordings(model)) {
    if (a.lanes % a.groups != 0)
      problem = fmt::format("{} lanes cannot be shared evenly by {} groups", a.lanes, a.groups);
    if (a.threads > 1)
      problem = "--threads is for models that take whole recordings; a stream has one core";
  } else if (a.groups > 1 || a.frames > 1) {
    problem = "--groups and --frames are for live streams; this model takes whole recordings";
  } else if (a.threads > 1 && a.device != "cpu") {
    problem = "--threads is for CPUs";
  } else if (a.rate > 0 && a.rate != spec.sample_rate) {
    problem = fmt::format("--rate {}: model {} takes whole recordings at {} Hz", a.rate, spec.name,
                          spec.sample_rate);
  }
  if (problem.empty()) return Done{};
  return Error{ErrorCode::invalid_argument, problem};
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
  if (auto possible = check(arguments, **model); !possible) {
    complain(possible.error().message);
    return kUsage;
  }
  auto timed = takes_whole_recordings(**model) ? time_recordings(**model, arguments)
                                               : time_calls(**model, arguments);
  if (!timed) {
    complain(timed.error().message);
    return kUsage;
  }
  Measured measured{*std::move(timed), loading.count(), {}};
  if (const int gpu = gpu_of(arguments.device); gpu >= 0) {
    auto ceilings = ceilings_of(gpu);
    if (!ceilings) {
      complain(ceilings.error().message);
      return kUsage;
    }
    measured.ceilings = *ceilings;
  }
  if (arguments.json)
    print_json(to_json(**model, measured, arguments));
  else
    put(stdout, to_text(**model, measured, arguments));
  return interrupted() ? kInterrupted : kOk;
}

}  // namespace

void add_bench(CLI::App& app, int& status) {
  auto arguments = std::make_shared<Arguments>();
  Arguments& a = *arguments;
  CLI::App* command = app.add_subcommand("bench", "Measure a model's speed on this machine");
  add_model_or_argument(*command, a.model);
  command->add_option("--seconds", a.seconds, "Audio to process")
      ->capture_default_str()
      ->check(between(0.001, 3600));
  command->add_option("--rate", a.rate, "Sample rate in Hz (default: the model's)")
      ->check(between(1, 1000000));
  command
      ->add_option("--lanes", a.lanes,
                   "Streams that share one session, or whole recordings at once")
      ->capture_default_str()
      ->check(between(1, 65536));
  command
      ->add_option("--groups", a.groups,
                   "Sessions that share the streams; their hops are due in turn, at real time")
      ->capture_default_str()
      ->check(between(1, 100));
  command->add_option("--frames", a.frames, "Hops a call; 1 is live")
      ->capture_default_str()
      ->check(between(1, 1 << 20));
  command->add_option("--threads", a.threads, "Cores for a model that takes whole recordings")
      ->capture_default_str()
      ->check(between(1, 1024));
  add_arithmetic(*command, a.arithmetic)->needs(add_device(*command, a.device));
  command->add_flag("--json", a.json, "One JSON object");
  command->callback([arguments, &status] { status = run(*arguments); });
}

}  // namespace limpid::cli
