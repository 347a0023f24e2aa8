"""Where a worker gets its batches from. The batch of a step depends on the seed and the step alone, so a resumed run
reads on exactly where it stopped, whoever does the mixing."""
import shutil

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset


AHEAD = 3  # batches of each process


class Steps(Dataset):
    """Batch `index` is that of step `first + index`."""

    def __init__(self, mixer, seed, size, first):
        self.mixer, self.seed, self.size, self.first = mixer, seed, size, first

    def __len__(self):
        return 2 ** 31

    def __getitem__(self, index):
        generator = np.random.default_rng((self.seed, self.first + index))
        return self.mixer.batch(generator, self.size)


class MixHere:
    """Mixes in the calling process, any step in any order."""

    def __init__(self, mixer, options):
        self.steps = Steps(mixer, options["seed"], options["batch"], 0)

    def example(self):
        """Any batch: what has the shape of all."""
        return self.batch(0)

    def batch(self, step):
        return tensors(self.steps[step])


def tensors(batch):
    return tuple(torch.as_tensor(part) for part in batch)


def as_it_is(batch):
    """Arrays that stay arrays go through a pipe, tensors through shared memory."""
    return batch


def shared_memory_holds(size):
    """Whether so many bytes fit into /dev/shm, which containers often make too small."""
    try:
        return shutil.disk_usage("/dev/shm").free > size
    except OSError:
        return True                                                         # a system that has it elsewhere


class MixAhead:
    """Mixes in `processes` other processes, several batches ahead of the device, so that it never waits for the CPU."""

    def __init__(self, mixer, options, first, processes):
        steps = Steps(mixer, options["seed"], options["batch"], first)
        self.first = steps[0]
        waiting = sum(part.nbytes for part in self.first) * processes * (AHEAD + 1)
        loader = DataLoader(steps, batch_size=None, num_workers=processes, prefetch_factor=AHEAD,
                            pin_memory=torch.cuda.is_available(),
                            collate_fn=None if shared_memory_holds(2 * waiting) else as_it_is)
        self.next, self.batches = first, iter(loader)

    def example(self):
        """Any batch: what has the shape of all."""
        return tensors(self.first)

    def batch(self, step):
        if step != self.next:
            raise ValueError(f"step {step} asked for where {self.next} is next")
        self.next += 1
        return tensors(next(self.batches))
