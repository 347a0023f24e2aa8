// SPDX-License-Identifier: MIT
#include "lib/dsp/streaming_conv_filter.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <new>
#include <string>

namespace limpid::dsp {
namespace {

constexpr std::int64_t kLongest = (std::int64_t{1} << 31) - 1;

Error invalid(std::string message) {
  return {ErrorCode::invalid_argument, "convolution: " + std::move(message)};
}

Error no_memory() {
  return {ErrorCode::out_of_memory, "convolution: not enough memory for a filter of this length"};
}

std::string expected(const char* what, std::int64_t low, std::int64_t high, std::int64_t found) {
  return std::string("expected ") + what + " in " + std::to_string(low) + ".." +
         std::to_string(high) + ", found " + std::to_string(found);
}

Status check(const ConvSpec& spec) {
  if (spec.max_taps < 1 || spec.max_taps > kLongest)
    return invalid(expected("a number of taps", 1, kLongest, spec.max_taps));
  if (spec.block < 16 || spec.block > 65536)
    return invalid(expected("a block size", 16, 65536, spec.block));
  if (spec.inputs < 1 || spec.outputs < 1 || spec.filters < 1 || spec.fade < 0)
    return invalid("inputs, outputs and filters must be at least 1, the fade at least 0");
  for (const auto& [input, output, filter] : spec.routes)
    if (input < 0 || input >= spec.inputs || output < 0 || output >= spec.outputs || filter < 0 ||
        filter >= spec.filters)
      return invalid("a route leads from input " + std::to_string(input) + " to output " +
                     std::to_string(output) + " through filter " + std::to_string(filter) +
                     "; there are " + std::to_string(spec.inputs) + " inputs, " +
                     std::to_string(spec.outputs) + " outputs and " + std::to_string(spec.filters) +
                     " filters");
  return Done{};
}

Status check(const ConvSpec& spec, AudioView<const float> taps) {
  if (taps.extent(0) != spec.filters)
    return invalid("expected " + std::to_string(spec.filters) + " filters, found " +
                   std::to_string(taps.extent(0)));
  if (taps.extent(1) < 1) return invalid("the filter is empty");
  if (taps.extent(1) > spec.max_taps)
    return invalid("expected at most " + std::to_string(spec.max_taps) + " taps, found " +
                   std::to_string(taps.extent(1)));
  for (std::ptrdiff_t f = 0; f < taps.extent(0); ++f)
    for (std::ptrdiff_t i = 0; i < taps.extent(1); ++i)
      if (!std::isfinite(taps[f][i]))
        return invalid("tap " + std::to_string(i) + " of filter " + std::to_string(f) +
                       " is not a finite number");
  return Done{};
}

}  // namespace

ConvSpec conv_per_channel(int channels, std::int64_t taps, int block, bool one_filter) {
  ConvSpec spec;
  spec.max_taps = taps;
  spec.block = block;
  spec.inputs = spec.outputs = channels;
  spec.filters = one_filter ? 1 : channels;
  spec.routes.clear();
  for (int c = 0; c < channels; ++c) spec.routes.push_back({c, c, one_filter ? 0 : c});
  return spec;
}

Result<std::shared_ptr<const StreamingConvPlan>> StreamingConvPlan::create(ConvSpec spec) try {
  if (auto status = check(spec); !status) return std::move(status).error();
  spec.block = static_cast<int>(std::bit_floor(static_cast<unsigned>(spec.block)));
  auto plan = std::make_shared<StreamingConvPlan>();
  plan->partition_ = partition_filter(spec.max_taps, spec.block, spec.zero_latency, spec.costs);
  for (const ConvStage& stage : plan->partition_.stages)
    plan->transforms_.emplace_back(stage.block);
  plan->spec_ = std::move(spec);
  return std::shared_ptr<const StreamingConvPlan>(std::move(plan));
} catch (const std::bad_alloc&) {
  return no_memory();
}

Result<std::shared_ptr<const ConvFilter>> ConvFilter::create(
    std::shared_ptr<const StreamingConvPlan> plan, AudioView<const float> taps) try {
  const ConvSpec& spec = plan->spec();
  if (auto status = check(spec, taps); !status) return std::move(status).error();
  auto filter = std::make_shared<ConvFilter>();
  filter->plan_ = plan;
  filter->taps_ = taps.extent(1);
  filter->head_taps_ = static_cast<int>(std::min(plan->partition().head, filter->taps_));
  const auto head = static_cast<std::size_t>(filter->head_taps_);
  filter->head_ = filter->arena_.claim<float>(head * static_cast<std::size_t>(spec.filters));
  for (int f = 0; f < spec.filters; ++f)
    std::copy_n(taps[f].data(), head, filter->head_.data() + static_cast<std::size_t>(f) * head);
  filter->stages_.resize(plan->partition().stages.size());
  for (std::size_t s = 0; s < filter->stages_.size(); ++s) filter->transform(s, taps);
  return std::shared_ptr<const ConvFilter>(std::move(filter));
} catch (const std::bad_alloc&) {
  return no_memory();
}

void ConvFilter::transform(std::size_t stage, AudioView<const float> taps) {
  const ConvStage& cut = plan_->partition().stages[stage];
  const kernels::NegacyclicFft& fft = plan_->transform(stage);
  const std::int64_t left = std::max<std::int64_t>(0, taps_ - cut.offset);
  Stage& made = stages_[stage];
  made.parts =
      static_cast<int>(std::min<std::int64_t>((left + cut.block - 1) / cut.block, cut.parts));
  const std::size_t floats = fft.work_floats() * static_cast<std::size_t>(made.parts);
  made.spectra = arena_.claim<float>(floats * static_cast<std::size_t>(taps.extent(0)));

  Arena scratch_arena;
  const auto block = static_cast<std::size_t>(cut.block);
  const auto work = scratch_arena.claim<float>(fft.work_floats());
  const auto scratch = scratch_arena.claim<float>(fft.scratch_floats());
  const auto piece = scratch_arena.claim<float>(block), zeros = scratch_arena.claim<float>(block);
  for (std::ptrdiff_t f = 0; f < taps.extent(0); ++f)
    for (int p = 0; p < made.parts; ++p) {
      const std::int64_t from = cut.offset + std::int64_t{p} * cut.block;
      const std::int64_t count = std::min<std::int64_t>(cut.block, taps_ - from);
      std::ranges::fill(piece, 0.0f);
      std::copy_n(taps[f].data() + from, count, piece.data());
      for (int unit = 0; unit < fft.time_units(); ++unit)
        fft.forward_time(piece.data(), zeros.data(), unit, work.data(), scratch.data());
      float* to = made.spectra.data() + static_cast<std::size_t>(f) * floats +
                  std::ptrdiff_t{p} * 2 * fft.width();
      for (int unit = 0; unit < fft.frequency_units(); ++unit)
        fft.forward_frequency(work.data(), unit, to, std::ptrdiff_t{made.parts} * 2 * fft.width(),
                              scratch.data());
    }
}

const float* ConvFilter::spectra(std::size_t stage, int filter) const LIMPID_REALTIME {
  const Stage& made = stages_[stage];
  return made.spectra.data() + static_cast<std::size_t>(filter) *
                                   plan_->transform(stage).work_floats() *
                                   static_cast<std::size_t>(made.parts);
}

}  // namespace limpid::dsp
