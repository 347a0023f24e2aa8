// SPDX-License-Identifier: MIT
// What both tests of the web module compare.

// Samples of the first data chunk of a WAV of 32-bit floats, one channel: all of tests/data.
export function samplesOf(buffer) {
  const view = new DataView(buffer);
  for (let at = 12; at < view.byteLength; at += 8 + view.getUint32(at + 4, true))
    if (view.getUint32(at) === 0x64617461) // "data"
      return new Float32Array(buffer.slice(at + 8, at + 8 + view.getUint32(at + 4, true)));
  throw new Error('no data chunk');
}

export function padded(samples, silence) {
  const longer = new Float32Array(samples.length + silence);
  longer.set(samples);
  return longer;
}

// Energy of the difference, of that of `want`: square root.
export function relativeError(got, want) {
  let error = 0, all = 0;
  want.forEach((sample, i) => { error += (got[i] - sample) ** 2; all += sample ** 2; });
  return Math.sqrt(error / all);
}
