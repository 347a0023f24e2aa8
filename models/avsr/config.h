// SPDX-License-Identifier: MIT
// Config: the hyper-parameters of a recogniser, as stored in the weight file's "config" JSON.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/nn/attention.h"
#include "limpid/result.h"
#include "models/avsr/compress.h"

namespace limpid::models::avsr {

struct Config {
  int sample_rate = 8000;                          // Hz; the only rate it runs at
  int window = 240, hop = 80;                      // samples of the spectra
  int bands = 32;                                  // of the mel scale
  int lip_size = 4;                                // features of a video frame
  int lip_frames = 4;                              // audio frames in a video frame
  int encoder = 64, lip_encoder = 32, kernel = 5;  // channels and (odd) taps of the convolutions
  Compression compression = Compression::average;
  int rate = 4;        // audio frames in a token, unless the caller wants another
  int projector = 64;  // hidden width
  int width = 64, layers = 3, heads = 4, hidden = 192;       // of the decoder
  nn::AttentionKind attention = nn::AttentionKind::softmax;  // softmax, sink_logit or sigmoid
  bool gate = false;                                         // a gate per head
  int window_tokens = 512;         // how many newest tokens a token sees, itself included
  int sigmoid_window = 64;         // n of the bias -ln n
  std::vector<std::string> words;  // without the end of the transcript

  // Video is thinned so that its tokens last as long as audio's, as far as it can be.
  int video_rate(int audio_rate) const noexcept {
    return audio_rate > lip_frames ? audio_rate / lip_frames : 1;
  }
  nn::AttentionConfig attention_config() const noexcept;
};

// bad_format: not JSON, a key missing or of the wrong type, sizes out of range.
Result<Config> parse_config(std::string_view json, const std::string& origin);

}  // namespace limpid::models::avsr
