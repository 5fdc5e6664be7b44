"""Makes an environment for the other programs, once, and compares ours with them in it.

Without a network or a fitting Python the last line says so: NOT RUN.
"""

import argparse
import pathlib
import shutil
import subprocess
import sys
import venv

HERE = pathlib.Path(__file__).resolve().parent
PYTHON_MIN = (3, 11)


def prepare(folder):
    """The environment's Python; made anew where the requirements are others than last time."""
    python = folder / "bin" / "python"
    wanted = (HERE / "requirements.txt").read_text()
    stamp = folder / "requirements.txt"
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", HERE / "requirements.txt"]
    subprocess.run(pip, check=True)
    stamp.write_text(wanted)
    return python


def not_run(name, reason):
    print(f"NOT RUN: {name}, {reason}")
    print("0 passed, 0 failed")
    return 0


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--environment", required=True, type=pathlib.Path)
    arguments.add_argument("--oracle", required=True, choices=["count", "bank", "share"])
    options, rest = arguments.parse_known_args()
    name = f"oracle {options.oracle}"
    if sys.version_info < PYTHON_MIN:
        return not_run(name, "python3 is older than 3.11")
    try:
        python = prepare(options.environment)
    except (OSError, subprocess.CalledProcessError) as error:
        return not_run(name, f"pip cannot install what requirements.txt names here: {error}")
    return subprocess.run([python, "-B", HERE / f"{options.oracle}.py", *rest]).returncode


if __name__ == "__main__":
    sys.exit(main())
