// SPDX-License-Identifier: MIT
// The C functions: nearly all forward to limpid::Enhancer, and nothing is thrown across.
#include <cstring>
#include <exception>
#include <new>
#include <string_view>
#include <utility>

#include "limpid/limpid.h"
#include "limpid/limpid.hpp"
#include "models/shipped.h"

struct limpid_enhancer {
  limpid::Enhancer enhancer;
};

namespace {

limpid_error code_of(limpid::ErrorCode code) noexcept {
  switch (code) {
    case limpid::ErrorCode::invalid_argument:
      return LIMPID_INVALID_ARGUMENT;
    case limpid::ErrorCode::not_found:
      return LIMPID_NOT_FOUND;
    case limpid::ErrorCode::bad_format:
      return LIMPID_BAD_FORMAT;
    case limpid::ErrorCode::unsupported:
      return LIMPID_UNSUPPORTED;
    case limpid::ErrorCode::io:
      return LIMPID_IO;
    case limpid::ErrorCode::out_of_memory:
      return LIMPID_OUT_OF_MEMORY;
    case limpid::ErrorCode::device:
      return LIMPID_DEVICE;
  }
  return LIMPID_INTERNAL;
}

// How much of `text` fits into `most` bytes without cutting a character of UTF-8 in two.
std::size_t fitting(std::string_view text, std::size_t most) noexcept {
  if (text.size() <= most) return text.size();
  const auto continues = [&] { return (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80; };
  while (most > 0 && continues()) --most;
  return most;
}

limpid_error fail(limpid_error code, std::string_view text, char* message, size_t size) noexcept {
  if (message == nullptr || size == 0) return code;
  const std::size_t length = fitting(text, size - 1);
  std::memcpy(message, text.data(), length);
  message[length] = '\0';
  return code;
}

limpid_error create(const limpid_config& config, limpid_enhancer** out, char* message,
                    size_t size) {
  const auto text = [](const char* given) { return given == nullptr ? "" : given; };
  auto opened = limpid::Enhancer::open({.model = text(config.model),
                                        .sample_rate = config.sample_rate,
                                        .channels = config.channels,
                                        .attenuation_limit_db = config.attenuation_limit_db,
                                        .device = text(config.device),
                                        .arithmetic = text(config.arithmetic)});
  if (!opened) return fail(code_of(opened.error().code), opened.error().message, message, size);
  *out = new limpid_enhancer{*std::move(opened)};
  return fail(LIMPID_OK, "", message, size);
}

}  // namespace

limpid_error limpid_create(const limpid_config* config, limpid_enhancer** out, char* message,
                           size_t size) {
  if (out != nullptr) *out = nullptr;
  if (config == nullptr || out == nullptr)
    return fail(LIMPID_INVALID_ARGUMENT, "limpid_create: config or out is null", message, size);
  try {
    return create(*config, out, message, size);
  } catch (const std::bad_alloc&) {
    return fail(LIMPID_OUT_OF_MEMORY, "not enough memory to open an enhancer", message, size);
  } catch (const std::exception& problem) {
    return fail(LIMPID_INTERNAL, problem.what(), message, size);
  }
}

void limpid_destroy(limpid_enhancer* enhancer) {
  delete enhancer;
}

void limpid_process(limpid_enhancer* enhancer, const float* const* in, float* const* out,
                    int samples) {
  if (enhancer != nullptr) enhancer->enhancer.process(in, out, samples);
}

int limpid_latency(const limpid_enhancer* enhancer) {
  return enhancer == nullptr ? 0 : enhancer->enhancer.latency();
}

int limpid_inputs(const limpid_enhancer* enhancer) {
  return enhancer == nullptr ? 0 : enhancer->enhancer.inputs();
}

int limpid_outputs(const limpid_enhancer* enhancer) {
  return enhancer == nullptr ? 0 : enhancer->enhancer.outputs();
}

int limpid_hop(const limpid_enhancer* enhancer) {
  return enhancer == nullptr ? 0 : enhancer->enhancer.hop();
}

void limpid_reset(limpid_enhancer* enhancer) {
  if (enhancer != nullptr) enhancer->enhancer.reset();
}

int limpid_restart(limpid_enhancer* enhancer, int channel) {
  return enhancer != nullptr && enhancer->enhancer.restart(channel) ? 1 : 0;
}

const char* limpid_failure(const limpid_enhancer* enhancer) {
  const limpid::Error* failed = enhancer == nullptr ? nullptr : enhancer->enhancer.failure();
  return failed == nullptr ? nullptr : failed->message.c_str();
}

void limpid_set_bypass(limpid_enhancer* enhancer, int bypass) {
  if (enhancer != nullptr) enhancer->enhancer.set_bypass(bypass != 0);
}

void limpid_set_attenuation_limit(limpid_enhancer* enhancer, float db) {
  if (enhancer != nullptr) enhancer->enhancer.set_attenuation_limit(db);
}

float limpid_voice_activity(const limpid_enhancer* enhancer, int channel) {
  return enhancer == nullptr ? -1.0f : enhancer->enhancer.voice_activity(channel);
}

uint64_t limpid_repaired(const limpid_enhancer* enhancer) {
  return enhancer == nullptr ? 0 : enhancer->enhancer.repaired();
}

const char* limpid_version() {
  return limpid::version();
}

const char* limpid_model_name(int index) {
  const auto inside = limpid::models::shipped_models();
  const bool there = index >= 0 && static_cast<std::size_t>(index) < inside.size();
  return there ? inside[static_cast<std::size_t>(index)].name : nullptr;
}
