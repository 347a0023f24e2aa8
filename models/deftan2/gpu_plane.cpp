// SPDX-License-Identifier: MIT
#include "models/deftan2/gpu_plane.h"

namespace limpid::models {

namespace gpu = kernels::cuda;

namespace {
constexpr int kTaps = 9;
}

Status GpuPlane::load(const Deftan2PlaneBlock& block, GpuArrayLoader& loader) {
  inputs_ = block.inputs;
  width_ = block.width;
  Norm norm;
  for (const Norm& group : block.norm) {
    norm.gain.insert(norm.gain.end(), group.gain.begin(), group.gain.end());
    norm.offset.insert(norm.offset.end(), group.offset.begin(), group.offset.end());
  }
  auto done = loader.linear(block.conv, conv_, kTaps);
  if (done) done = loader.norm(norm, {}, norm_);
  if (done) done = loader.dense(block.dense, dense_);
  return done;
}

Status GpuPlane::claim(GpuMemory& memory, int bins) {
  auto done = memory.timeline(input_, bins, inputs_, 2, 0, 1);
  if (done) done = memory.timeline(work_, bins, work_channels(), 2, 0, 1);
  return done;
}

// kTaps: three frames, of each of which three rows.
void GpuPlane::add_taps(GpuTaps& taps, nn::Activation x) const {
  const int last = whole() ? 1 : 0;
  for (int frame = last - 2; frame <= last; ++frame)
    for (int row = -1; row <= 1; ++row)
      taps.add(x, frame * x.frame_stride + row * x.row_stride, row);
}

Status GpuPlane::norm(const Workspace& workspace, const gpu::NormWeights& weights,
                      nn::Activation x) const {
  const gpu::FrameNormArgs frames{
      frames_of<float>(x),         weights,      x.lanes,         x.frames, x.rows,
      store_.channels(x.channels), x.row_stride, store_.numbers()};
  return whole() ? queue_.plane_norm({frames, workspace.moments, workspace.of_lanes})
                 : queue_.frame_norm(frames);
}

Status GpuPlane::run(const Workspace& workspace, nn::Activation out) const {
  const nn::Activation all = workspace.work.slice_channels(0, groups() * store_.words(width_));
  GpuTaps taps;
  add_taps(taps, workspace.input);
  auto done = conv_.run(queue_, taps, out.rows, all);
  if (done && norm_.gain != nullptr) done = norm(workspace, norm_, all);
  for (int group = 0; done && group < groups(); ++group) done = stage(group, workspace, out);
  return done;
}

Status GpuPlane::stage(int group, const Workspace& workspace, nn::Activation out) const {
  const GpuDenseStage& layer = dense_[static_cast<std::size_t>(group)];
  const auto part = [&](int i) {
    return workspace.work.slice_channels(i * store_.words(width_), store_.words(width_));
  };
  const nn::Activation y = group + 1 == groups() ? out : part(result(group));
  GpuTaps taps;
  if (group > 0) add_taps(taps, part(result(group - 1)));
  add_taps(taps, part(group));
  const bool normed = layer.norm.gain != nullptr, bent = layer.norm.slope != nullptr && !normed;
  auto done = layer.conv.run(queue_, taps, out.rows, y,
                             bent ? gpu::LinearEnd::prelu : gpu::LinearEnd::none, layer.norm.slope);
  if (done && normed) done = norm(workspace, layer.norm, y);
  return done;
}

}  // namespace limpid::models
