"""Header to verdict with the libraries of the field: pydicom's reader without pixel data, nibabel's CSA reader.

Used by `dicom_watch.py` and `dicom_verdicts.py`. It reads the 24 parameters and compares as many as Tieline does, and no
faster way was left out on purpose: one read of the file, one pass over each CSA header.
"""

import math
import re

import pydicom
from nibabel.nicom import csareader

TAGS = {
    "AcqTime": (0x0008, 0x0032), "AcqDate": (0x0008, 0x0022), "SeriesNumber": (0x0020, 0x0011),
    "SubID": (0x0010, 0x0010), "Comments": (0x0020, 0x4000), "Operator": (0x0008, 0x1070),
    "Station": (0x0008, 0x1010), "Project": (0x0008, 0x1030), "SequenceName": (0x0008, 0x103E),
    "SequenceType": (0x0018, 0x0024), "PED_major": (0x0018, 0x1312), "TR": (0x0018, 0x0080), "TE": (0x0018, 0x0081),
    "Matrix": (0x0018, 0x1310), "PixelResol": (0x0028, 0x0030), "BWP": (0x0018, 0x0095), "BWPPE": (0x0019, 0x1028),
    "FA": (0x0018, 0x1314), "TA": (0x0051, 0x100A), "FoV": (0x0051, 0x100C),
}
COMPARED = (
    "Project", "SequenceName", "iPAT", "Comments", "SequenceType", "PED_major", "Phase", "TR", "TE", "Matrix",
    "PixelResol", "BWP", "BWPPE", "FA", "TA", "FoV", "SequenceFile",
)
MAY_BE_ABSENT = ("FoV", "TA", "BWPPE")
SHIMS = re.compile(
    r"^(?:sAdjData\.uiAdjShimMode|sGRADSPEC\.(?:asGPAData\[0\]\.)?lOffset[XYZ]|sGRADSPEC\.alShimCurrent\[[0-4]\]"
    r"|sTXSPEC\.asNucleusInfo\[0\]\.lFrequency)\s*=\s*(\S+)",
    re.MULTILINE,
)
SEQUENCE_FILE = re.compile(r'^tSequenceFileName\s*=\s*"+([^"]*)"+', re.MULTILINE)


def read(path):
    """The parameters of a file by their names; `null` for what it does not have."""
    header = pydicom.dcmread(path, stop_before_pixels=True)
    read = {"Phase": "null", "iPAT": "null"}
    if image := csareader.get_csa_header(header, "image"):
        read["Phase"] = first(image, "PhaseEncodingDirectionPositive")
        read["iPAT"] = first(image, "ImaPATModeText")
    for name, tag in TAGS.items():
        element = header.get(tag)
        read[name] = "null" if element is None else plain(element.value)
    read["Shims"] = read["SequenceFile"] = "null"
    if series := csareader.get_csa_header(header, "series"):
        protocol = str(first(series, "MrPhoenixProtocol"))
        read["Shims"] = ",".join(SHIMS.findall(protocol)) or "null"
        if found := SEQUENCE_FILE.search(protocol):
            read["SequenceFile"] = found[1].replace("\\", "/")
    return read


def first(csa, name):
    items = csa["tags"].get(name, {}).get("items", [])
    return items[0] if items else "null"


def plain(value):
    """What JSON can hold of a value."""
    if isinstance(value, (list, pydicom.multival.MultiValue)):
        return [plain(one) for one in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, int):
        return int(value)
    return value if value is None else str(value)


def compare(template, parameters):
    """What differs: an empty dictionary when all conforms."""
    errors = {}
    for name in COMPARED:
        expect, have = str(template.get(name, "null")), str(parameters[name])
        if have != expect and not (name in MAY_BE_ABSENT and "null" in (have, expect)):
            errors[name] = {"expect": expect, "have": parameters[name]}
    return errors
