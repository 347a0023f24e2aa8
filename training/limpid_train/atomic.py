"""Files that are whole whenever they are there."""
import contextlib
import os
from pathlib import Path


@contextlib.contextmanager
def written_beside(path):
    """A path beside this one to write to, which then takes its place: after a kill the old file is there or the new one."""
    path = Path(path)
    temporary = path.with_name(path.name + ".part")
    yield temporary
    os.replace(temporary, path)
