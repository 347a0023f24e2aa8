// SPDX-License-Identifier: MIT
// Recogniser: recognises words in noisy speech, from audio, from lip features, or better from both.
// Not a Model: words come out, and a whole utterance goes in. training/limpid_train/avsr defines
// and trains it; docs/attention.md says what it is good for.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "models/avsr/decoder.h"
#include "models/avsr/sequence.h"

namespace limpid::models::avsr {

// One utterance. Either modality may be empty, but not both.
struct Utterance {
  std::span<const float> audio = {};  // mono, at config().sample_rate
  FeaturesView lips = {};             // [video frame][lip_size], a frame every lip_frames hops
  int rate = 0;                       // audio frames in a token; 0: as the model prefers
};

class Recogniser {
 public:
  // not_found, io; bad_format: tensors or a config that do not fit the network. out_of_memory.
  static Result<Recogniser> open(const std::filesystem::path& path);
  static Result<Recogniser> load(io::Weights weights);

  const Config& config() const noexcept { return config_; }
  const std::string& name() const noexcept { return name_; }  // from the model card

  // Tokens that an utterance becomes. invalid_argument: nothing in it, samples that are not finite,
  // lips of another size, a rate out of range or, where frames are stacked, other than the model's.
  Result<std::vector<Token>> layout(const Utterance& utterance) const;

  // The most likely word after the other, until the end or `most` words: indices into
  // config().words. Errors as layout().
  Result<std::vector<int>> transcribe(const Utterance& utterance, int most = 64) const;

  // Scores before each of `words` and after the last, as if they had been said:
  // [words.size() + 1][config().words.size() + 1], the last column for the end.
  Result<Features> scores(const Utterance& utterance, std::span<const int> words) const;

  // Where every token of the utterance looks, and the residual stream.
  Result<AttentionTrace> trace_attention(const Utterance& utterance) const;

 private:
  Recogniser(TensorReader& reader, const Config& config, std::string name);
  Result<Features> embed(const Utterance& utterance) const;  // [token][width] of layout()
  int rate(const Utterance& utterance) const noexcept {
    return utterance.rate == 0 ? config_.rate : utterance.rate;
  }
  int audio_frames(const Utterance& utterance) const noexcept {
    return static_cast<int>(utterance.audio.size()) / config_.hop;
  }

  Config config_;
  std::string name_;
  Encoder audio_, video_;
  Projector audio_projector_, video_projector_;
  std::vector<float> special_, words_;  // embeddings
  Decoder decoder_;
};

// "seven zero two"
std::string text(const Config& config, std::span<const int> words);

}  // namespace limpid::models::avsr
