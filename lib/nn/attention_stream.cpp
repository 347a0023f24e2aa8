// SPDX-License-Identifier: MIT
#include "lib/nn/attention_stream.h"

#include <cassert>
#include <new>

namespace limpid::nn {

Result<AttentionStream> AttentionStream::open(Arena& arena, const Attention& attention, int lanes) {
  const AttentionConfig& config = attention.config();
  if (lanes < 1) return Error{ErrorCode::invalid_argument, "attention: lanes must be at least 1"};
  if (config.future > 0)
    return Error{ErrorCode::unsupported,
                 "attention that sees future frames cannot stream; only causal attention can"};
  if (!attention.keeps_state() && config.past >= kUnlimited)
    return Error{ErrorCode::unsupported,
                 "attention to an unlimited past cannot stream in constant memory; set a window"};
  try {
    return AttentionStream(arena, attention, lanes, config.past);
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::out_of_memory, "attention: no memory for the keys of a stream"};
  }
}

AttentionStream::AttentionStream(Arena& arena, const Attention& attention, int lanes,
                                 std::int64_t kept)
    : attention_(&attention) {
  if (attention.keeps_state()) {
    linear_ = LinearMemory(arena, attention, lanes);
  } else {
    memory_ = AttentionMemory(arena, attention, lanes, kept);
    query_ = AttentionQuery(arena, attention);
  }
  cos_sin_ =
      arena.claim<float>(static_cast<std::size_t>(attention.config().width) * KeyCache::kBlock);
}

void AttentionStream::reset(std::int64_t frame) LIMPID_REALTIME {
  next_ = frame;
  memory_.reset(frame);
  linear_.reset(frame);
}

template <class Body>
void AttentionStream::for_tiles(std::ptrdiff_t frames, const Body& body) LIMPID_REALTIME {
  const bool rotary = attention_->config().position == AttentionPosition::rotary;
  std::int64_t frame = next_;
  for (std::ptrdiff_t done = 0; done < frames;) {
    const int count = frames_of_block(frame, frames - done);
    if (rotary) attention_->rotary().cos_sin(frame, count, cos_sin_);
    body(AttentionTile{frame, static_cast<int>(done), count, cos_sin_.data()});
    frame += count;
    done += count;
  }
}

void AttentionStream::process(const AttentionInput& in, TensorView<float, 3> y) LIMPID_REALTIME {
  assert(in.q.extent(1) == in.k.extent(1) && in.q.extent(1) == y.extent(1));
  for_tiles(in.q.extent(1), [&](const AttentionTile& tile) noexcept {
    if (attention_->keeps_state()) {
      linear_.advance(*attention_, in, tile, y);
    } else {
      memory_.append(*attention_, in, tile);
      query_.attend(*attention_, memory_, in, tile, y);
    }
  });
  next_ += in.q.extent(1);
}

// Head after head, because the keys and values of one stay in the second-level cache where those of
// all would not.
Status Attention::run(const AttentionInput& in, TensorView<float, 3> y) const {
  if (auto fits = check_shapes(in, y); !fits) return fits;
  const std::int64_t frames = in.q.extent(1);
  if (frames == 0 || in.q.extent(0) == 0) return Done{};
  try {
    Arena arena;
    const Attention first = part(0);
    AttentionStream whole(arena, first, 1,
                          std::min(config_.future > 0 ? frames : config_.past, frames));
    for (int head = 0; head < config_.kv_heads; ++head) {
      const Attention heads = part(head);
      whole.attention_ = &heads;
      for (std::ptrdiff_t lane = 0; lane < in.q.extent(0); ++lane)
        whole.run(slice(in, lane, head), slice_heads(y.slice(0, lane, 1), head));
    }
    return Done{};
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::out_of_memory, "attention: no memory for the keys of the sequence"};
  }
}

// All of a sequence, whatever was there before. Keys of the future must be there first.
void AttentionStream::run(const AttentionInput& in, TensorView<float, 3> y) noexcept {
  reset();
  if (attention_->config().future == 0) return process(in, y);
  for_tiles(in.q.extent(1),
            [&](const AttentionTile& tile) noexcept { memory_.append(*attention_, in, tile); });
  for_tiles(in.q.extent(1), [&](const AttentionTile& tile) noexcept {
    query_.attend(*attention_, memory_, in, tile, y);
  });
}

}  // namespace limpid::nn
