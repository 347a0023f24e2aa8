"""The network: an encoder for each modality, compression, projectors, a decoder-only transformer. models/avsr is its twin."""
import math

import torch
from torch.nn import functional as F

from ..attention import attention_map, visible
from .fusion import DELIMITERS, compress_average, compress_stack

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
DEFAULT = {"architecture": "avsr", "sample_rate": 8000, "window": 240, "hop": 80, "bands": 32, "lip_size": 4, "lip_frames": 4,
           "encoder": 64, "lip_encoder": 32, "kernel": 5, "compression": "average", "rate": 4, "projector": 64, "width": 64,
           "layers": 3, "heads": 4, "hidden": 192, "attention": "softmax", "gate": False, "window_tokens": 512,
           "sigmoid_window": 64, "words": list(DIGITS)}


def video_rate(audio_rate, lip_frames):
    """Video is thinned so that its tokens last as long as audio's, as far as it can be."""
    return max(1, audio_rate // lip_frames)


class Encoder(torch.nn.Module):
    """Two convolutions along time, as long as their input, with ReLU."""

    def __init__(self, inputs, width, kernel):
        super().__init__()
        self.first = torch.nn.Conv1d(inputs, width, kernel, padding=kernel // 2)
        self.second = torch.nn.Conv1d(width, width, kernel, padding=kernel // 2)

    def forward(self, x):
        return F.relu(self.second(F.relu(self.first(x.transpose(1, 2))))).transpose(1, 2)


class Projector(torch.nn.Sequential):
    def __init__(self, inputs, hidden, width):
        super().__init__(torch.nn.Linear(inputs, hidden), torch.nn.ReLU(), torch.nn.Linear(hidden, width),
                         torch.nn.LayerNorm(width))


class Layer(torch.nn.Module):
    """x += attention(norm x), x += mlp(norm x)."""

    def __init__(self, config):
        super().__init__()
        width, self.heads = config["width"], config["heads"]
        self.config = config
        self.norm1, self.norm2 = torch.nn.LayerNorm(width), torch.nn.LayerNorm(width)
        self.qkv = torch.nn.Linear(width, 3 * width, bias=False)
        self.out = torch.nn.Linear(width, width, bias=False)
        if config["gate"]:
            self.gate = torch.nn.Linear(width, self.heads)
        if config["attention"] == "sink_logit":
            self.sink = torch.nn.Parameter(torch.full((self.heads,), math.log(config["sigmoid_window"])))
        self.up, self.down = torch.nn.Linear(width, config["hidden"]), torch.nn.Linear(config["hidden"], width)

    def forward(self, x, maps=None):
        batch, length, width = x.shape
        u = self.norm1(x)
        q, k, v = self.qkv(u).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        sink = self.sink[:, None] if hasattr(self, "sink") else None
        seen = visible(length, window=self.config["window_tokens"])
        a = attention_map(q, k, self.config["attention"], seen, torch.arange(length), sink=sink,
                          window=self.config["sigmoid_window"])
        y = a @ v
        if self.config["gate"]:
            y = y * torch.sigmoid(self.gate(u)).transpose(1, 2)[..., None]
        if maps is not None:
            maps.append(a)
        x = x + self.out(y.transpose(1, 2).reshape(batch, length, width))
        return x + self.down(F.relu(self.up(self.norm2(x))))


class Avsr(torch.nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        stacked = config["rate"] if config["compression"] == "stack" else 1
        lips_stacked = video_rate(config["rate"], config["lip_frames"]) if config["compression"] == "stack" else 1
        self.audio = Encoder(config["bands"], config["encoder"], config["kernel"])
        self.video = Encoder(config["lip_size"], config["lip_encoder"], config["kernel"])
        self.audio_projector = Projector(stacked * config["encoder"], config["projector"], config["width"])
        self.video_projector = Projector(lips_stacked * config["lip_encoder"], config["projector"], config["width"])
        self.special = torch.nn.Parameter(torch.randn(len(DELIMITERS), config["width"]))
        self.words = torch.nn.Parameter(torch.randn(len(config["words"]), config["width"]))
        self.layers = torch.nn.ModuleList([Layer(config) for _ in range(config["layers"])])
        self.norm = torch.nn.LayerNorm(config["width"])
        self.head = torch.nn.Linear(config["width"], len(config["words"]) + 1)  # the words, then the end

    def prompt(self, audio=None, lips=None, rate=None):
        """Embeddings [B, m, width] of [BOS]<audio>...</audio><video>...</video><transcribe>.
        audio [B, T, bands], lips [B, T', lip_size], either may be None; rate: audio frames in a token. A modality that is too
        short for a token has no delimiters either (fusion.recognition_layout)."""
        rate = self.config["rate"] if rate is None else rate
        compress = compress_stack if self.config["compression"] == "stack" else compress_average
        batch = (audio if audio is not None else lips).shape[0]
        special = self.special[None].expand(batch, -1, -1)
        parts = [special[:, :1]]
        if audio is not None and audio.shape[1] >= rate:
            parts += [special[:, 1:2], self.audio_projector(compress(self.audio(audio), rate)), special[:, 2:3]]
        thin = video_rate(rate, self.config["lip_frames"])
        if lips is not None and lips.shape[1] >= thin:
            parts += [special[:, 3:4], self.video_projector(compress(self.video(lips), thin)), special[:, 4:5]]
        return torch.cat(parts + [special[:, 5:6]], 1)

    def decode(self, x, maps=None):
        """[B, T, width] to logits [B, T, words + 1] and the hidden states, embeddings first."""
        hidden = [x]
        for layer in self.layers:
            x = layer(x, maps)
            hidden.append(x)
        return self.head(self.norm(x)), hidden

    def forward(self, words, audio=None, lips=None, rate=None):
        """Teacher forcing. words [B, n] of indices. Returns logits [B, n + 1, words + 1] that predict words and the end, the
        hidden states and the length m of the prompt."""
        prompt = self.prompt(audio, lips, rate)
        logits, hidden = self.decode(torch.cat([prompt, self.words[words]], 1))
        return logits[:, prompt.shape[1] - 1:], hidden, prompt.shape[1]

    @torch.no_grad()
    def transcribe(self, audio=None, lips=None, rate=None, most=16):
        """Greedy: a list of word indices for each utterance."""
        end = len(self.config["words"])
        x = self.prompt(audio, lips, rate)
        found = torch.full((x.shape[0], most), end)
        going = torch.ones(x.shape[0], dtype=torch.bool)
        for n in range(most):
            best = self.decode(x)[0][:, -1].argmax(-1)
            going &= best != end
            if not going.any():
                break
            found[going, n] = best[going]
            x = torch.cat([x, self.words[best.clamp(max=end - 1)][:, None]], 1)
        return [[w for w in row.tolist() if w != end] for row in found]
