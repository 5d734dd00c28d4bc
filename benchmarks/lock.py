"""Write requirements.lock from pip's report on standard input, as `make lock` does.

Each package has the SHA-256 of the one file that pip installs on Linux x86-64 with CPython 3.11.
torch, with the CUDA libraries that it brings, is left out: which build is right depends on the
machine. Its version is in constraints.txt.
"""

import json
import re
import sys

_TORCH = re.compile(r"torch|triton|nvidia-|cuda-")
_HEAD = """\
# Made by `make lock`: every package that the tests use but torch, each with the SHA-256 of its file
# for Linux x86-64 and CPython 3.11. There, `make` installs exactly these files.
"""


def main() -> None:
    """Print the lock file."""
    lines = []
    for item in json.load(sys.stdin)["install"]:
        name = re.sub(r"[-_.]+", "-", item["metadata"]["name"]).lower()
        archive = item["download_info"].get("archive_info")  # the project itself has none
        if archive and not _TORCH.match(name):
            digest = archive["hashes"]["sha256"]
            lines.append(f"{name}=={item['metadata']['version']} --hash=sha256:{digest}")
    print(_HEAD + "\n".join(sorted(lines)))


if __name__ == "__main__":
    main()
