"""Where a worker gets its batches from. The batch of a step depends on the seed and the step alone, so a resumed run
reads on exactly where it stopped, whoever does the mixing."""
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset


class Steps(Dataset):
    """Batch `index` is that of step `first + index`."""

    def __init__(self, mixer, seed, size, first):
        self.mixer, self.seed, self.size, self.first = mixer, seed, size, first

    def __len__(self):
        return 2 ** 31

    def __getitem__(self, index):
        generator = np.random.default_rng((self.seed, self.first + index))
        return tuple(torch.as_tensor(part) for part in self.mixer.batch(generator, self.size))


class MixHere:
    """Mixes in the calling process, any step in any order."""

    def __init__(self, mixer, options):
        self.steps = Steps(mixer, options["seed"], options["batch"], 0)

    def batch(self, step):
        return self.steps[step]


class MixAhead:
    """Mixes in `processes` other processes, several batches ahead of the device, so that it never waits for the CPU."""

    def __init__(self, mixer, options, first, processes):
        loader = DataLoader(Steps(mixer, options["seed"], options["batch"], first), batch_size=None, num_workers=processes,
                            prefetch_factor=4, pin_memory=torch.cuda.is_available())
        self.next, self.batches = first, iter(loader)

    def batch(self, step):
        if step != self.next:
            raise ValueError(f"step {step} asked for where {self.next} is next")
        self.next += 1
        return next(self.batches)
