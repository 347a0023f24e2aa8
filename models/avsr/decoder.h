// SPDX-License-Identifier: MIT
// The decoder-only transformer: x += attention(norm x), x += mlp(norm x), layer after layer, each
// token seeing the window before it.
#pragma once

#include "lib/model/attention_trace.h"
#include "lib/nn/attention_stream.h"
#include "models/avsr/config.h"
#include "models/avsr/linear.h"

namespace limpid::models::avsr {

class Decoder {
 public:
  Decoder() = default;
  // Reads layers.<n>.{norm1,qkv,out,gate,sink,norm2,up,down}, norm and head.
  Decoder(TensorReader& reader, const Config& config);

  // Keys and values of one sequence. Must not outlive the decoder.
  class Memory {
   public:
    // out_of_memory.
    static Result<Memory> open(const Decoder& decoder);

   private:
    friend class Decoder;
    Arena arena_;
    std::vector<nn::AttentionStream> layers_;
  };

  // The next tokens of a sequence: their embeddings [token][width] become what leaves the last
  // layer. All at once equal one after another.
  void run(Memory& memory, TensorView<float, 2> x) const;

  // The same for a whole sequence, with everything that `trace` shows. out_of_memory.
  Status trace(TensorView<float, 2> x, AttentionTrace& trace) const;

  // Scores of each word and, last, of the end: [token][words + 1].
  Features scores(FeaturesView x) const;

 private:
  struct Layer {
    nn::Attention attention;
    Norm norm1, norm2;
    Linear qkv, out, gate, up, down;
  };
  struct Projections {  // what attention is given
    Features qkv, gate;
    nn::AttentionInput input;
  };
  static Layer load_layer(TensorReader& reader, const std::string& name, const Config& config);
  Projections project(const Layer& layer, FeaturesView x) const;
  void finish(const Layer& layer, FeaturesView attended, TensorView<float, 2> x) const;

  bool gated_ = false;
  std::vector<Layer> layers_;
  Norm norm_;
  Linear head_;
};

}  // namespace limpid::models::avsr
