// SPDX-License-Identifier: MIT
#include "models/deftan2/gpu_whole.h"

#include <algorithm>

#include "models/deftan2/padded.h"

namespace limpid::models {

namespace gpu = kernels::cuda;

namespace {

std::size_t product(std::initializer_list<int> factors) noexcept {
  std::size_t all = 1;
  for (const int factor : factors) all *= static_cast<std::size_t>(factor);
  return all;
}

// Pieces of one memory, each aligned as wide copies need it.
struct Pieces {
  float* memory;  // null: they are only counted
  std::size_t floats = 0;

  float* take(std::size_t count) noexcept {
    float* const piece = memory == nullptr ? nullptr : memory + floats;
    floats += (count + 63) / 64 * 64;
    return piece;
  }
};

// Lanes [first, first + count) and frames of them.
nn::Activation slice(nn::Activation x, int first, int count, int first_frame, int frames) {
  x.data += first * x.block_stride;
  x.lanes = count;
  return x.slice_frames(first_frame, frames);
}

// The same map with bins for frames and frames for rows.
nn::Activation transposed(nn::Activation x) {
  std::swap(x.frames, x.rows);
  std::swap(x.frame_stride, x.row_stride);
  return x;
}

}  // namespace

Result<std::unique_ptr<GpuDeftan2Whole>> GpuDeftan2Whole::open(gpu::LayerQueue& queue,
                                                               const Deftan2Network& network,
                                                               Arithmetic arithmetic,
                                                               const Portion& portion) {
  std::unique_ptr<GpuDeftan2Whole> whole(
      new GpuDeftan2Whole(queue, network.config, arithmetic, portion));
  const auto windows = dsp::least_squares_windows(published_window(network.config.window_samples()),
                                                  network.config.hop_samples());
  if (auto done = whole->layers_.load(queue, network, arithmetic, windows); !done)
    return done.error();
  return whole;
}

GpuDeftan2Whole::GpuDeftan2Whole(gpu::LayerQueue& queue, const Deftan2Config& config,
                                 Arithmetic arithmetic, const Portion& portion)
    : queue_(queue),
      config_(config),
      portion_(portion),
      layers_(queue, config_, GpuReach::whole, GpuStore(config, arithmetic)) {}

// How many lanes and how many sequences of each a half takes at a time.
GpuDeftan2Whole::Extent GpuDeftan2Whole::part(int lanes, int sequences, int length) const noexcept {
  const std::int64_t lane = std::int64_t{sequences} * length;
  if (lane <= portion_.positions)
    return {static_cast<int>(std::min<std::int64_t>(lanes, portion_.positions / lane)), sequences};
  return {1, std::min(std::max(portion_.positions / length, portion_.sequences), sequences)};
}

Result<GpuDeftan2Whole::Workspace> GpuDeftan2Whole::workspace(Extent e, float* memory) const {
  const int bins = config_.bins(), hop = config_.hop_samples(), microphones = config_.microphones;
  if (std::int64_t{e.lanes} * (e.frames + 1) * bins > INT32_MAX / 2)
    return Error{ErrorCode::unsupported,
                 "on a GPU, DeFTAN-II takes fewer recordings or shorter ones at a time than " +
                     std::to_string(e.lanes) + " of " + std::to_string(e.frames) + " frames"};
  const std::size_t positions = product({e.lanes, e.frames, bins});
  const std::size_t with_zeros = positions + product({e.lanes + 1, bins});
  Pieces pieces{memory};
  const auto channels = [&](int count) { return with_zeros * static_cast<std::size_t>(count); };
  Workspace workspace;
  workspace.audio = pieces.take(product({microphones, e.lanes, e.frames + 1, hop}));
  workspace.levels = pieces.take(product({e.lanes, e.frames}));
  workspace.output = pieces.take(product({e.lanes, e.frames - Padded::kFront, hop}));
  workspace.spectra = pieces.take(2 * positions * static_cast<std::size_t>(microphones));
  workspace.inputs = pieces.take(channels(config_.inputs()));
  workspace.map = pieces.take(channels(config_.channels));
  workspace.planes = pieces.take(positions * static_cast<std::size_t>(config_.outputs()));
  workspace.filtered = pieces.take(2 * positions);
  const bool packed = store().packed();
  workspace.packed_inputs =
      pieces.take(packed ? channels(store().plane_words(config_.inputs())) : 0);
  workspace.packed_map = pieces.take(
      packed ? positions * static_cast<std::size_t>(store().words(config_.channels)) : 0);
  workspace.moments = reinterpret_cast<gpu::Complex*>(pieces.take(product({2, e.lanes, e.frames})));
  workspace.of_lanes = reinterpret_cast<gpu::Complex*>(pieces.take(product({2, e.lanes})));

  Pieces scratch = pieces;
  workspace.work = pieces.take(
      channels(std::max(layers_.encoder.work_channels(), layers_.decoder.work_channels())));
  const Extent frames = part(e.lanes, e.frames, bins), of_bins = part(e.lanes, bins, e.frames);
  const std::size_t rows = std::max(product({frames.lanes, frames.frames, bins}),
                                    product({of_bins.lanes, of_bins.frames, e.frames}));
  const std::size_t sequences =
      std::max(product({frames.lanes, frames.frames}), product({of_bins.lanes, of_bins.frames}));
  const auto of_rows = [&](int count) {
    return scratch.take(rows * static_cast<std::size_t>(store().words(count)));
  };
  for (float*& narrow : workspace.scratch.narrow) narrow = of_rows(config_.channels);
  workspace.scratch.wide = of_rows(GpuHalfScratch::widest(config_, store()));
  workspace.scratch.context =
      scratch.take(sequences * product({GpuHalfScratch::context_floats(config_, store())}));
  workspace.floats = std::max(pieces.floats, scratch.floats);
  return workspace;
}

// Of every lane its frames, a frame of zeros before the first, between them and after the last.
nn::Activation GpuDeftan2Whole::among_zeros(float* data, Extent e, int channels) const noexcept {
  return nn::dense(data, e.lanes, e.frames + 1, config_.bins(), channels).slice_frames(1, e.frames);
}

Status GpuDeftan2Whole::clear_around(nn::Activation x) const {
  Status done = Done{};
  for (int lane = 0; done && lane <= x.lanes; ++lane)
    done = queue_.clear(x.data + lane * x.block_stride - x.frame_stride,
                        static_cast<std::size_t>(x.frame_stride));
  return done;
}

Status GpuDeftan2Whole::run(Extent e, const Workspace& workspace) const {
  const nn::Activation inputs = among_zeros(workspace.inputs, e, config_.inputs());
  const nn::Activation x = among_zeros(workspace.map, e, config_.channels);
  const nn::Activation planes =
      nn::dense(workspace.planes, e.lanes, e.frames, config_.bins(), config_.outputs());
  auto done = analyse(e, workspace, inputs);
  if (done && store().packed()) {
    done = run_packed(e, workspace, inputs, x);
  } else {
    if (done) done = run_end(layers_.encoder, e, workspace, inputs, x);
    if (done) done = run_halves(x, workspace);
  }
  if (done) done = run_end(layers_.decoder, e, workspace, x, planes);
  if (done) done = synthesise(e, workspace, planes);
  return done;
}

gpu::ArraySpectra GpuDeftan2Whole::spectra(Extent e, const Workspace& workspace) const noexcept {
  const std::int64_t bins = config_.bins(), of_one = e.lanes * e.frames * bins;
  return {{workspace.spectra, e.frames * bins, bins, config_.microphones * of_one},
          of_one,
          config_.microphones};
}

Status GpuDeftan2Whole::analyse(Extent e, const Workspace& workspace, nn::Activation inputs) const {
  const int bins = config_.bins(), hop = config_.hop_samples();
  const gpu::ArraySpectra spectra = this->spectra(e, workspace);
  const std::int32_t rows = config_.microphones * e.lanes;
  auto done = layers_.transforms.analysis.run(
      queue_, gpu::ProductKind::real_input,
      {workspace.audio, {rows, e.frames, 1}, {std::int64_t{e.frames + 1} * hop, hop, 0}, 0},
      2 * hop, 0,
      {workspace.spectra,
       {rows, e.frames, 1},
       {spectra.x.lane, spectra.x.frame, 0},
       spectra.x.imaginary});
  if (done)
    done = queue_.array_planes({spectra, workspace.levels, frames_of<float>(inputs), e.lanes,
                                e.frames, bins, false, false});
  return done;
}

Status GpuDeftan2Whole::run_end(const GpuPlane& end, Extent e, const Workspace& workspace,
                                nn::Activation in, nn::Activation out) const {
  const nn::Activation work = among_zeros(workspace.work, e, end.work_channels());
  auto done = clear_around(in);
  if (done) done = clear_around(work);
  if (done) done = end.run({in, work, workspace.moments, workspace.of_lanes}, out);
  return done;
}

Status GpuDeftan2Whole::run_halves(nn::Activation x, const Workspace& workspace) const {
  Status done = Done{};
  for (std::size_t i = 0; done && i < layers_.halves.size(); ++i)
    done = run_half(layers_.halves[i], i % 2 == 0 ? x : transposed(x), workspace);
  return done;
}

Status GpuDeftan2Whole::repack(gpu::Repacking repacking, nn::Activation from, nn::Activation to,
                               int channels) const {
  return queue_.repack(repacking, store().numbers(),
                       {frames_of<const float>(from), frames_of<float>(to), from.lanes, from.frames,
                        from.rows, channels, from.row_stride, to.row_stride});
}

// Spectra come as floats, and the decoder finds floats.
Status GpuDeftan2Whole::run_packed(Extent e, const Workspace& workspace, nn::Activation inputs,
                                   nn::Activation x) const {
  const nn::Activation input =
      among_zeros(workspace.packed_inputs, e, store().plane_words(config_.inputs()));
  const nn::Activation map = nn::dense(workspace.packed_map, e.lanes, e.frames, config_.bins(),
                                       store().words(config_.channels));
  auto done = repack(gpu::Repacking::pack, inputs, input, config_.inputs());
  if (done) done = run_end(layers_.encoder, e, workspace, input, map);
  if (done) done = run_halves(map, workspace);
  if (done) done = repack(gpu::Repacking::unpack, map, x, config_.channels);
  return done;
}

Status GpuDeftan2Whole::run_half(const GpuBlockHalf& half, nn::Activation x,
                                 const Workspace& workspace) const {
  const Extent some = part(x.lanes, x.frames, x.rows);
  Status done = Done{};
  for (int lane = 0; lane < x.lanes; lane += some.lanes)
    for (int frame = 0; done && frame < x.frames; frame += some.frames)
      done = half.run(slice(x, lane, std::min(some.lanes, x.lanes - lane), frame,
                            std::min(some.frames, x.frames - frame)),
                      workspace.scratch);
  return done;
}

// A hop of output is the sum of its share of two windows.
Status GpuDeftan2Whole::synthesise(Extent e, const Workspace& workspace,
                                   nn::Activation planes) const {
  const int bins = config_.bins(), hop = config_.hop_samples();
  const int hops = e.frames - Padded::kFront;
  const nn::Activation filtered = nn::dense(workspace.filtered, e.lanes, e.frames, 1, bins);
  auto done =
      queue_.array_filter({spectra(e, workspace), workspace.levels, frames_of<const float>(planes),
                           frames_of<float>(filtered), e.lanes, e.frames, bins, false});
  if (!done) return done;
  const nn::Activation windows = filtered.slice_frames(Padded::kFront - 1, hops + 1);
  return layers_.transforms.synthesis.run(
      queue_, gpu::ProductKind::real_output, rows_of<const float>(windows, hops, 1), bins,
      windows.frame_stride,
      {workspace.output, {e.lanes, hops, 1}, {std::int64_t{hops} * hop, hop, 0}, 0});
}

}  // namespace limpid::models
