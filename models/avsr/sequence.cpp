// SPDX-License-Identifier: MIT
#include "models/avsr/sequence.h"

#include <array>

namespace limpid::models::avsr {
namespace {

constexpr std::array<std::string_view, 9> kLabels{"<bos>",   "<audio>",  "</audio>",
                                                  "<video>", "</video>", "<transcribe>",
                                                  "audio",   "video",    "word"};

void append(std::vector<Token>& tokens, int frames, int rate, TokenKind begin, TokenKind kind,
            TokenKind end) {
  const int count = frames / rate;
  if (count == 0) return;
  tokens.push_back({begin});
  for (int i = 0; i < count; ++i) tokens.push_back({kind, i * rate, (i + 1) * rate});
  tokens.push_back({end});
}

}  // namespace

std::string_view label(TokenKind kind) noexcept {
  return kLabels[static_cast<std::size_t>(kind)];
}

std::vector<Token> recognition_layout(int audio_frames, int audio_rate, int video_frames,
                                      int video_rate) {
  std::vector<Token> tokens{{TokenKind::bos}};
  append(tokens, audio_frames, audio_rate, TokenKind::audio_begin, TokenKind::audio,
         TokenKind::audio_end);
  append(tokens, video_frames, video_rate, TokenKind::video_begin, TokenKind::video,
         TokenKind::video_end);
  tokens.push_back({TokenKind::transcribe});
  return tokens;
}

TokenKind Interleave::kind(long long token) const noexcept {
  if (token == 0) return TokenKind::bos;
  return token % (per_video + 1) == 0 ? TokenKind::video : TokenKind::audio;
}

long long Interleave::frame(long long token) const noexcept {
  if (token == 0) return 0;
  const long long block = (token - 1) / (per_video + 1);
  return kind(token) == TokenKind::video ? block : token - 1 - block;
}

std::vector<Token> interleaved_layout(int audio_frames, const Interleave& order) {
  std::vector<Token> tokens{{TokenKind::bos}};
  const long long last = audio_frames + audio_frames / order.per_video;
  for (long long token = 1; token <= last; ++token) {
    const int frame = static_cast<int>(order.frame(token));
    tokens.push_back({order.kind(token), frame, frame + 1});
  }
  return tokens;
}

}  // namespace limpid::models::avsr
