// SPDX-License-Identifier: MIT
#include "models/frcrn/gpu_exact.h"

#include <algorithm>

#include "lib/base/no_memory.h"
#include "models/frcrn/exact.h"
#include "models/frcrn/whole.h"

namespace limpid::models {
namespace {

dsp::StftSpec stft_of(const FrcrnConfig& config) {
  return dsp::stft_at(config.window, config.hop, config.sample_rate);
}

}  // namespace

Result<std::unique_ptr<ExactSession>> GpuFrcrnExact::open(
    OpenQueue open_queue, std::shared_ptr<const FrcrnNetwork> network, Arithmetic arithmetic) {
  const FrcrnConfig& config = network->config;
  std::unique_ptr<GpuFrcrnExact> session(
      new GpuFrcrnExact(std::move(open_queue), std::move(network), arithmetic));
  if (auto done = session->prepare(1, config.sample_rate / stft_of(config).hop); !done)
    return done.error();
  return std::unique_ptr<ExactSession>(std::move(session));
}

std::size_t GpuFrcrnExact::memory() const noexcept {
  if (whole_ == nullptr) return sizeof(*this);
  const auto samples = static_cast<std::size_t>(whole_->recordings()) *
                       static_cast<std::size_t>(whole_->input().pitch);
  return sizeof(*this) + queue_->claimed() + 2 * samples * sizeof(float);
}

// What is there serves if it is large enough and not much too large.
Status GpuFrcrnExact::prepare(int recordings, int hops) {
  if (whole_ != nullptr && hops <= whole_->max_hops() && recordings <= whole_->recordings() &&
      2 * recordings >= whole_->recordings())
    return Done{};
  whole_ = nullptr;
  queue_ = nullptr;
  auto queue = open_queue_();
  if (!queue) return queue.error();
  auto whole = GpuFrcrnWhole::open(**queue, *network_, arithmetic_, recordings, hops);
  if (!whole) return whole.error();
  const auto samples =
      static_cast<std::size_t>(recordings) * static_cast<std::size_t>((*whole)->input().pitch);
  auto in = (*queue)->claim_host(samples), out = (*queue)->claim_host(samples);
  if (!in) return in.error();
  if (!out) return out.error();
  host_in_ = *in;
  host_out_ = *out;
  whole_ = *std::move(whole);
  queue_ = *std::move(queue);
  return Done{};
}

Result<Tensor<float, 2>> GpuFrcrnExact::run(AudioView<const float> recordings) {
  const dsp::StftSpec stft = stft_of(network_->config);
  const auto count = static_cast<int>(recordings.extent(0));
  const auto hops = static_cast<int>(recordings.extent(1) / stft.hop);
  if (hops < stft.window / stft.hop)
    return Error{ErrorCode::invalid_argument, "the recording is shorter than one window"};
  if (auto done = prepare(count, hops); !done) return done.error();
  const std::ptrdiff_t samples = std::ptrdiff_t{hops} * stft.hop;
  for (int i = 0; i < count; ++i)
    std::copy_n(recordings[i].data(), samples, host_in_ + i * samples);
  const GpuEngine::Audio in = whole_->input(), out = whole_->output();
  auto done = queue_->upload(in.data, in.pitch, host_in_, samples, count);
  if (done) done = whole_->run(hops);
  if (done) done = queue_->download(host_out_, out.data, out.pitch, samples, count);
  if (done) done = queue_->finish();
  if (!done) return done.error();
  Tensor<float, 2> result({count, samples});
  for (int i = 0; i < count; ++i) {
    std::copy_n(host_out_ + i * samples, samples, result.view()[i].data());
    undo_edge_windows(result.view()[i].span(), stft);
  }
  return result;
}

Result<Tensor<float, 2>> GpuFrcrnExact::enhance(AudioView<const float> audio) {
  return unless_out_of_memory([&] {
    return frcrn_exact(network_->config.sample_rate, audio,
                       [this](AudioView<const float> recordings) { return run(recordings); });
  });
}

}  // namespace limpid::models
