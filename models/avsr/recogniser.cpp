// SPDX-License-Identifier: MIT
#include "models/avsr/recogniser.h"

#include <algorithm>
#include <cmath>
#include <new>

#include "models/avsr/features.h"
#include "models/card.h"

namespace limpid::models::avsr {
namespace {

constexpr std::size_t kMaxSamples = std::size_t{1} << 26;  // and lip frames, of an utterance

Error wrong(const std::string& what) {
  return {ErrorCode::invalid_argument, "recogniser: " + what};
}

Status check(const Utterance& u, const Config& config) {
  if (u.rate < 0 || u.rate > 64) return wrong("rate must be 1..64, or 0 for the model's own");
  if (config.compression == Compression::stack && u.rate != 0 && u.rate != config.rate)
    return wrong("this model stacks " + std::to_string(config.rate) + " frames, not " +
                 std::to_string(u.rate));
  if (u.audio.size() > kMaxSamples || static_cast<std::size_t>(u.lips.extent(0)) > kMaxSamples)
    return wrong("the utterance is too long");
  if (u.lips.extent(0) > 0 && u.lips.extent(1) != config.lip_size)
    return wrong("lips have " + std::to_string(u.lips.extent(1)) + " features, expected " +
                 std::to_string(config.lip_size));
  const auto finite = [](float x) { return std::isfinite(x); };
  if (!std::ranges::all_of(u.audio, finite)) return wrong("samples must be finite");
  for (std::ptrdiff_t t = 0; t < u.lips.extent(0); ++t)
    if (!std::ranges::all_of(u.lips[t].span(), finite)) return wrong("lips must be finite");
  return Done{};
}

void append(FeaturesView rows, TensorView<float, 2> x, std::ptrdiff_t& at) {
  for (std::ptrdiff_t t = 0; t < rows.extent(0); ++t)
    std::copy_n(rows[t].data(), rows.extent(1), x[at++].data());
}

Features embedding(const std::vector<float>& table, int index, std::ptrdiff_t width) {
  Features row({1, width});
  std::copy_n(table.data() + index * width, width, row.view().data());
  return row;
}

int best(TensorView<const float, 1> scores) {
  return static_cast<int>(std::ranges::max_element(scores.span()) - scores.span().begin());
}

}  // namespace

Result<Recogniser> Recogniser::open(const std::filesystem::path& path) {
  auto weights = io::Weights::open(path);
  if (!weights) return weights.error();
  return load(*std::move(weights));
}

Result<Recogniser> Recogniser::load(io::Weights weights) {
  const auto config = parse_config(weights.metadata("config"), weights.origin());
  if (!config) return config.error();
  return read_tensors(weights, [&](TensorReader& reader) {
    return Recogniser(reader, *config, spec_from_card(weights).name);
  });
}

Recogniser::Recogniser(TensorReader& reader, const Config& c, std::string name)
    : config_(c),
      name_(std::move(name)),
      audio_(reader, "audio", c.bands, c.encoder, c.kernel),
      video_(reader, "video", c.lip_size, c.lip_encoder, c.kernel),
      audio_projector_(reader, "audio_projector",
                       compressed_width(c.compression, c.rate, c.encoder), c.projector, c.width),
      video_projector_(reader, "video_projector",
                       compressed_width(c.compression, c.video_rate(c.rate), c.lip_encoder),
                       c.projector, c.width),
      decoder_(reader, c) {
  special_ = reader.take("special", {kSpecialTokens, c.width});
  words_ = reader.take("words", {static_cast<std::int64_t>(c.words.size()), c.width});
}

Result<std::vector<Token>> Recogniser::layout(const Utterance& utterance) const {
  if (auto fits = check(utterance, config_); !fits) return fits.error();
  auto tokens = recognition_layout(audio_frames(utterance), rate(utterance),
                                   static_cast<int>(utterance.lips.extent(0)),
                                   config_.video_rate(rate(utterance)));
  if (tokens.size() <= 2) return wrong("the utterance is shorter than one token");
  return tokens;
}

Result<Features> Recogniser::embed(const Utterance& utterance) const {
  const auto tokens = layout(utterance);
  if (!tokens) return tokens.error();
  const auto count = [&tokens](TokenKind kind) {
    return std::ranges::count(*tokens, kind, &Token::kind);
  };
  Features audio, video;
  if (count(TokenKind::audio) > 0) {
    const auto mel =
        log_mel(utterance.audio, config_.sample_rate, {config_.window, config_.hop}, config_.bands);
    if (!mel) return mel.error();
    const Features encoded = audio_.run(mel->view());
    const Features fewer = compress(config_.compression, rate(utterance), encoded.view());
    audio = audio_projector_.run(fewer.view());
  }
  if (count(TokenKind::video) > 0) {
    const Features encoded = video_.run(utterance.lips);
    const Features fewer =
        compress(config_.compression, config_.video_rate(rate(utterance)), encoded.view());
    video = video_projector_.run(fewer.view());
  }
  Features x({static_cast<std::ptrdiff_t>(tokens->size()), config_.width});
  std::ptrdiff_t at = 0;
  for (const Token& token : *tokens) {
    if (token.kind == TokenKind::audio || token.kind == TokenKind::video) {
      if (token.begin == 0)
        append((token.kind == TokenKind::audio ? audio : video).view(), x.view(), at);
      continue;  // the first of a modality brings all of them
    }
    append(embedding(special_, static_cast<int>(token.kind), config_.width).view(), x.view(), at);
  }
  return x;
}

Result<std::vector<int>> Recogniser::transcribe(const Utterance& utterance, int most) const {
  try {
    auto x = embed(utterance);
    if (!x) return x.error();
    auto memory = Decoder::Memory::open(decoder_);
    if (!memory) return memory.error();
    const int end = static_cast<int>(config_.words.size());
    std::vector<int> words;
    while (static_cast<int>(words.size()) < most) {
      decoder_.run(*memory, x->view());
      const FeaturesView out = x->view();
      const Features last = decoder_.scores(out.slice(0, out.extent(0) - 1, 1));
      const int word = best(last.view()[0]);
      if (word == end) break;
      words.push_back(word);
      *x = embedding(words_, word, config_.width);
    }
    return words;
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::out_of_memory, "recogniser: no memory for the utterance"};
  }
}

Result<Features> Recogniser::scores(const Utterance& utterance, std::span<const int> words) const {
  const int known = static_cast<int>(config_.words.size());
  for (const int word : words)
    if (word < 0 || word >= known) return wrong("there is no word " + std::to_string(word));
  try {
    const auto prompt = embed(utterance);
    if (!prompt) return prompt.error();
    const auto count = static_cast<std::ptrdiff_t>(words.size());
    Features x({prompt->extent(0) + count, config_.width});
    std::ptrdiff_t at = 0;
    append(prompt->view(), x.view(), at);
    for (const int word : words)
      append(embedding(words_, word, config_.width).view(), x.view(), at);
    auto memory = Decoder::Memory::open(decoder_);
    if (!memory) return memory.error();
    decoder_.run(*memory, x.view());
    const FeaturesView out = x.view();
    return decoder_.scores(out.slice(0, prompt->extent(0) - 1, count + 1));
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::out_of_memory, "recogniser: no memory for the utterance"};
  }
}

Result<AttentionTrace> Recogniser::trace_attention(const Utterance& utterance) const {
  try {
    const auto tokens = layout(utterance);
    if (!tokens) return tokens.error();
    auto x = embed(utterance);
    if (!x) return x.error();
    AttentionTrace trace;
    if (auto done = decoder_.trace(x->view(), trace); !done) return done.error();
    for (const Token& token : *tokens) trace.labels.emplace_back(label(token.kind));
    return trace;
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::out_of_memory, "recogniser: no memory for a trace of the utterance"};
  }
}

std::string text(const Config& config, std::span<const int> words) {
  std::string text;
  for (const int word : words)
    text += (text.empty() ? "" : " ") + config.words[static_cast<std::size_t>(word)];
  return text;
}

}  // namespace limpid::models::avsr
