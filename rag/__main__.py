"""``python -m rag`` and the ``rag`` command."""

import os
import sys

if __name__ == "__main__" and not sys.flags.safe_path:
    # The folder of this package instead of the working directory, whose app.py would hide ours.
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120

from rag.cli import main

if __name__ == "__main__":
    main()
