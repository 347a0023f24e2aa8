// SPDX-License-Identifier: MIT
#include "models/deftan2/gpu_exact.h"

#include <algorithm>

#include "lib/base/no_memory.h"
#include "models/card.h"
#include "models/deftan2/padded.h"

namespace limpid::models {

Result<std::unique_ptr<ExactSession>> GpuDeftan2Exact::open(
    GpuSession::Queue queue, const ModelSpec& spec, const Deftan2Network& network,
    Arithmetic arithmetic, const GpuDeftan2Whole::Portion& portion) {
  std::unique_ptr<GpuDeftan2Exact> session(
      new GpuDeftan2Exact(std::move(queue), spec, network.config));
  auto whole = GpuDeftan2Whole::open(*session->queue_, network, arithmetic, portion);
  if (!whole) return whole.error();
  session->whole_ = *std::move(whole);
  if (auto done = session->queue_->finish(); !done) return done.error();
  return std::unique_ptr<ExactSession>(std::move(session));
}

std::size_t GpuDeftan2Exact::memory() const noexcept {
  return sizeof(*this) + queue_->claimed() +
         (host_in_.floats + host_out_.floats + host_levels_.floats) * sizeof(float);
}

// What was there is given back first, so that nothing needs room for both.
Status GpuDeftan2Exact::grow(Memory& memory, std::size_t floats, bool of_host) {
  if (floats <= memory.floats) return Done{};
  if (memory.data != nullptr) queue_->release(memory.data);
  memory = {};
  auto claimed = of_host ? queue_->claim_host(floats) : queue_->claim(floats);
  if (!claimed) return claimed.error();
  memory = {*claimed, floats};
  return Done{};
}

Result<GpuDeftan2Whole::Workspace> GpuDeftan2Exact::claim(GpuDeftan2Whole::Extent e) {
  const auto needed = whole_->workspace(e, nullptr);
  if (!needed) return needed.error();
  const auto frames = static_cast<std::size_t>(e.lanes) * static_cast<std::size_t>(e.frames + 1);
  const auto samples = frames * static_cast<std::size_t>(config_.hop_samples());
  auto done = grow(workspace_, needed->floats, false);
  if (done) done = grow(host_in_, samples * static_cast<std::size_t>(config_.microphones), true);
  if (done) done = grow(host_out_, samples, true);
  if (done) done = grow(host_levels_, frames, true);
  if (!done && done.error().code == ErrorCode::out_of_memory)
    return Error{ErrorCode::out_of_memory,
                 "a GPU's memory is too small for " + std::to_string(e.lanes) +
                     (e.lanes == 1 ? " recording of " : " recordings of ") +
                     std::to_string(e.frames) + " frames, which take " +
                     std::to_string((needed->floats * sizeof(float)) >> 20) +
                     " MiB: cut it, or use the CPU"};
  if (!done) return done.error();
  return whole_->workspace(e, workspace_.data);
}

// A recording among those that are uploaded, and its level. The network hears nothing of digital
// silence, of which the published code makes NaN.
void GpuDeftan2Exact::put(AudioView<const float> recording, GpuDeftan2Whole::Extent e, int lane) {
  const Padded padded(recording, config_.hop_samples());
  const auto samples = static_cast<std::ptrdiff_t>(padded.microphone(0).size());
  for (int m = 0; m < config_.microphones; ++m)
    std::ranges::copy(padded.microphone(m), host_in_.data + (m * e.lanes + lane) * samples);
  const double level = padded.level();
  silent_.push_back(!(level > 0));
  std::fill_n(host_levels_.data + std::ptrdiff_t{lane} * e.frames, e.frames,
              level > 0 ? static_cast<float>(level) : 1.0f);
}

Result<Tensor<float, 2>> GpuDeftan2Exact::run(AudioView<const float> audio) {
  const int microphones = config_.microphones, hop = config_.hop_samples();
  if (audio.extent(0) % microphones != 0) return wrong_channels(spec_, audio.extent(0));
  const auto lanes = static_cast<int>(audio.extent(0) / microphones);
  const std::ptrdiff_t length = audio.extent(1);
  Tensor<float, 2> result({lanes, length});
  if (lanes == 0 || length == 0) return result;
  const GpuDeftan2Whole::Extent e{lanes, Padded::frames(length, hop)};
  auto workspace = claim(e);
  if (!workspace) return workspace.error();
  silent_.clear();
  for (int lane = 0; lane < lanes; ++lane)
    put(audio.slice(0, lane * microphones, microphones), e, lane);

  const std::ptrdiff_t in = std::ptrdiff_t{e.frames + 1} * hop;
  const std::ptrdiff_t out = std::ptrdiff_t{e.frames - Padded::kFront} * hop;
  auto done = queue_->upload(workspace->audio, in, host_in_.data, in, microphones * lanes);
  if (done) done = queue_->upload(workspace->levels, e.frames, host_levels_.data, e.frames, lanes);
  if (done) done = whole_->run(e, *workspace);
  if (done) done = queue_->download(host_out_.data, workspace->output, out, length, lanes);
  if (done) done = queue_->finish();
  if (!done) return done.error();
  for (int lane = 0; lane < lanes; ++lane)
    if (!silent_[static_cast<std::size_t>(lane)])
      std::copy_n(host_out_.data + lane * length, length, result.view()[lane].data());
  return result;
}

Result<Tensor<float, 2>> GpuDeftan2Exact::enhance(AudioView<const float> audio) {
  return unless_out_of_memory([&] { return run(audio); });
}

}  // namespace limpid::models
