/* SPDX-License-Identifier: MIT */
/* Enhances raw audio, 32-bit float mono samples, from standard input to standard output:
 *   sox noisy.wav -t f32 -r 48000 -c 1 - | minimal_c 48000 | play -t f32 -r 48000 -c 1 -      */
#include <limpid/limpid.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#endif

enum { kBlock = 480 };

/* Writes what is left of `count` samples after the first *skip, which precede the recording. */
static int put(const float* samples, size_t count, size_t* skip) {
  const size_t drop = *skip < count ? *skip : count;
  *skip -= drop;
  return fwrite(samples + drop, sizeof *samples, count - drop, stdout) == count - drop;
}

int main(int argc, char** argv) {
  limpid_config config = LIMPID_CONFIG_DEFAULT;
  limpid_enhancer* enhancer;
  char message[256];
  float block[kBlock];
  float* channels[1] = {block};
  const float* inputs[1] = {block};
  size_t count, late, skip;

#ifdef _WIN32 /* samples are no text */
  _setmode(_fileno(stdin), _O_BINARY);
  _setmode(_fileno(stdout), _O_BINARY);
#endif
  if (argc < 2) {
    fprintf(stderr, "usage: minimal_c RATE [MODEL] < noisy.f32 > clean.f32\n");
    return 2;
  }
  config.sample_rate = atoi(argv[1]);
  if (argc > 2) config.model = argv[2];
  if (limpid_create(&config, &enhancer, message, sizeof message) != LIMPID_OK) {
    fprintf(stderr, "minimal_c: %s\n", message);
    return 1;
  }
  if (limpid_inputs(enhancer) != 1 || limpid_outputs(enhancer) != 1) { /* one pointer each way */
    fprintf(stderr, "minimal_c: the model takes %d channels and gives %d, expected 1 and 1\n",
            limpid_inputs(enhancer), limpid_outputs(enhancer));
    limpid_destroy(enhancer);
    return 1;
  }
  late = skip = (size_t)limpid_latency(enhancer);
  while ((count = fread(block, sizeof *block, kBlock, stdin)) > 0) {
    limpid_process(enhancer, inputs, channels, (int)count); /* in place */
    if (!put(block, count, &skip)) return 1;
  }
  while (late > 0) { /* the output is late: silence pushes the end of the recording out */
    count = late < kBlock ? late : kBlock;
    memset(block, 0, sizeof block);
    limpid_process(enhancer, inputs, channels, (int)count);
    if (!put(block, count, &skip)) return 1;
    late -= count;
  }
  limpid_destroy(enhancer);
  return fflush(stdout) == 0 ? 0 : 1;
}
