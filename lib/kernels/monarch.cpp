// SPDX-License-Identifier: MIT
// The walk through the tree of factors, once per instruction set.
#include "lib/kernels/monarch.h"

#include <algorithm>

#include "lib/kernels/monarch_kernels.h"
#include "lib/kernels/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/monarch.cpp"
#include "hwy/foreach_target.h"  // first: it includes this file once per instruction set

#include "lib/kernels/monarch_pass-inl.h"
#include "lib/kernels/monarch_tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace limpid::kernels::HWY_NAMESPACE {
namespace monarch {

// One factor: `vectors` vectors at `offset` vectors into the block, node `node` of its level.
struct Factor {
  std::size_t level, node, offset, vectors;
  Factor child(std::size_t k, std::size_t radix) const {
    const std::size_t part = vectors / radix;
    return {level + 1, node * radix + k, offset + k * part, part};
  }
};

struct Walk {
  const MonarchPlan& plan;
  const MonarchSpectrum* filter;  // null: only forward, leaving the spectrum in the block
  float* block;

  float* at(const Factor& f) const { return block + f.offset * kVectorFloats; }
  const float* twiddles(const Factor& f) const {
    const auto& level = plan.levels()[f.level];
    return level.twiddles.data() + f.node * 2 * static_cast<std::size_t>(level.radix - 1);
  }

  void tile(const Factor& f) const {
    const float* tw = plan.tile_twiddles().data() + f.node * kTileTwiddles;
    if (filter == nullptr) return TransformTile(at(f), tw);
    ConvolveTile(at(f), tw, filter->values.data() + f.offset * kVectorFloats);
  }

  // A factor in which the filter has nothing is not looked into.
  void children(const Factor& f, std::size_t radix) const {
    for (std::size_t k = 0; k < radix; ++k) {
      const Factor child = f.child(k, radix);
      if (filter != nullptr && !filter->alive.empty() &&
          filter->alive[child.level][child.node] == 0) {
        std::fill_n(at(child), child.vectors * kVectorFloats, 0.0f);
      } else {
        convolve(child);
      }
    }
  }

  void convolve(const Factor& f) const {
    if (f.vectors == kWide) return tile(f);
    const int radix = plan.levels()[f.level].radix;
    const Block here{at(f)};
    forward_pass(radix, here, here, f.vectors, twiddles(f));
    children(f, static_cast<std::size_t>(radix));
    if (filter != nullptr) inverse_pass(radix, here, here, f.vectors, twiddles(f));
  }

  // The outermost level, which reads the caller's samples.
  void enter(const BlockInput& in) const {
    const Factor root{0, 0, 0, plan.size() / kWide};
    const Block here{block};
    const bool single = plan.levels().empty();
    const int radix = single ? 1 : plan.levels()[0].radix;
    const float* tw = single ? nullptr : twiddles(root);
    const bool imaginary = in.im[0].begin < in.im[0].end || in.im[1].begin < in.im[1].end;
    if (imaginary) {
      forward_pass(radix, Samples<true>{in}, here, root.vectors, tw);
    } else {
      forward_pass(radix, Samples<false>{in}, here, root.vectors, tw);
    }
    if (single) return tile(root);
    children(root, static_cast<std::size_t>(radix));
  }

  void leave(const BlockOutput& out) const {
    const Block here{block};
    const bool single = plan.levels().empty();
    const int radix = single ? 1 : plan.levels()[0].radix;
    const float* tw = single ? nullptr : plan.levels()[0].twiddles.data();
    const std::size_t vectors = plan.size() / kWide;
    if (out.im.begin < out.im.end) {
      inverse_pass(radix, here, Results<true>{out}, vectors, tw);
    } else {
      inverse_pass(radix, here, Results<false>{out}, vectors, tw);
    }
  }
};

void Transform(const MonarchPlan& plan, const BlockInput& in, float* spectrum) {
  Walk{plan, nullptr, spectrum}.enter(in);
}

void Convolve(const MonarchPlan& plan, const MonarchSpectrum& filter, const BlockInput& in,
              const BlockOutput& out, float* scratch) {
  const Walk walk{plan, &filter, scratch};
  walk.enter(in);
  walk.leave(out);
}

}  // namespace monarch

const MonarchKernels* Kernels() {
  static constexpr MonarchKernels kernels{monarch::kWide, monarch::kSharedTwiddles,
                                          monarch::Transform, monarch::Convolve};
  return &kernels;
}

}  // namespace limpid::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
LIMPID_REALTIME_TRUSTED_BEGIN  // calls through the table of instruction sets
namespace limpid::kernels {

HWY_EXPORT(Kernels);

const MonarchKernels& monarch_kernels() noexcept {
  return *HWY_DYNAMIC_DISPATCH(Kernels)();
}

void monarch_transform(const MonarchPlan& plan, const BlockInput& input, float scale,
                       std::span<float> spectrum) LIMPID_REALTIME {
  plan.kernels().transform(plan, input, spectrum.data());
  for (float& v : spectrum) v *= scale;
}

void monarch_convolve(const MonarchPlan& plan, const MonarchSpectrum& filter,
                      const BlockInput& input, const BlockOutput& output,
                      std::span<float> scratch) LIMPID_REALTIME {
  plan.kernels().convolve(plan, filter, input, output, scratch.data());
}

}  // namespace limpid::kernels
LIMPID_REALTIME_TRUSTED_END
#endif
