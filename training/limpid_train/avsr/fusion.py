"""How audio and video become one sequence: fewer frames, and an order. models/avsr/{compress,sequence} are the twins, and have
what only streams need: frame by frame, and the order in which frames come."""
from collections import namedtuple

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
    """Tokens of the prompt (Avsr.prompt), [BOS]<audio>A</audio><video>V</video><transcribe>; a modality without tokens has no delimiters either."""
    tokens = [Token("<bos>", 0, 0)]
    for name, frames, rate in (("audio", audio_frames, audio_rate), ("video", video_frames, video_rate)):
        count = frames // rate
        if count:
            tokens.append(Token(f"<{name}>", 0, 0))
            tokens += [Token(name, rate * i, rate * (i + 1)) for i in range(count)]
            tokens.append(Token(f"</{name}>", 0, 0))
    return tokens + [Token("<transcribe>", 0, 0)]
