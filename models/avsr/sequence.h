// SPDX-License-Identifier: MIT
// The order in which a decoder sees audio and video, and which frames each token was made of.
#pragma once

#include <string_view>
#include <vector>

namespace limpid::models::avsr {

enum class TokenKind {
  bos,
  audio_begin,
  audio_end,
  video_begin,
  video_end,
  transcribe,  // the request: words follow it
  audio,
  video,
  word,
};
inline constexpr int kSpecialTokens = 6;  // bos .. transcribe, in the order of their embeddings

std::string_view label(TokenKind kind) noexcept;  // "<bos>", "<audio>", "audio", ...

// Made of the frames [begin, end) of its modality; none for delimiters.
struct Token {
  TokenKind kind;
  int begin = 0, end = 0;
  bool operator==(const Token&) const = default;
};

// Recognition: <bos> <audio> A </audio> <video> V </video> <transcribe>. `rate` frames make a
// token; a modality without a whole token has no delimiters either. Rates >= 1.
std::vector<Token> recognition_layout(int audio_frames, int audio_rate, int video_frames,
                                      int video_rate);

// Streams: every `per_video` audio frames there is a video frame, and it follows the last of them,
// because then it is known. A causal decoder over this order is causal in time, block by block;
// over the order of recognition it is not. Tokens 0, 1, ...: <bos>, per_video times audio, video.
struct Interleave {
  int per_video = 4;  // audio frames in a video frame; 4 for 100 Hz and 25 Hz

  // Where a frame's token lies.
  long long audio(long long frame) const noexcept { return 1 + frame + frame / per_video; }
  long long video(long long frame) const noexcept { return (frame + 1) * (per_video + 1); }

  // What lies at a token.
  TokenKind kind(long long token) const noexcept;
  long long frame(long long token) const noexcept;  // of its modality; 0 for <bos>
};

std::vector<Token> interleaved_layout(int audio_frames, const Interleave& order);

}  // namespace limpid::models::avsr
