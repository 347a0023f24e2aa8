/* SPDX-License-Identifier: MIT */
/* limpid.wasm: the C interface as JavaScript can call it, without structures and pointers to
 * pointers. One enhancer an instance of the module; instances share nothing. */
#include <limpid/limpid.h>
#include <string.h>

#define EXPORT(name) __attribute__((export_name(#name)))

enum { kMaxChannels = 64, kMaxBlock = 4096 }; /* Web Audio calls with 128 samples */

static limpid_enhancer* enhancer;
static char message[256];
static float samples[kMaxChannels][kMaxBlock];
static float* rows[kMaxChannels];

/* Opens the first model in here, in place of what was open. 0, or limpid_message() says why not. */
EXPORT(limpid_open) int open_enhancer(int sample_rate, int channels, float attenuation_limit_db) {
  limpid_config config = LIMPID_CONFIG_DEFAULT;
  limpid_error error;
  int i;
  config.sample_rate = sample_rate;
  config.channels = channels;
  config.attenuation_limit_db = attenuation_limit_db;
  for (i = 0; i < kMaxChannels; ++i) rows[i] = samples[i];
  limpid_destroy(enhancer);
  error = limpid_create(&config, &enhancer, message, sizeof message);
  if (error == LIMPID_OK && limpid_inputs(enhancer) != channels) {
    limpid_destroy(enhancer);
    enhancer = NULL;
    strcpy(message, "this module has a model of several microphones inside");
    error = LIMPID_UNSUPPORTED;
  }
  return (int)error;
}

/* UTF-8, ends with 0. */
EXPORT(limpid_message) const char* last_message(void) {
  return message;
}

EXPORT(limpid_max_block) int max_block(void) {
  return kMaxBlock;
}

/* Where a channel's samples are written before limpid_run() and read after it. */
EXPORT(limpid_samples) float* samples_of(int channel) {
  return samples[channel];
}

/* 0..limpid_max_block() samples of every channel, in place. */
EXPORT(limpid_run) void run(int count) {
  limpid_process(enhancer, (const float* const*)rows, rows, count);
}

/* Samples. */
EXPORT(limpid_late_by) int late_by(void) {
  return limpid_latency(enhancer);
}

EXPORT(limpid_forget) void forget(void) {
  limpid_reset(enhancer);
}
EXPORT(limpid_bypass) void bypass(int on) {
  limpid_set_bypass(enhancer, on);
}
EXPORT(limpid_limit) void limit(float db) {
  limpid_set_attenuation_limit(enhancer, db);
}
EXPORT(limpid_voice) float voice(int channel) {
  return limpid_voice_activity(enhancer, channel);
}
