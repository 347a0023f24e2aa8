// SPDX-License-Identifier: MIT
#include "lib/dsp/streaming_conv.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <new>

#include "lib/base/float_mode.h"
#include "lib/dsp/streaming_conv_exchange.h"
#include "lib/dsp/streaming_conv_head.h"
#include "lib/dsp/streaming_conv_stage.h"
#include "lib/kernels/elementwise.h"

namespace limpid::dsp {

// Two rings hold the audio: `input` what stages still have to transform, `output` the sums of what
// all of them have made so far of the samples to come.
struct StreamingConv::State {
  State(std::shared_ptr<const ConvFilter> filter, int lane_count)
      : plan(filter->shared_plan()),
        lanes(lane_count),
        block(plan->spec().block),
        head(*filter, lanes, arena),
        exchange(filter) {
    const auto rows = [&](int channels) { return static_cast<std::size_t>(lanes * channels); };
    std::int64_t longest_delay = 0;
    int largest = 0;
    stages.reserve(plan->partition().stages.size());
    for (std::size_t s = 0; s < plan->partition().stages.size(); ++s) {
      stages.emplace_back(*filter, s, lanes, arena);
      longest_delay = std::max(longest_delay, stages[s].delay());
      largest = stages[s].block();
    }
    rings.input_size =
        4 * static_cast<std::size_t>(largest);  // the window, and what arrives meanwhile
    rings.output_size = std::bit_ceil(static_cast<std::size_t>(longest_delay + largest + block));
    rings.input = arena.claim<float>(rows(plan->spec().inputs) * rings.input_size);
    rings.output = arena.claim<float>(rows(plan->spec().outputs) * rings.output_size);
    silence = arena.claim<float>(static_cast<std::size_t>(block));
  }

  // Into the head's memory and the ring, which may each be absent. No row pointers: silence.
  void absorb(const AudioView<const float>* in, std::ptrdiff_t from, int count) LIMPID_REALTIME {
    for (int row = 0; row < lanes * plan->spec().inputs; ++row) {
      const float* x = in != nullptr ? (*in)[row].data() + from : silence.data();
      float* ring = stages.empty()
                        ? nullptr
                        : rings.input.data() + static_cast<std::size_t>(row) * rings.input_size +
                              (static_cast<std::size_t>(time) & (rings.input_size - 1));
      float* direct = plan->partition().head > 0 ? head.next(row, count) : nullptr;
      float* first = ring != nullptr ? ring : direct;
      repaired += kernels::repair(x, count, first);
      if (ring != nullptr && direct != nullptr) std::copy_n(ring, count, direct);
    }
  }

  // `count` samples of the output ring, completed by the head; empty again once taken.
  void emit(AudioView<float>* out, std::ptrdiff_t from, int count) LIMPID_REALTIME {
    const std::size_t at = static_cast<std::size_t>(time) & (rings.output_size - 1);
    const auto size = static_cast<std::ptrdiff_t>(rings.output_size);
    const AudioView<float> ready(rings.output.data() + at, {lanes * plan->spec().outputs, count},
                                 {size, 1});
    if (plan->partition().head > 0) {
      if (out != nullptr) head.add_response(count, done, ready);
      head.advance(count);
    }
    for (std::ptrdiff_t row = 0; row < ready.extent(0); ++row) {
      if (out != nullptr) std::copy_n(ready[row].data(), count, (*out)[row].data() + from);
      std::fill_n(ready[row].data(), count, 0.0f);
    }
  }

  void end_block() LIMPID_REALTIME {
    done = 0;
    const ConvFilter* wanted = exchange.wanted();
    bool settled = true;
    if (plan->partition().head > 0) {
      head.begin_block(wanted);
      settled = head.uses_only(wanted);
    }
    double ahead = 0;
    for (auto stage = stages.rbegin(); stage != stages.rend(); ++stage) {  // large units first
      ahead = stage->advance(time / block, rings, wanted, ahead);
      settled = settled && stage->uses_only(wanted);
    }
    if (settled) exchange.settled();
  }

  void process(const AudioView<const float>* in, AudioView<float>* out,
               std::ptrdiff_t samples) LIMPID_REALTIME {
    const FlushDenormals flush;
    for (std::ptrdiff_t from = 0; from < samples;) {
      const int count = static_cast<int>(std::min<std::ptrdiff_t>(samples - from, block - done));
      absorb(in, from, count);
      emit(out, from, count);
      from += count;
      time += count;
      done += count;
      if (done == block) end_block();
    }
  }

  void reset() LIMPID_REALTIME {
    time = 0;
    done = 0;
    std::ranges::fill(rings.input, 0.0f);
    std::ranges::fill(rings.output, 0.0f);
    head.reset(exchange.active());
    for (StreamingConvStage& stage : stages) stage.reset(exchange.active());
  }

  std::shared_ptr<const StreamingConvPlan> plan;
  int lanes, block;
  Arena arena;
  StreamingConvHead head;
  std::vector<StreamingConvStage> stages;
  ConvRings rings;
  std::span<float> silence;
  std::int64_t time = 0;  // samples so far
  int done = 0;           // of this block
  std::uint64_t repaired = 0;
  FilterExchange exchange;
};

Result<StreamingConv> StreamingConv::open(std::shared_ptr<const ConvFilter> filter, int lanes) try {
  if (lanes < 1)
    return Error{ErrorCode::invalid_argument,
                 "convolution: expected at least 1 lane, found " + std::to_string(lanes)};
  const ConvSpec& spec = filter->shared_plan()->spec();
  if (std::int64_t{lanes} * std::max(spec.inputs, spec.outputs) > std::numeric_limits<int>::max())
    throw std::bad_alloc();
  return StreamingConv(std::make_unique<State>(std::move(filter), lanes));
} catch (const std::bad_alloc&) {
  return Error{ErrorCode::out_of_memory,
               "convolution: not enough memory for " + std::to_string(lanes) + " lanes"};
}

StreamingConv::StreamingConv(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
StreamingConv::StreamingConv(StreamingConv&&) noexcept = default;
StreamingConv& StreamingConv::operator=(StreamingConv&&) noexcept = default;
StreamingConv::~StreamingConv() = default;

int StreamingConv::inputs() const noexcept {
  return state_->lanes * state_->plan->spec().inputs;
}
int StreamingConv::outputs() const noexcept {
  return state_->lanes * state_->plan->spec().outputs;
}
std::int64_t StreamingConv::latency() const noexcept {
  return state_->plan->latency();
}
std::int64_t StreamingConv::tail() const noexcept {
  return latency() + state_->plan->spec().max_taps - 1;
}

void StreamingConv::process(AudioView<const float> in, AudioView<float> out) LIMPID_REALTIME {
  state_->process(&in, &out, out.extent(1));
}

void StreamingConv::flush(AudioView<float> out) LIMPID_REALTIME {
  state_->process(nullptr, &out, out.extent(1));
}

Status StreamingConv::exchange(std::shared_ptr<const ConvFilter> filter) try {
  if (filter->shared_plan() != state_->plan)
    return Error{ErrorCode::invalid_argument, "convolution: the filter was made for another plan"};
  state_->exchange.offer(std::move(filter));
  return Done{};
} catch (const std::bad_alloc&) {
  return Error{ErrorCode::out_of_memory, "convolution: not enough memory to exchange filters"};
}

std::int64_t StreamingConv::exchange_samples() const noexcept {
  std::int64_t most = state_->plan->partition().head > 0 ? state_->head.exchange_samples() : 0;
  for (const StreamingConvStage& stage : state_->stages)
    most = std::max(most, stage.exchange_samples());
  return most;
}

void StreamingConv::prefill(AudioView<const float> history) LIMPID_REALTIME {
  reset();
  for (StreamingConvStage& stage : state_->stages) stage.skip_until(history.extent(1));
  state_->process(&history, nullptr, history.extent(1));
}

void StreamingConv::reset() LIMPID_REALTIME {
  state_->reset();
}

std::uint64_t StreamingConv::repaired() const noexcept {
  return state_->repaired;
}

double StreamingConv::flops() const noexcept {
  double sum = state_->head.flops();
  for (const StreamingConvStage& stage : state_->stages) sum += stage.flops();
  return sum;
}

}  // namespace limpid::dsp
