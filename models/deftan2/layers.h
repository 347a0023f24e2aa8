// SPDX-License-Identifier: MIT
// The weights of DeFTAN-II's layers, in the order in which gemm reads them, and how they are read
// from a file. Lee and Choi: "DeFTAN-II: efficient multichannel speech enhancement with subgroup
// processing", IEEE/ACM TASLP 32, 2024. Tensor names are those of the official checkpoint.
#pragma once

#include <string>
#include <vector>

#include "lib/kernels/gemm.h"
#include "models/deftan2/config.h"
#include "models/tensor_reader.h"

namespace limpid::models {

// One stage of a split dense block: convolution, norm, PReLU. Its inputs are the result of the
// stage before (but for the first) and a group of its own, in the order [source][tap][channel].
struct DenseStage {
  Linear conv;
  Norm norm;
  std::vector<float> slope;  // empty: no PReLU
};
using SplitDense = std::vector<DenseStage>;

// Convolutional efficient attention. The scale of the heads is part of `out`.
struct BlockAttention {
  Norm norm;
  Linear local;  // 3 taps, 2 C outputs of which the second half gates the first
  Linear query, key, value, out;
  // Per head, out * value: where keys meet the whole sequence, values need not exist. `value` is
  // for GPUs.
  std::vector<kernels::PackedMatrix> value_to_out;
  std::vector<float> decay;  // per head, per frame; causal attention along time only
};

struct FeedForward {  // "dual-path feed-forward network"
  Norm norm;
  Linear alone, around;  // C -> half each
  Linear conv;           // 5 taps, `dilation` apart
  Norm conv_norm;
  std::vector<float> slope;
  Linear out;  // [alone, conv] -> C
  int dilation = 1;
};

// Half of a block: x += fold(forward(attention(dense(unfold(norm(x)))))) along one axis.
struct BlockHalf {
  Norm norm;
  SplitDense dense;
  BlockAttention attention;
  FeedForward forward;
  Linear fold;  // transposed convolution as a convolution: taps oldest first
};

// Either end of the network: a 3 x 3 convolution to interleaved groups of channels, and a split
// dense block on them. Groups are apart here, which costs nothing: rows of weights change places.
struct Deftan2PlaneBlock {
  int inputs = 0, width = 0;  // planes in; channels of a group and of the result
  std::vector<Linear> conv;   // per group, [time tap][frequency tap][channel]
  std::vector<Norm> norm;     // per group, over all groups together; empty: none
  SplitDense dense;
  int groups() const noexcept { return static_cast<int>(conv.size()); }
};

BlockHalf load_half(TensorReader& reader, const std::string& prefix, const Deftan2Config& config,
                    int block, char axis);
Deftan2PlaneBlock load_encoder(TensorReader& reader, const Deftan2Config& config);
Deftan2PlaneBlock load_decoder(TensorReader& reader, const Deftan2Config& config);

}  // namespace limpid::models
