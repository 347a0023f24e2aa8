// SPDX-License-Identifier: MIT
#include "lib/dsp/streaming_conv_stage.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace limpid::dsp {
namespace {

constexpr int kProductBlocks = 8;  // spectral blocks of a unit of products

}  // namespace

StreamingConvStage::StreamingConvStage(const ConvFilter& filter, std::size_t stage, int lanes,
                                       Arena& arena)
    : plan_(filter.plan()),
      fft_(&plan_.transform(stage)),
      stage_(stage),
      lanes_(lanes),
      parts_(plan_.partition().stages[stage].parts),
      slices_(fft_->size() / plan_.spec().block),
      fade_cycles_(std::max(1, plan_.spec().fade / fft_->size())),
      delay_(plan_.partition().stages[stage].offset + plan_.latency()),
      filter_(&filter) {
  const auto rows = [&](int channels) { return static_cast<std::size_t>(lanes * channels); };
  const std::size_t floats = fft_->work_floats();
  spectra_ =
      arena.claim<float>(rows(plan_.spec().inputs) * floats * static_cast<std::size_t>(parts_));
  sums_ = arena.claim<float>(rows(plan_.spec().outputs) * floats);
  work_ = arena.claim<float>(floats);
  scratch_ = arena.claim<float>(fft_->scratch_floats());
  // Transforms take so much time for a unit of either half that their sum is what was measured.
  const double half_units = 2.0 * (fft_->time_units() * fft_->time_unit_flops() +
                                   fft_->frequency_units() * fft_->frequency_unit_flops());
  const auto bits = static_cast<std::size_t>(std::countr_zero(static_cast<unsigned>(fft_->size())));
  const double each = plan_.spec().costs.transforms[bits] / half_units;
  const int units = fft_->time_units() + fft_->frequency_units();
  const Task transform{0, each * fft_->time_unit_flops(), each * fft_->frequency_unit_flops()};
  tasks_[forward] = tasks_[inverse] = tasks_[next_inverse] = transform;
  tasks_[forward].count = static_cast<int>(rows(plan_.spec().inputs)) * units;
}

std::int64_t StreamingConvStage::exchange_samples() const noexcept {
  return plan_.spec().block + std::int64_t{fade_cycles_} * fft_->size() + delay_;
}

double StreamingConvStage::advance(std::int64_t blocks, const ConvRings& rings,
                                   const ConvFilter* wanted, double ahead) LIMPID_REALTIME {
  const auto slice = static_cast<int>(blocks % slices_);
  if (slice == 0) begin_cycle(blocks / slices_, wanted);
  const double share = due_ * (slice + 1) / slices_;
  run_until(slice == slices_ - 1 ? std::numeric_limits<double>::infinity() : share - ahead, rings);
  return ahead + spent_ - share;
}

void StreamingConvStage::run_until(double target, const ConvRings& rings) LIMPID_REALTIME {
  for (; phase_ < kPhases; ++phase_, unit_ = 0)
    for (const auto phase = static_cast<Phase>(phase_); unit_ < tasks_[phase].count; ++unit_) {
      const double more = cost(phase, unit_);
      if (spent_ + more / 2 > target) return;
      run(phase, unit_, rings);
      spent_ += more;
    }
}

void StreamingConvStage::begin_cycle(std::int64_t cycle, const ConvFilter* wanted) LIMPID_REALTIME {
  if (next_ != nullptr && ++fade_cycle_ == fade_cycles_) {
    filter_ = next_;
    next_ = nullptr;
  }
  if (next_ == nullptr && wanted != filter_) {
    next_ = wanted;
    fade_cycle_ = 0;
  }
  cycle_ = cycle;
  slot_ = slot_ == 0 ? parts_ - 1 : slot_ - 1;
  phase_ = cycle >= first_forward_ ? forward : kPhases;
  unit_ = 0;
  plan_products(product, cycle >= first_output_ ? filter_ : nullptr);
  plan_products(next_product, cycle >= first_output_ ? next_ : nullptr);
  due_ = spent_ = 0;
  const auto rows = tasks_[forward].count + tasks_[inverse].count + tasks_[next_inverse].count;
  const int units = fft_->time_units() + fft_->frequency_units();
  due_ = rows / units *
         (fft_->time_units() * tasks_[forward].time_cost +
          fft_->frequency_units() * tasks_[forward].frequency_cost);
  for (const Phase phase : {product, next_product})
    due_ += tasks_[phase].count * tasks_[phase].time_cost;
}

// The products and inverse transforms of one filter; none if it is shorter than the stage's offset.
void StreamingConvStage::plan_products(Phase phase, const ConvFilter* filter) LIMPID_REALTIME {
  const int parts = filter != nullptr ? filter->parts(stage_) : 0;
  const int units = fft_->time_units() + fft_->frequency_units();
  tasks_[phase].count = parts > 0 ? (fft_->blocks() + kProductBlocks - 1) / kProductBlocks : 0;
  tasks_[phase].time_cost = plan_.spec().costs.multiply * parts * lanes_ * fft_->width() *
                            std::min(kProductBlocks, fft_->blocks()) *
                            static_cast<double>(plan_.spec().routes.size());
  tasks_[phase + 1].count = parts > 0 ? lanes_ * plan_.spec().outputs * units : 0;
}

double StreamingConvStage::cost(Phase phase, int unit) const LIMPID_REALTIME {
  const Task& task = tasks_[phase];
  if (phase == product || phase == next_product) return task.time_cost;
  const int time = fft_->time_units(), frequency = fft_->frequency_units();
  const int step = unit % (time + frequency);
  const bool in_time = phase == forward ? step < time : step >= frequency;
  return in_time ? task.time_cost : task.frequency_cost;
}

void StreamingConvStage::run(Phase phase, int unit, const ConvRings& rings) LIMPID_REALTIME {
  const float begin = static_cast<float>(fade_cycle_) / static_cast<float>(fade_cycles_);
  const float step = 1.0f / static_cast<float>(fade_cycles_ * fft_->size());
  switch (phase) {
    case forward:
      return transform_forward(unit, rings);
    case product:
      return multiply(*filter_, unit);
    case inverse:
      return next_ != nullptr ? transform_back(unit, rings, 1 - begin, -step)
                              : transform_back(unit, rings, 1, 0);
    case next_product:
      return multiply(*next_, unit);
    case next_inverse:
      return transform_back(unit, rings, begin, step);
    case kPhases:
      return;
  }
}

void StreamingConvStage::transform_forward(int unit, const ConvRings& rings) LIMPID_REALTIME {
  const int time = fft_->time_units(), units = time + fft_->frequency_units();
  const int row = unit / units, step = unit % units;
  if (step < time) {
    const float* ring = rings.input.data() + static_cast<std::size_t>(row) * rings.input_size;
    const std::int64_t later = (cycle_ - 1) * fft_->size();  // the block that is complete
    const auto at = [&](std::int64_t t) {
      return static_cast<std::size_t>(t) & (rings.input_size - 1);
    };
    fft_->forward_time(ring + at(later - fft_->size()), ring + at(later), step, work_.data(),
                       scratch_.data());
    flops_ += fft_->time_unit_flops();
  } else {
    const std::ptrdiff_t slot = 2 * fft_->width();
    float* spectra = spectra_.data() + static_cast<std::size_t>(row) * fft_->work_floats() *
                                           static_cast<std::size_t>(parts_);
    fft_->forward_frequency(work_.data(), step - time, spectra + slot_ * slot, parts_ * slot,
                            scratch_.data());
    flops_ += fft_->frequency_unit_flops();
  }
}

void StreamingConvStage::multiply(const ConvFilter& filter, int unit) LIMPID_REALTIME {
  const int first = unit * kProductBlocks, count = std::min(kProductBlocks, fft_->blocks() - first);
  const std::ptrdiff_t slot = 2 * fft_->width(),
                       floats = static_cast<std::ptrdiff_t>(fft_->work_floats());
  const int parts = filter.parts(stage_), before_wrap = std::min(parts, parts_ - slot_);
  const ConvSpec& spec = plan_.spec();
  for (std::ptrdiff_t row = 0; row < lanes_ * spec.outputs; ++row)
    std::fill_n(sums_.data() + row * floats + first * slot, count * slot, 0.0f);
  for (const auto& [input, output, taps] : spec.routes) {
    const float* h = filter.spectra(stage_, taps) + first * parts * slot;
    for (std::ptrdiff_t lane = 0; lane < lanes_; ++lane) {  // h stays in the cache
      const float* x =
          spectra_.data() + ((lane * spec.inputs + input) * floats + first * slot) * parts_;
      float* sum = sums_.data() + (lane * spec.outputs + output) * floats + first * slot;
      kernels::multiply_accumulate_spectra(x + slot_ * slot, parts_ * slot, h, parts * slot,
                                           before_wrap, count, fft_->width(), sum);
      if (parts > before_wrap)
        kernels::multiply_accumulate_spectra(x, parts_ * slot, h + before_wrap * slot, parts * slot,
                                             parts - before_wrap, count, fft_->width(), sum);
    }
  }
  flops_ += 8.0 * parts * lanes_ * fft_->width() * count * static_cast<double>(spec.routes.size());
}

void StreamingConvStage::transform_back(int unit, const ConvRings& rings, float gain,
                                        float gain_step) LIMPID_REALTIME {
  const int frequency = fft_->frequency_units(), units = frequency + fft_->time_units();
  const auto row = static_cast<std::size_t>(unit / units);
  const int step = unit % units;
  if (step < frequency) {
    fft_->inverse_frequency(sums_.data() + row * fft_->work_floats(), step, work_.data(),
                            scratch_.data());
    flops_ += fft_->frequency_unit_flops();
  } else {
    const auto start = static_cast<std::size_t>((cycle_ - 1) * fft_->size() + delay_);
    const std::size_t mask = rings.output_size - 1;
    fft_->inverse_time(
        work_.data(), step - frequency,
        {rings.output.data() + row * rings.output_size, start & mask, mask, gain, gain_step},
        scratch_.data());
    flops_ += fft_->time_unit_flops();
  }
}

void StreamingConvStage::skip_until(std::int64_t time) LIMPID_REALTIME {
  // Cycle k writes samples (k - 1) P + delay .. k P + delay.
  const std::int64_t last = time / fft_->size();
  first_output_ = std::max<std::int64_t>(0, (time - delay_) / fft_->size() + 1);
  first_forward_ = std::min(first_output_, last) - parts_ + 1;
}

void StreamingConvStage::reset(const ConvFilter* filter) LIMPID_REALTIME {
  filter_ = filter;
  next_ = nullptr;
  cycle_ = first_forward_ = first_output_ = 0;
  slot_ = unit_ = 0;
  phase_ = kPhases;
  std::ranges::fill(spectra_, 0.0f);
}

}  // namespace limpid::dsp
