"""Processes that take turns, and none that waits for another which has ended."""
import os

WAIT = 0.5  # seconds between two looks at whoever is waited for


class Turns:
    """The lock of a process and of others that it starts. The others end with the first, however it ends; when one of them
    fails, even while it holds the lock, the first one raises an error at its next turn."""

    def __init__(self, context):
        self.lock, self.first, self.others = context.Lock(), os.getpid(), []

    def start(self, processes):
        for process in processes:
            process.start()
        self.others = processes

    def __enter__(self):
        self.check()
        while not self.lock.acquire(timeout=WAIT):
            self.check()

    def __exit__(self, *_):
        self.lock.release()

    def check(self):
        """Raises where a process that belongs to this one has ended too early."""
        if os.getpid() != self.first and os.getppid() != self.first:
            raise SystemExit("the process that started this one has ended")
        for process in self.others:
            if process.exitcode:
                raise RuntimeError(f"{process.name} of this run has failed, exit code {process.exitcode}")

    def finish(self):
        """Waits for the others to have done their work."""
        for process in self.others:
            while process.is_alive():
                process.join(WAIT)
                self.check()
        self.check()
