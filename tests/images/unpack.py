"""Unpacks the images of the source distributions in one folder, and says what Pillow finds in them: `unpack.py SOURCES OUT`.

OUT/images holds the files, flat, and OUT/pillow.json one entry for each: size and orientation as Pillow has them, or `null`
when it does not open or load the file. Bounded in files and bytes; nothing is written outside OUT.
"""

import json
import pathlib
import shutil
import sys
import tarfile
import warnings

from PIL import Image

ENDINGS = {".tif", ".tiff", ".jpg", ".jpeg", ".png", ".bmp", ".webp", ".gif", ".jp2", ".dng"}
MOST_FILES = 2_000
MOST_BYTES = 200_000_000


def unpack(source, out):
    with tarfile.open(source) as archive:
        members = [member for member in archive if member.isfile() and pathlib.Path(member.name).suffix.lower() in ENDINGS]
        if len(members) > MOST_FILES or sum(member.size for member in members) > MOST_BYTES:
            sys.exit(f"{source.name}: not the package that was meant")
        for member in members:
            name = "__".join(pathlib.PurePosixPath(member.name).parts[1:])
            (out / name).write_bytes(archive.extractfile(member).read())


def described(path):
    try:
        with Image.open(path) as image:
            size, kind = list(image.size), image.format
            # Once its pixels are loaded, a TIFF file is turned, and the tag gone; its size is told turned from the start.
            exif = image.getexif()
            if kind == "TIFF" and exif.get(274, 1) > 4:
                size.reverse()
            orientation = exif.get(274)
            image.load()
            length = exif.get_ifd(0x8769).get(0x920A, exif.get(0x920A))
            length = float(length) if length else None
            return {"size": size, "format": kind, "orientation": orientation, "focal_length": length}
    except Exception:
        return None


def main():
    sources, out = map(pathlib.Path, sys.argv[1:])
    images = out / "images"
    shutil.rmtree(images, ignore_errors=True)
    images.mkdir(parents=True)
    for source in sorted(sources.glob("*.tar.gz")):
        unpack(source, images)
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = 100_000_000
    found = {path.name: described(path) for path in sorted(images.iterdir())}
    (out / "pillow.json").write_text(json.dumps(found, indent=1, default=str))
    print(f"{len(found)} images, {sum(one is not None for one in found.values())} of which Pillow reads")


main()
