// SPDX-License-Identifier: MIT
#include <algorithm>
#include <exception>
#include <utility>

#include "lib/base/no_memory.h"
#include "lib/model/device_name.h"
#include "lib/tensor/tensor.h"
#include "limpid/limpid.hpp"
#include "models/registry.h"
#include "streaming/stream_processor.h"

namespace limpid {
namespace {

constexpr int kBlock = 512;  // samples; callers' channels pass through a buffer of this length

bool complete(const float* const* channels, int count) noexcept {
  return channels != nullptr &&
         std::none_of(channels, channels + count, [](auto* channel) { return channel == nullptr; });
}

Result<streaming::StreamConfig> checked(const EnhancerConfig& config) {
  const auto bad = [](std::string message) {
    return Error{ErrorCode::invalid_argument, std::move(message)};
  };
  if (!(config.attenuation_limit_db >= 0.0f))  // also NaN
    return bad("attenuation limit is " + std::to_string(config.attenuation_limit_db) +
               " dB, expected 0 (no limit) or more");
  const auto gpu = gpu_of(config.device.empty() ? "cpu" : config.device);
  if (!gpu) return bad("device: " + gpu.error().message);
  const auto arithmetic = arithmetic_of(config.arithmetic.empty() ? "exact" : config.arithmetic);
  if (!arithmetic) return bad("arithmetic: " + arithmetic.error().message);
  if (*gpu < 0 && *arithmetic != Arithmetic::exact)
    return bad("arithmetic " + config.arithmetic + " is for GPUs: device \"cuda\"");
  return streaming::StreamConfig{.sample_rate = config.sample_rate,
                                 .channels = config.channels,
                                 .attenuation_limit_db = config.attenuation_limit_db,
                                 .frames_per_call = 1,
                                 .gpu = *gpu,
                                 .gpu_arithmetic = *arithmetic};
}

}  // namespace

struct Enhancer::State {
  explicit State(streaming::StreamProcessor opened)
      : processor(std::move(opened)),
        in({processor.inputs(), kBlock}),
        out({processor.outputs(), kBlock}) {}

  // Callers' channels lie anywhere; a processor wants them at equal distances.
  void process(const float* const* from, float* const* to, int begin, int count) noexcept {
    for (std::ptrdiff_t c = 0; c < in.extent(0); ++c)
      std::copy_n(from[c] + begin, count, in.view()[c].data());
    const auto result = out.view().slice(1, 0, count);
    processor.process(in.view().slice(1, 0, count), result);
    for (std::ptrdiff_t c = 0; c < out.extent(0); ++c)
      std::copy_n(result[c].data(), count, to[c] + begin);
  }

  streaming::StreamProcessor processor;
  Tensor<float, 2> in, out;  // [inputs() or outputs()][kBlock]
};

Result<Enhancer> Enhancer::open(const EnhancerConfig& config) try {
  return unless_out_of_memory([&]() -> Result<Enhancer> {
    const auto stream = checked(config);
    if (!stream) return stream.error();
    auto model = models::load(config.model);
    if (!model) return std::move(model).error();
    auto processor = streaming::StreamProcessor::open(*std::move(model), *stream);
    if (!processor) return std::move(processor).error();
    return Enhancer(std::make_unique<State>(*std::move(processor)));
  });
} catch (const std::exception& problem) {
  return Error{ErrorCode::bad_format, problem.what()};
}

Enhancer::Enhancer(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
Enhancer::Enhancer(Enhancer&&) noexcept = default;
Enhancer& Enhancer::operator=(Enhancer&&) noexcept = default;
Enhancer::~Enhancer() = default;

void Enhancer::process(const float* const* in, float* const* out, int samples) noexcept {
  if (!complete(in, inputs()) || !complete(out, outputs())) return;
  for (int done = 0, count = 0; done < samples; done += count) {
    count = std::min(samples - done, kBlock);
    state_->process(in, out, done, count);
  }
}

int Enhancer::latency() const noexcept {
  return state_->processor.latency();
}
int Enhancer::inputs() const noexcept {
  return state_->processor.inputs();
}
int Enhancer::outputs() const noexcept {
  return state_->processor.outputs();
}
int Enhancer::hop() const noexcept {
  return state_->processor.hop();
}
void Enhancer::reset() noexcept {
  state_->processor.reset();
}
bool Enhancer::restart(int channel) noexcept {
  return state_->processor.restart(channel);
}
const Error* Enhancer::failure() const noexcept {
  return state_->processor.failure();
}
void Enhancer::set_bypass(bool bypass) noexcept {
  state_->processor.set_bypass(bypass);
}
void Enhancer::set_attenuation_limit(float db) noexcept {
  state_->processor.set_attenuation_limit(db);
}
float Enhancer::voice_activity(int channel) const noexcept {
  return state_->processor.voice_activity(channel);
}
std::uint64_t Enhancer::repaired() const noexcept {
  return state_->processor.repaired();
}

const char* version() noexcept {
  return LIMPID_VERSION;
}

std::vector<std::string> model_names() {
  return models::shipped();
}

}  // namespace limpid
