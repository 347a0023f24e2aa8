"""Where recordings are found: git repositories of GitHub and Debian packages, as folders of names that can be read."""
import fnmatch
import subprocess
import zipfile
from pathlib import Path


class Repository:
    """The files of a repository's newest commit; no work tree is needed. What a partial copy lacks cannot be read."""

    def __init__(self, folder):
        self.folder = folder

    def names(self):
        listed = subprocess.run(["git", "-C", str(self.folder), "ls-tree", "-r", "-z", "--name-only", "--full-tree", "HEAD"],
                                check=True, capture_output=True).stdout
        return [name.decode("utf-8", "surrogateescape") for name in listed.split(b"\0") if name]

    def read(self, name):
        """Bytes of a file, None if it is not there."""
        found = subprocess.run(["git", "-C", str(self.folder), "cat-file", "blob", f"HEAD:{name}"], capture_output=True)
        return found.stdout if found.returncode == 0 else None


ARCHIVES = (".zip", ".pk3")                               # the latter are what games call the former


class Folder:
    """The files of a folder, and those of its zip archives as ARCHIVE.zip!MEMBER."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def names(self):
        found = []
        for path in sorted(path for path in self.folder.rglob("*") if path.is_file()):
            name = path.relative_to(self.folder).as_posix()
            found.append(name)
            if path.suffix in ARCHIVES:
                with zipfile.ZipFile(path) as archive:
                    found += [f"{name}!{member}" for member in archive.namelist() if not member.endswith("/")]
        return found

    def read(self, name):
        if (self.folder / name).is_file():
            return (self.folder / name).read_bytes()
        archive, _, member = name.partition("!")
        with zipfile.ZipFile(self.folder / archive) as opened:
            return opened.read(member)


def repository(name, clones):
    """OWNER/NAME, as it is in the folder of clones; cloned there if it is not."""
    folder = Path(clones) / name.replace("/", "+")
    if not folder.exists():
        subprocess.run(["git", "clone", "--quiet", "--depth", "1", f"https://github.com/{name}", str(folder)], check=True)
    return Repository(folder)


def package(name, packages):
    """What a Debian package contains, unpacked in the folder of packages; downloaded there by apt if it is not."""
    packages = Path(packages)
    unpacked = packages / name
    if not unpacked.exists():
        packages.mkdir(parents=True, exist_ok=True)
        if not list(packages.glob(f"{name}_*.deb")):
            subprocess.run(["apt-get", "--quiet=2", "download", name], check=True, cwd=packages)
        part = packages / f"{name}.part"
        subprocess.run(["dpkg-deb", "--extract", str(next(packages.glob(f"{name}_*.deb"))), str(part)], check=True)
        part.rename(unpacked)
    return Folder(unpacked)


def chosen(names, wanted, but=()):
    """Names that match one of the patterns and none of the others; `*` goes on beyond slashes."""
    found = {name for pattern in wanted for name in fnmatch.filter(names, pattern)}
    return sorted(found - {name for pattern in but for name in fnmatch.filter(found, pattern)})
