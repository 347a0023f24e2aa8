/* SPDX-License-Identifier: MIT */
/* limpid for C (C99) and for every language that calls C. limpid/limpid.hpp explains the same
 * functions for C++.
 *
 *   limpid_config config = LIMPID_CONFIG_DEFAULT;
 *   limpid_enhancer* enhancer;
 *   char message[256];
 *   if (limpid_create(&config, &enhancer, message, sizeof message) != LIMPID_OK) ...
 *   limpid_process(enhancer, in, out, samples);  (limpid_inputs(), limpid_outputs() pointers)
 *   limpid_destroy(enhancer);
 *
 * A null limpid_enhancer* is ignored everywhere: nothing happens, numbers are 0 (voice activity:
 * -1).
 *
 * Threads: process, reset, restart, failure, repaired and destroy of one enhancer must not run at
 * the same time; they may come from different threads one after the other. All other functions may
 * be called from any thread between create and destroy. Different enhancers are independent.
 */
#ifndef LIMPID_LIMPID_H
#define LIMPID_LIMPID_H

#include <stddef.h>
#include <stdint.h>

#include "limpid/export.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct limpid_enhancer limpid_enhancer;

typedef enum limpid_error {
  LIMPID_OK = 0,
  LIMPID_INVALID_ARGUMENT, /* the caller asked for something impossible */
  LIMPID_NOT_FOUND,        /* no such model */
  LIMPID_BAD_FORMAT,       /* the file exists and is no model of limpid's */
  LIMPID_UNSUPPORTED,      /* well-formed, but outside what this build or the model can do */
  LIMPID_IO,               /* the operating system refused to read */
  LIMPID_OUT_OF_MEMORY,
  LIMPID_INTERNAL, /* should not happen */
  LIMPID_DEVICE    /* no such GPU, or liblimpid_cuda cannot be loaded */
} limpid_error;

typedef struct limpid_config {
  const char* model;          /* UTF-8: a shipped name or a file; NULL or "": the default */
  int sample_rate;            /* Hz */
  int channels;               /* independent streams, 1..64, on a GPU 1..65536; an array model takes
                               * its microphones for each: pass limpid_inputs() pointers */
  float attenuation_limit_db; /* most that noise is lowered, >= 0; 0: no limit */
  const char* device;         /* NULL, "" or "cpu"; "cuda", "cuda:1": a GPU, for servers of many
                               * streams */
  const char* arithmetic;     /* of its products: NULL, "" or "exact", "tf32x3", "tf32", "fp16",
                               * "bf16" */
} limpid_config;

/* What every config begins as: one of zeros has no channels, which is refused. */
#define LIMPID_CONFIG_DEFAULT \
  { NULL, 48000, 1, 0.0f, NULL, NULL }

/* On success *out is an enhancer. Otherwise *out is NULL and, if `message` is not, one sentence is
 * in message[0..size), UTF-8, cut between characters to fit and always terminated.
 * INVALID_ARGUMENT: config or out is null, channels or limit out of range, unknown device or
 * arithmetic, or an arithmetic of GPUs for the CPU; NOT_FOUND: no such model; BAD_FORMAT: not a
 * limpid model file; UNSUPPORTED: a sample rate outside the model's range, or a model that cannot
 * run live, or not on a GPU; IO; OUT_OF_MEMORY; DEVICE. */
LIMPID_API limpid_error limpid_create(const limpid_config* config, limpid_enhancer** out,
                                      char* message, size_t size);

LIMPID_API void limpid_destroy(limpid_enhancer* enhancer);

/* in[limpid_inputs()][samples], nominal range [-1, 1], to out[limpid_outputs()][samples]; may be
 * the same buffers. Any number of samples. Real-time safe; on a GPU it waits for that at each hop,
 * so there it is not for audio threads. Does nothing when a pointer is null. C takes a float*[] for
 * `in` with a cast only: (const float* const*)channels. */
LIMPID_API void limpid_process(limpid_enhancer* enhancer, const float* const* in, float* const* out,
                               int samples);

/* Samples by which the output trails the input; constant. From any thread. */
LIMPID_API int limpid_latency(const limpid_enhancer* enhancer);

/* Constant. From any thread. */
LIMPID_API int limpid_inputs(const limpid_enhancer* enhancer);  /* pointers in `in` */
LIMPID_API int limpid_outputs(const limpid_enhancer* enhancer); /* pointers in `out` */
LIMPID_API int limpid_hop(const limpid_enhancer* enhancer);     /* samples after which the network
                                                                 * runs again: 10 ms, mostly */

/* Forgets all audio; bypass and limit stay. Real-time safe on a CPU, where it takes a small part of
 * the time of a hop. */
LIMPID_API void limpid_reset(limpid_enhancer* enhancer);

/* One channel as just opened, the others go on: a stream has ended, and its place is for the next
 * one. In the middle of a hop the network hears zeros for the part that is gone. As real-time safe
 * as limpid_reset. 0, and nothing has changed: there is no such channel, or the model looks ahead,
 * as the published FRCRN does, and runs on a CPU. */
LIMPID_API int limpid_restart(limpid_enhancer* enhancer, int channel);

/* Why the output is silence since some call of limpid_process: the GPU failed; one sentence, UTF-8,
 * which lives as long as the enhancer. NULL while all is well. */
LIMPID_API const char* limpid_failure(const limpid_enhancer* enhancer);

/* These two may be called from any thread. A limit: see limpid_config, but nothing is refused here:
 * zero, less and NaN are no limit. */
LIMPID_API void limpid_set_bypass(limpid_enhancer* enhancer, int bypass);
LIMPID_API void limpid_set_attenuation_limit(limpid_enhancer* enhancer, float db);

/* Probability in 0..1 that there is speech in the last sample that limpid_process gave out on a
 * channel, updated once per hop; to see every value, process at most limpid_hop() samples per call.
 * Negative where the model does not tell or there is no such channel. From any thread. */
LIMPID_API float limpid_voice_activity(const limpid_enhancer* enhancer, int channel);

/* NaN and infinite input samples so far; they were taken as 0. */
LIMPID_API uint64_t limpid_repaired(const limpid_enhancer* enhancer);

LIMPID_API const char* limpid_version(void); /* "1.2.3", of the library that runs */

/* The name of a model inside that library, for limpid_config: 0 is the default, then the others.
 * NULL for any other index. */
LIMPID_API const char* limpid_model_name(int index);

#ifdef __cplusplus
}
#endif

#endif
