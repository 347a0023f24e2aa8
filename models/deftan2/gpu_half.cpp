// SPDX-License-Identifier: MIT
#include "models/deftan2/gpu_half.h"

namespace limpid::models {

namespace gpu = kernels::cuda;

using gpu::LinearEnd;

Status GpuBlockHalf::load(const BlockHalf& half, GpuArrayLoader& loader) {
  auto done = loader.norm(half.norm, {}, norm_);
  if (done) done = loader.dense(half.dense, dense_);
  if (done) done = loader.attention(half.attention, attention_);
  if (done) done = loader.forward(half.forward, forward_);
  if (done) done = loader.linear(half.fold, fold_);
  return done;
}

// The last stage is remembered as far back as the fold reaches, the others as the next one's taps.
Status GpuBlockHalf::claim(GpuMemory& memory) {
  if (!along_frames()) return Done{};
  const int bins = config_.bins(), c = config_.channels;
  stages_.resize(dense_.size());
  auto done = memory.timeline(y_, bins, c, config_.unfold + 1, 0, 1);
  for (GpuTimeline& stage : stages_)
    if (done)
      done =
          memory.timeline(stage, bins, c, &stage == &stages_.back() ? config_.unfold - 1 : 2, 0, 1);
  if (done) done = memory.timeline(attended_, bins, c, 2, 0, 1);
  if (done) done = memory.timeline(around_, bins, config_.hidden / 2, 4 * forward_.dilation, 0, 1);
  if (done) done = memory.state(state_, bins * config_.inner() * config_.head_width, 1);
  if (done) done = memory.state(total_, bins * config_.inner(), 1);
  return done;
}

Status GpuHalfScratch::claim(const Deftan2Config& config, GpuMemory& memory) {
  Status done = Done{};
  for (float*& rows : narrow)
    if (done) done = memory.frames(rows, config.bins() * config.channels);
  if (done) done = memory.frames(wide, config.bins() * widest(config));
  if (done) done = memory.frames(context, context_floats(config));
  return done;
}

// Along rows, what attention reads takes the place of the unfolded input, and stages take
// turns.
GpuBlockHalf::Workspace GpuBlockHalf::workspace(nn::Activation x,
                                                const GpuHalfScratch& scratch) const {
  const int lanes = x.lanes, frames = x.frames, rows = unfolded(x.rows);
  float* wide = scratch.wide;
  const auto narrow = [&](int i) {
    return nn::dense(scratch.narrow[i], lanes, frames, x.rows, words(config_.channels));
  };
  const auto next = [&](int channels) {
    const nn::Activation part = nn::dense(wide, lanes, frames, x.rows, words(channels));
    wide += lanes * part.block_stride;
    return part.slice_rows(0, rows);
  };
  Workspace workspace;
  workspace.y = along_frames() ? y_.fresh(frames) : narrow(0);
  workspace.attended = along_frames() ? attended_.fresh(frames) : narrow(0).slice_rows(0, rows);
  workspace.normed = narrow(0).slice_rows(0, rows);
  workspace.gated = narrow(3).slice_rows(0, rows);
  for (std::size_t i = 0; i < dense_.size(); ++i)
    workspace.stages[i] = along_frames() ? stages_[i].fresh(frames)
                                         : narrow(1 + static_cast<int>(i % 2)).slice_rows(0, rows);
  for (nn::Activation* part :
       {&workspace.query, &workspace.key, &workspace.value, &workspace.mixed})
    *part = next(config_.inner());
  wide = scratch.wide;
  for (nn::Activation* part : {&workspace.alone, &workspace.around, &workspace.conv})
    *part = next(config_.hidden / 2);
  if (along_frames()) workspace.around = around_.fresh(frames);
  return workspace;
}

// Around a row, or up to a frame; those of a group of the unfolded sequence lie further on or back.
void GpuBlockHalf::add_taps(GpuTaps& taps, nn::Activation x, int count, int apart,
                            int group) const {
  const int before = along_frames() ? count - 1 : count / 2;
  for (int tap = 0; tap < count; ++tap) {
    const int place = (tap - before) * apart;
    if (along_frames())
      taps.add(x, (place + group) * x.frame_stride);
    else
      taps.add(x, (place + group) * x.row_stride, place);
  }
}

Status GpuBlockHalf::norm(nn::Activation x, const gpu::NormWeights& weights,
                          nn::Activation y) const {
  return queue_.row_norm({frames_of<const float>(x), frames_of<float>(y), weights, x.lanes,
                          x.frames, x.rows, store_.channels(x.channels), x.row_stride,
                          store_.numbers()});
}

Status GpuBlockHalf::norm(nn::Activation x, const gpu::NormWeights& weights) const {
  if (along_frames()) return norm(x, weights, x);
  return queue_.frame_norm({frames_of<float>(x), weights, x.lanes, x.frames, x.rows,
                            store_.channels(x.channels), x.row_stride, store_.numbers()});
}

Status GpuBlockHalf::run(nn::Activation x, const GpuHalfScratch& scratch) const {
  const Workspace workspace = this->workspace(x, scratch);
  auto done = norm(x, norm_, workspace.y);
  for (int stage = 0; done && stage < config_.unfold; ++stage) done = dense(stage, workspace);
  if (done) done = attend(workspace, scratch);
  if (done) done = feed_forward(workspace);
  if (done) done = fold(workspace.stages[config_.unfold - 1], x);
  return done;
}

Status GpuBlockHalf::dense(int stage, const Workspace& workspace) const {
  const GpuDenseStage& layer = dense_[static_cast<std::size_t>(stage)];
  GpuTaps taps;
  if (stage > 0) add_taps(taps, workspace.stages[stage - 1], 3, 1);
  add_taps(taps, workspace.y, 3, 1, along_frames() ? stage - (config_.unfold - 1) : stage);
  const nn::Activation y = workspace.stages[stage];
  if (auto done = layer.conv.run(queue_, taps, y.rows, y); !done) return done;
  return norm(y, layer.norm);
}

Status GpuBlockHalf::attend(const Workspace& workspace, const GpuHalfScratch& scratch) const {
  const GpuAttention& a = attention_;
  const nn::Activation z = workspace.stages[config_.unfold - 1];
  GpuTaps taps;
  add_taps(taps, workspace.attended, 3, 1);
  auto done = norm(z, a.norm, workspace.attended);
  if (done) done = a.local.run(queue_, taps, z.rows, workspace.gated, LinearEnd::gate);
  if (store_.packed()) return done ? mix(workspace, scratch) : done;
  if (done) done = a.query.run(queue_, {workspace.gated}, workspace.query);
  if (done) done = a.key.run(queue_, {workspace.gated}, workspace.key);
  if (done) done = mix(workspace, scratch);
  return done;
}

Status GpuBlockHalf::mix(const Workspace& workspace, const GpuHalfScratch& scratch) const {
  const GpuAttention& a = attention_;
  const nn::Activation z = workspace.stages[config_.unfold - 1];
  const gpu::LinearAttentionArgs args{frames_of<float>(workspace.query),
                                      frames_of<float>(workspace.key),
                                      frames_of<const float>(workspace.value),
                                      frames_of<float>(workspace.mixed),
                                      scratch.context,
                                      state_,
                                      total_,
                                      a.decay,
                                      z.lanes,
                                      z.frames,
                                      z.rows,
                                      config_.heads,
                                      config_.head_width};
  if (!along_frames() && config_.head_width > gpu::kNarrowHead) return mix_wide(workspace, args);
  auto done = a.value.run(queue_, {workspace.attended}, workspace.value);
  if (done) done = along_frames() ? queue_.attend_frames(args) : queue_.attend_rows(args);
  if (done) done = a.out.run(queue_, {workspace.mixed}, z, LinearEnd::add);
  return done;
}

// Keys gather normed rows; value and output projection of each head see what they gathered. Packed,
// keys and queries are made where they are used.
Status GpuBlockHalf::mix_wide(const Workspace& workspace,
                              const gpu::LinearAttentionArgs& args) const {
  const GpuAttention& a = attention_;
  const nn::Activation z = workspace.stages[config_.unfold - 1];
  const int inner = config_.inner(), channels = config_.channels, width = config_.head_width;
  const int pitch = store_.packed() ? gpu::StripPlace::kWords : channels;
  const nn::Activation gathered = nn::dense(args.context, z.lanes, z.frames, inner, pitch);
  const nn::Activation projected =
      nn::dense(args.context + z.lanes * gathered.block_stride, z.lanes, z.frames, inner, pitch);
  gpu::ContextArgs context{
      frames_of<const float>(store_.packed() ? workspace.gated : workspace.key),
      frames_of<const float>(workspace.attended),
      frames_of<float>(z),
      gathered.data,
      a.out.bias,
      z.lanes,
      z.frames,
      z.rows,
      inner,
      channels,
      store_.packed(),
      a.key.w};
  auto done = store_.packed() ? Status(Done{}) : queue_.softmax_rows(args);
  if (done) done = queue_.gather_context(a.out.arithmetic, context);
  for (int head = 0; done && head < config_.heads; ++head)
    done = a.value_to_out[static_cast<std::size_t>(head)].run(
        queue_, {gathered.slice_rows(head * width, width)},
        projected.slice_rows(head * width, width));
  context.x = frames_of<const float>(store_.packed() ? workspace.gated : workspace.query);
  context.weights = a.query.w;
  context.context = projected.data;
  if (done) done = queue_.add_context(a.out.arithmetic, context);
  return done;
}

Status GpuBlockHalf::feed_forward(const Workspace& workspace) const {
  const GpuForward& f = forward_;
  const nn::Activation z = workspace.stages[config_.unfold - 1];
  GpuTaps taps;
  add_taps(taps, workspace.around, 5, f.dilation);
  auto done = norm(z, f.norm, workspace.normed);
  if (done) done = f.alone.run(queue_, {workspace.normed}, workspace.alone, LinearEnd::gelu);
  if (done) done = f.around.run(queue_, {workspace.normed}, workspace.around, LinearEnd::gelu);
  if (done) done = f.conv.run(queue_, taps, z.rows, workspace.conv);
  if (done) done = norm(workspace.conv, f.conv_norm);
  if (done) done = f.out.run(queue_, {workspace.alone, workspace.conv}, z, LinearEnd::add);
  return done;
}

// A transposed convolution: every row of x hears the last `unfold` positions.
Status GpuBlockHalf::fold(nn::Activation z, nn::Activation x) const {
  GpuTaps taps;
  for (int before = config_.unfold - 1; before >= 0; --before) {
    if (along_frames())
      taps.add(z, -before * z.frame_stride);
    else
      taps.add(z, -before * z.row_stride, -before);
  }
  return fold_.run(queue_, taps, z.rows, x, LinearEnd::add);
}

}  // namespace limpid::models
