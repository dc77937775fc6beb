"""Patterns that the benchmark makes files from: `dicom_patterns.py REAL OUT` writes OUT/full.dcm and OUT/tiny.dcm.

REAL is a Siemens file. Its header stays, but for persons and for the numbers that tell series and files apart: where those
go, the patterns hold nine digits that occur nowhere else (`SERIES` and `FILE`), which the benchmark writes over. `full`
has pixel data up to 200 kB in all; `tiny` has what is compared and 32 bytes of pixel data, and no Siemens headers.
"""

import pathlib
import sys

import pydicom
from dicom_header import TAGS
from pydicom.dataset import Dataset

SERIES, FILE = "777000001", "888000001"
SIZE = 200_000


def mark(header):
    """Puts the digits in, and takes out who was in the scanner."""
    header.PatientName, header.PatientID, header.PatientBirthDate = "BENCH^PATIENT", "BENCH", ""
    header.StationName, header.StudyDescription = "BENCH", "bench"
    header.SeriesInstanceUID = f"1.2.826.0.1.3680043.10.{SERIES}"
    header.SOPInstanceUID = header.file_meta.MediaStorageSOPInstanceUID = f"1.2.826.0.1.3680043.10.{SERIES}.{FILE}"
    header.add_new((0x0020, 0x0011), "IS", SERIES)
    header.SeriesDescription = "bench"


def write(header, pixels, path):
    header.add_new((0x7FE0, 0x0010), "OW", bytes(pixels))
    header.save_as(path, enforce_file_format=True)
    written = path.read_bytes()
    # Meta header, SOP instance, series instance, series number; meta header and SOP instance.
    if (written.count(SERIES.encode()), written.count(FILE.encode())) != (4, 2):
        sys.exit(f"the digits of the pattern occur elsewhere in {path}")
    return len(written)


def main():
    real, out = map(pathlib.Path, sys.argv[1:])
    full = pydicom.dcmread(real, stop_before_pixels=True)
    mark(full)
    path = out / "full.dcm"
    overhead = write(full, 0, path)
    write(full, SIZE - overhead, path)

    tiny = Dataset()
    tiny.file_meta = full.file_meta
    uids = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
    for element in full:
        if element.keyword in uids or element.tag in TAGS.values() and element.tag.group % 2 == 0:
            tiny[element.tag] = element
    write(tiny, 32, out / "tiny.dcm")


main()
