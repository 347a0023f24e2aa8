// SPDX-License-Identifier: MIT
#include "models/deftan2/gpu_plane.h"

namespace limpid::models {

namespace gpu = kernels::cuda;

namespace {

// Three frames, of each of which three rows.
void add_taps(GpuTaps& taps, nn::Activation x) {
  for (int frame = -2; frame <= 0; ++frame)
    for (int row = -1; row <= 1; ++row)
      taps.add(x, frame * x.frame_stride + row * x.row_stride, row);
}

}  // namespace

Status GpuPlane::load(const PlaneBlock& block, GpuArrayLoader& loader) {
  inputs_ = block.inputs;
  width_ = block.width;
  Norm norm;
  for (const Norm& group : block.norm) {
    norm.gain.insert(norm.gain.end(), group.gain.begin(), group.gain.end());
    norm.offset.insert(norm.offset.end(), group.offset.begin(), group.offset.end());
  }
  auto done = loader.linear(block.conv, conv_);
  if (done) done = loader.norm(norm, {}, norm_);
  if (done) done = loader.dense(block.dense, dense_);
  return done;
}

Status GpuPlane::claim(GpuMemory& memory, int bins) {
  auto done = memory.timeline(input_, bins, inputs_, 2, 0, 1);
  if (done) done = memory.timeline(work_, bins, (2 * groups() - 1) * width_, 2, 0, 1);
  return done;
}

Status GpuPlane::run(nn::Activation out) const {
  const nn::Activation work = work_.fresh(out.frames);
  const nn::Activation all = work.slice_channels(0, groups() * width_);
  GpuTaps taps;
  add_taps(taps, input(out.frames));
  auto done = conv_.run(queue_, taps, out.rows, all);
  if (done && norm_.gain != nullptr)
    done = queue_.frame_norm({frames_of<float>(all), norm_, all.lanes, all.frames, all.rows,
                              all.channels, all.row_stride});
  for (int group = 0; done && group < groups(); ++group) done = stage(group, work, out);
  return done;
}

Status GpuPlane::stage(int group, nn::Activation work, nn::Activation out) const {
  const GpuDenseStage& layer = dense_[static_cast<std::size_t>(group)];
  const auto part = [&](int i) { return work.slice_channels(i * width_, width_); };
  const nn::Activation y = group + 1 == groups() ? out : part(groups() + group);
  GpuTaps taps;
  if (group > 0) add_taps(taps, part(groups() + group - 1));
  add_taps(taps, part(group));
  const bool normed = layer.norm.gain != nullptr, bent = layer.norm.slope != nullptr && !normed;
  auto done = layer.conv.run(queue_, taps, out.rows, y,
                             bent ? gpu::LinearEnd::prelu : gpu::LinearEnd::none, layer.norm.slope);
  if (done && normed)
    done = queue_.frame_norm(
        {frames_of<float>(y), layer.norm, y.lanes, y.frames, y.rows, y.channels, y.row_stride});
  return done;
}

}  // namespace limpid::models
