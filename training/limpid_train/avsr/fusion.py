"""How audio and video become one sequence: fewer frames, and an order. models/avsr/{compress,sequence} are the twins."""
from collections import namedtuple

import torch

# One token: what it is, and the frames [begin, end) of its modality that it was made of.
Token = namedtuple("Token", "kind begin end")
DELIMITERS = ("<bos>", "<audio>", "</audio>", "<video>", "</video>", "<transcribe>")


def compress_average(x, rate):
    """[B, T, D] to [B, T // rate, D]: means of `rate` frames; an incomplete last group is dropped."""
    count = x.shape[1] // rate
    return x[:, : count * rate].unflatten(1, (count, rate)).mean(2)


def compress_stack(x, rate):
    """[B, T, D] to [B, T // rate, rate * D]: `rate` frames side by side, the first one first."""
    count = x.shape[1] // rate
    return x[:, : count * rate].unflatten(1, (count, rate)).flatten(2)


def recognition_layout(audio_frames, video_frames, audio_rate, video_rate):
    """Tokens of [BOS]<audio>A</audio><video>V</video><transcribe>; a modality without tokens has no delimiters either."""
    tokens = [Token("<bos>", 0, 0)]
    for name, frames, rate in (("audio", audio_frames, audio_rate), ("video", video_frames, video_rate)):
        count = frames // rate
        if count:
            tokens.append(Token(f"<{name}>", 0, 0))
            tokens += [Token(name, rate * i, rate * (i + 1)) for i in range(count)]
            tokens.append(Token(f"</{name}>", 0, 0))
    return tokens + [Token("<transcribe>", 0, 0)]


def interleaved_layout(audio_frames, per_video=4):
    """Tokens of a stream in the order in which they can be known: a video frame ends with the last of `per_video` audio
    frames and comes right after it. So a causal network over this order is causal in time, block by block; the order of
    `recognition_layout` is not."""
    tokens = [Token("<bos>", 0, 0)]
    for t in range(audio_frames):
        tokens.append(Token("audio", t, t + 1))
        if (t + 1) % per_video == 0:
            tokens.append(Token("video", t // per_video, t // per_video + 1))
    return tokens


class StreamingCompressor:
    """Frame by frame: push(frame [D]) gives the compressed frame when `rate` of them are there, else None."""

    def __init__(self, rate, stack):
        self.rate, self.stack, self.kept = rate, stack, []

    def push(self, frame):
        self.kept.append(frame)
        if len(self.kept) < self.rate:
            return None
        group, self.kept = torch.stack(self.kept)[None], []
        return (compress_stack if self.stack else compress_average)(group, self.rate)[0, 0]
