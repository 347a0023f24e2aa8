// SPDX-License-Identifier: MIT
// Either end of a published network over a whole recording. Its norms need the whole plane before
// the next stage may begin, so a plane is walked once for each stage, tile by tile along time; only
// one stage's plane exists, and each stage replaces the one before it in place.
#pragma once

#include <span>
#include <vector>

#include "lib/base/arena.h"
#include "lib/base/thread_team.h"
#include "models/deftan2/group_norm.h"
#include "models/deftan2/layers.h"

namespace limpid::models {

struct PlaneMap {  // [frame][bin][channel], dense
  float* data = nullptr;
  int frames = 0, bins = 0, channels = 0;
  kernels::Matrix<float> frame(int t) const noexcept {
    return {data + std::ptrdiff_t{t} * bins * channels, channels, bins, channels};
  }
};

class PlaneWhole {
 public:
  PlaneWhole(const Deftan2PlaneBlock& block, int bins, ThreadTeam& team);

  // in [frame][bin][input] to out [frame][bin][width].
  void run(PlaneMap in, PlaneMap out);

 private:
  static constexpr int kTile = 16;  // frames

  // Frames of a tile and some around it, with a row of zeros below and above each.
  struct Tile {
    Tile(Arena& arena, int frames, int bins, int channels);
    kernels::Matrix<float> frame(int i) const noexcept;
    void clear(int i) const noexcept;
    std::span<float> memory;
    int bins, channels;
  };
  struct Affine {
    std::vector<float> scale, shift;
  };

  void measure(PlaneMap in);
  GroupMoments stage(std::size_t group, PlaneMap in, PlaneMap out);
  void load(PlaneMap in, int begin, int end);
  void convolve(std::size_t group, int begin, int frames, int i);
  void take_result(PlaneMap out, std::size_t group, int begin, int i);
  void store_stage(std::size_t group, PlaneMap out, int begin, int i);

  const Deftan2PlaneBlock& block_;
  ThreadTeam& team_;
  Arena arena_;
  Tile input_;                         // from two frames before the tile to two after it
  Tile group_;                         // one before, one after: inputs of the stage
  Tile before_;                        // likewise: results of the stage before, after its norm
  std::vector<Affine> group_norm_;     // of each group
  Affine stage_norm_;                  // of the latest stage
  std::vector<GroupMoments> moments_;  // of each frame of a tile
};

}  // namespace limpid::models
