#!/usr/bin/env bash
# Makes a noisy recording on the spot: make_noisy.sh OUT.wav
# A LibriVox reader (public domain, from Debian's pocketsphinx-testdata) in an office: real
# keystrokes (bucklespring-data, GPL-2+) and a synthesised ventilation, 5 dB below the voice.
set -euo pipefail

out=${1:?usage: make_noisy.sh OUT.wav}
snr=5  # dB
"$(dirname "$0")/../../cmake/install_packages.sh" demo

speech=/usr/share/pocketsphinx/test/data/librivox
keys=/usr/share/buckle/wav
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SOX_OPTS='-R -V1'  # the same noise every time, no chatter

for part in 0870 0890 0930; do
  sox "$speech"/sense_and_sensibility_01_austen_64kb-$part.wav -r 16000 -c 1 -e float -b 32 \
    "$work/$part.wav" pad 0.4 0.4
done
sox "$work"/0*.wav "$work/voice.wav"
seconds=$(soxi -D "$work/voice.wav")

# A fan: pink noise without its highs, breathing slowly, and the hum of its motor.
sox -n -r 16000 -c 1 -e float -b 32 "$work/air.wav" synth "$seconds" pinknoise lowpass 2500 tremolo 0.3 30
sox -n -r 16000 -c 1 -e float -b 32 "$work/hum.wav" synth "$seconds" sine 118 synth "$seconds" sine amod 0.7 70 vol 0.02
# Typing: letters in the order of a sentence about nothing in particular.
letters=(14 23 12 39 10 16 17 2e 25 39 30 13 18 11 31 39 21 18 2d 39 24 16 32 19 1f 39 18 2f 12 13)
strokes=()
while [ ${#strokes[@]} -lt 90 ]; do for key in "${letters[@]}"; do strokes+=("$keys/$key-1.wav" "$keys/$key-0.wav"); done; done
sox "${strokes[@]}" -r 16000 -c 1 -e float -b 32 "$work/typing.wav" trim 0 "$seconds"
sox -m -v 1 "$work/air.wav" -v 1 "$work/hum.wav" -v 1.5 "$work/typing.wav" "$work/noise.wav" trim 0 "$seconds"

rms() { sox "$1" -n stat 2>&1 | awk '/RMS.*amplitude/ {print $3}'; }
gain=$(awk -v s="$(rms "$work/voice.wav")" -v n="$(rms "$work/noise.wav")" -v snr="$snr" \
  'BEGIN {print s / n * 10 ^ (-snr / 20)}')
mkdir -p "$(dirname "$out")"
sox -m -v 1 "$work/voice.wav" -v "$gain" "$work/noise.wav" -b 16 -e signed "$out" norm -3
echo "$out: ${seconds%.*} s of speech in an office, $snr dB above its noise" >&2
