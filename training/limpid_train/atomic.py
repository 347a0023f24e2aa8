"""Files that are whole whenever they are there, and folders that one process at a time fills."""
import contextlib
import fcntl
import os
from pathlib import Path


@contextlib.contextmanager
def written_beside(path):
    """A path beside this one to write to, which then takes its place: after a kill the old file is there or the new one."""
    path = Path(path)
    temporary = path.with_name(path.name + ".part")
    yield temporary
    os.replace(temporary, path)


@contextlib.contextmanager
def alone_in(folder):
    """Whoever comes later waits until the first one has left or is dead. Processes that the first one starts do not hold it."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "wb") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        yield
