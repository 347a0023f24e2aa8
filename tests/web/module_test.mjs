// SPDX-License-Identifier: MIT
// limpid.wasm in Node: node --test module_test.mjs, LIMPID_WASM_MODULE=limpid.wasm, which has `light` inside.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { setImmediate } from 'node:timers/promises';
import v8 from 'node:v8';
import vm from 'node:vm';
import { Limpid } from '../../examples/web/limpid-core.js';
import { padded, relativeError, samplesOf } from './samples.js';

const module = new WebAssembly.Module(readFileSync(process.env.LIMPID_WASM_MODULE));
const data = (name) => samplesOf(readFileSync(new URL(`../data/${name}`, import.meta.url)).buffer);
const voice = data('frcrn_tiny_input.wav');

// One channel through `limpid` in blocks of next() samples, its latency made up for.
function enhance(limpid, input, next) {
  const all = padded(input, limpid.latency);
  for (let at = 0, count; at < all.length; at += count) {
    count = Math.min(next(), all.length - at);
    const block = all.subarray(at, at + count);
    limpid.process([block], [block]);
  }
  return all.subarray(limpid.latency);
}
const blocks = (...sizes) => { let i = 0; return () => sizes[i++ % sizes.length]; };

test('is what was trained', () => {
  const got = enhance(new Limpid(module, { sampleRate: 16000 }), voice, blocks(128));
  const error = relativeError(got, data('light_expected.wav'));
  assert.ok(error < 1e-5, `differs by ${error}`);
});

test('does not care how a stream is cut', () => {
  const limpid = new Limpid(module, { sampleRate: 48000 });
  const want = enhance(limpid, voice, blocks(128));
  limpid.reset();
  assert.deepEqual(enhance(limpid, voice, blocks(1, 4096, 7, 480, 129)), want);
});

test('enhances every channel on its own', () => {
  const alone = enhance(new Limpid(module, { sampleRate: 16000 }), voice, blocks(128));
  const pair = new Limpid(module, { sampleRate: 16000, channels: 2 });
  const left = padded(voice, pair.latency), right = new Float32Array(left.length);
  for (let at = 0; at < left.length; at += 128) {
    const block = [left, right].map((channel) => channel.subarray(at, at + 128));
    pair.process([block[0]], block); // the second one is not connected
  }
  assert.ok(relativeError(left.subarray(pair.latency), alone) < 1e-6);
  assert.ok(right.every((sample) => Math.abs(sample) < 1e-6));
});

test('bypass is the input, late', () => {
  const limpid = new Limpid(module, { sampleRate: 16000 });
  limpid.bypass = true;
  limpid.reset(); // without the cross-fade
  assert.deepEqual(enhance(limpid, voice, blocks(128)), voice);
});

test('a limit leaves that much of the input', () => {
  const limpid = new Limpid(module, { sampleRate: 16000, attenuationLimit: 20 });
  const got = enhance(limpid, voice, blocks(128)), wet = data('light_expected.wav');
  const want = voice.map((sample, i) => 0.9 * wet[i] + 0.1 * sample);
  assert.ok(relativeError(got, want) < 1e-5);
});

test('tells where somebody speaks', () => {
  const limpid = new Limpid(module, { sampleRate: 16000 });
  assert.equal(limpid.voiceActivity(), 0);
  enhance(limpid, voice, blocks(128));
  const probability = limpid.voiceActivity();
  assert.ok(probability > 0 && probability <= 1, `${probability}`);
  assert.ok(limpid.voiceActivity(1) < 0, 'there is one channel');
});

test('survives what is no audio', () => {
  const limpid = new Limpid(module, { sampleRate: 16000 });
  const bad = Float32Array.from(voice, (sample, i) => [NaN, Infinity, 1e30, sample][i % 4]);
  assert.ok(enhance(limpid, bad, blocks(128)).every(Number.isFinite));
  limpid.reset();
  assert.ok(relativeError(enhance(limpid, voice, blocks(128)), data('light_expected.wav')) < 1e-5);
});

test('refuses what cannot be', () => {
  const open = (options) => () => new Limpid(module, options);
  assert.throws(open({ sampleRate: 4000 }), /4000/);
  assert.throws(open({ sampleRate: 48000, channels: 65 }), /65/);
  assert.throws(open({ sampleRate: 48000, channels: 0 }), /0/);
  assert.throws(open({ sampleRate: 48000, attenuationLimit: NaN }), Error);
});

test('a closed node keeps no memory', async () => {
  let Processor;
  Object.assign(globalThis, {
    AudioWorkletProcessor: class { port = { postMessage() {} }; },
    registerProcessor: (name, it) => { Processor = it; },
    sampleRate: 48000,
  });
  await import('../../examples/web/limpid-processor.js');
  const processor = new Processor({ processorOptions: { module, channels: 1, attenuationLimit: 0, voicePeriod: 0 } });
  const run = () => processor.process([[]], [[new Float32Array(128)]], { bypass: [0], attenuationLimit: [0] });
  assert.equal(run(), true);
  const enhancer = new WeakRef(processor.limpid);
  processor.port.onmessage({ data: 'close' });
  await setImmediate(); // a reference that was just made is held until then
  v8.setFlagsFromString('--expose-gc');
  vm.runInNewContext('gc')();
  assert.equal(enhancer.deref(), undefined);
  assert.equal(run(), false);
});
