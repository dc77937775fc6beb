"""What pydicom reads of real files and of damaged copies of them: `expect.py FOLDER OUT` writes one JSON object a line.

    {"file": path below FOLDER, "length": bytes of it that count, "kind": of damage, "edits": [[offset, removed, "hex"], ...],
     "meta": whether a transfer syntax was found, "values": {parameter: [representation, value], ...}}

FOLDER holds what unpack.py made. `edits` are done one after the other on the first `length` bytes of the file (unpacked when
it is a .gz). `values` is missing where pydicom did not read the data set to its end: it raised, or bytes were missing.
A parameter is missing where the element is; its value is null when it is empty, a number, a text, or a list of numbers. Where
pydicom could not make sense of a value, or had to replace characters, there is no value beside the representation. A third
word, "twice", says that the element was there more than once; pydicom takes the last.

The same in every run: numbers come from splitmix64. Takes some 30 seconds.
"""

import gzip
import io
import json
import logging
import math
import pathlib
import struct
import sys
import warnings

import pydicom
from pydicom.multival import MultiValue
from pydicom.valuerep import PersonName

NUMBERS = {
    "SeriesNumber": 0x00200011,
    "TR": 0x00180080,
    "TE": 0x00180081,
    "Matrix": 0x00181310,
    "PixelResol": 0x00280030,
    "BWP": 0x00180095,
    "FA": 0x00181314,
}
TEXTS = {
    "AcqTime": 0x00080032,
    "AcqDate": 0x00080022,
    "SubID": 0x00100010,
    "Comments": 0x00204000,
    "Operator": 0x00081070,
    "Station": 0x00081010,
    "Project": 0x00081030,
    "SequenceName": 0x0008103E,
    "SequenceType": 0x00180024,
    "PED_major": 0x00181312,
}
# One for every road through a reader; the number of copies of each. What is wrong with a deflated stream pydicom does not
# tell, so that there is no damaged copy of one.
FILES = {
    "nibabel/nibabel/nicom/tests/data/siemens_dwi_1000.dcm.gz": 600,
    "nibabel/nibabel/nicom/tests/data/philips_mprage.dcm.gz": 120,
    "heudiconv/**/b0dwi_for_fmap+00003.dcm": 160,
    "heudiconv/**/MRI_102TD_PHA_S.MR.Chen_Matthews_1.3.1.2022.11.16.15.50.20.357.31204541.dcm": 120,
    "mrqa/**/sub-0000_36.dcm": 600,
    "pydicom/**/MR_small.dcm": 800,
    "pydicom/**/MR_small_implicit.dcm": 600,
    "pydicom/**/MR_small_bigendian.dcm": 600,
    "pydicom/**/MR_small_RLE.dcm": 200,
    "pydicom/**/ExplVR_BigEndNoMeta.dcm": 200,
    "pydicom/**/ExplVR_LitEndNoMeta.dcm": 200,
    "pydicom/**/image_dfl.dcm": 1,
    "pydicom/**/UN_sequence.dcm": 200,
    "pydicom/**/nested_priv_SQ.dcm": 200,
    "pydicom/**/chrH31.dcm": 200,
    "pydicom/**/chrH32.dcm": 200,
    "pydicom/**/chrX1.dcm": 200,
    "pydicom/**/chrI2.dcm": 200,
}
MOST = 700_000
# Bytes of the pixel data that stay.
PIXELS = 64
ODD_VRS = [b"  ", b"\0\0", b"lo", b"ds", b"ZZ", b"??", b"UN", b"OB", b"LT", b"DS", b"US", b"SQ", b"UT"]
ODD_VALUES = [b"2000,5", b"30 ms", b"1\\2", b"inf", b"nan", b"", b"1e3", b" 7 ", b"-0", b"\\", b"\0", b"\xe9\xff", b"\x1b$B"]
CHARSETS = [
    b"ISO_IR 100",
    b"ISO_IR 192",
    b"ISO 2022 IR 6\\ISO 2022 IR 87",
    b"\\ISO 2022 IR 149",
    b"\\ISO 2022 IR 159",
    b"GB18030",
    b"GBK",
    b"UTF-8",
    b"ISO-8859-1",
    b"ISO_IR 144",
    b"ISO IR 101",
    b"ISO_IR 13",
    b"nothing",
    b"",
]


class Dice:
    def __init__(self, seed):
        self.state = seed

    def below(self, end):
        mask = (1 << 64) - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        mixed = self.state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & mask
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & mask
        return (mixed ^ (mixed >> 31)) % end

    def of(self, choices):
        return choices[self.below(len(choices))]


class Watched(io.BytesIO):
    """Knows whether somebody asked for more than there was."""

    short = False

    def read(self, size=-1):
        data = super().read(size)
        if size is not None and 0 < len(data) < size:
            self.short = True
        return data


def elements(data):
    """The elements at the top of the data set: where each begins, where its value does, where it ends, and whether it has a
    representation. Empty when they do not lie in the file as they are."""
    found = []
    try:
        dataset = pydicom.dcmread(io.BytesIO(data), stop_before_pixels=True, force=True)
        if dataset.file_meta.get("TransferSyntaxUID", "") == "1.2.840.10008.1.2.1.99":
            return []
        for tag in dataset.keys():
            raw = dataset.get_item(tag)
            if isinstance(raw, pydicom.dataelem.RawDataElement) and raw.length != 0xFFFFFFFF:
                long = raw.VR in ("OB", "OW", "OF", "OD", "OL", "OV", "SQ", "UC", "UN", "UR", "UT", "SV", "UV")
                head = 8 if raw.is_implicit_VR or not long else 12
                place = (raw.value_tell - head, raw.value_tell, raw.value_tell + raw.length, not raw.is_implicit_VR)
                found.append((place, raw.is_little_endian))
    except Exception:
        return []
    return found


def damage(dice, data, places):
    """A kind and its edits."""
    kinds = ["flip", "flips", "bytes", "removed", "inserted", "cut"]
    if places:
        kinds += ["vr", "vr", "vr", "length", "length", "value", "value", "value", "gone", "twice", "charset", "padding"]
        kinds += ["delimiter", "sequence", "odd"]
    kind = dice.of(kinds)
    size = len(data)
    # Most of what is read stands at the beginning.
    near = min(size, dice.of([400, 2000, 6000, size]))
    at = dice.below(near - 4)
    if kind == "flip":
        return kind, [[at, 1, bytes([data[at] ^ (1 << dice.below(8))]).hex()]]
    if kind == "flips":
        spots = sorted({dice.below(near) for _ in range(3)})
        return kind, [[spot, 1, bytes([data[spot] ^ (1 << dice.below(8))]).hex()] for spot in spots]
    if kind == "bytes":
        return kind, [[at, 4, dice.of(["ffffffff", "00000000", "feff7f7f", "20202020"])]]
    if kind == "removed":
        return kind, [[at, 1 + dice.below(4), ""]]
    if kind == "inserted":
        return kind, [[at, 0, dice.of(["00", "20", "0000", "ffff", "00000000"])]]
    if kind == "cut":
        return kind, [[at, size - at, ""]]
    (start, value, end, explicit), little = dice.of(places)
    order = "<" if little else ">"
    if kind == "vr":
        return kind, [[start + 4, 2, dice.of(ODD_VRS).hex()]] if explicit else []
    if kind == "length":
        length = end - value
        length = dice.of([0, max(length - 1, 0), length + 1, length + 2, length + 8, length // 2, 0xFFFE, 0xFFFF])
        if value - start == 12:
            return kind, [[start + 8, 4, struct.pack(order + "L", length).hex()]]
        if explicit:
            return kind, [[start + 6, 2, struct.pack(order + "H", length).hex()]]
        return kind, [[start + 4, 4, struct.pack(order + "L", length).hex()]]
    if kind in ("value", "charset", "odd"):
        wanted = {0x00080005} if kind == "charset" else set(NUMBERS.values()) | set(TEXTS.values())
        tags = [struct.unpack(order + "HH", data[place[0] : place[0] + 4]) for place, _ in places]
        chosen = [place for (place, _), tag in zip(places, tags) if (tag[0] << 16 | tag[1]) in wanted]
        if not chosen:
            return kind, []
        start, value, end, explicit = dice.of(chosen)
        new = dice.of(CHARSETS if kind == "charset" else ODD_VALUES)
        if kind == "odd":
            new = data[value:end] + b"x"
        elif len(new) % 2:
            new += b" "
        if value - start == 12:
            return kind, [[start + 8, end - start - 8, (struct.pack(order + "L", len(new)) + new).hex()]]
        if explicit:
            return kind, [[start + 6, end - start - 6, (struct.pack(order + "H", len(new)) + new).hex()]]
        return kind, [[start + 4, end - start - 4, (struct.pack(order + "L", len(new)) + new).hex()]]
    if kind == "gone":
        return kind, [[start, end - start, ""]]
    if kind == "twice":
        return kind, [[end, 0, data[start:end].hex()]]
    if kind == "padding":
        fill = dice.of([b"\0", b"\xff"]) * dice.of([1, 3, 7, 8, 20, 512])
        return kind, [[end, size - end, fill.hex()]]
    if kind == "delimiter":
        return kind, [[start, 0, struct.pack(order + "HHL", 0xFFFE, dice.of([0xE00D, 0xE0DD]), 0).hex()]]
    # A sequence of unknown length in front of an element.
    head = data[start : start + 4]
    name = dice.of([b"SQ", b"UN"]) if explicit else b""
    opened = head + (name + b"\0\0" if explicit else b"") + b"\xff\xff\xff\xff"
    item = struct.pack(order + "HHL", 0xFFFE, 0xE000, dice.of([0xFFFFFFFF, 10 if explicit else 10]))
    inner = struct.pack(order + "HH", 0x0018, 0x0080)
    inner += (b"DS" + struct.pack(order + "H", 2)) if explicit else struct.pack(order + "L", 2)
    inner += b"9 "
    ends = struct.pack(order + "HHL", 0xFFFE, 0xE00D, 0) if item[4:] == b"\xff\xff\xff\xff" else b""
    ends += struct.pack(order + "HHL", 0xFFFE, 0xE0DD, 0)
    return kind, [[start, 0, (opened + item + inner + ends).hex()]]


def apply(data, edits):
    for offset, removed, new in edits:
        data = data[:offset] + bytes.fromhex(new) + data[offset + removed :]
    return data


def read(data, padded=False):
    """The values, or none when the data set was not read to its end; padding may be short of an element."""
    source = Watched(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            dataset = pydicom.dcmread(source, stop_before_pixels=True, force=True)
            raws = [dataset.get_item(tag) for tag in dataset.keys()]
        except Exception:
            return None, False
    meta = "TransferSyntaxUID" in dataset.file_meta
    for raw in raws:
        if isinstance(raw, pydicom.dataelem.RawDataElement) and raw.length != 0xFFFFFFFF and len(raw.value or b"") != raw.length:
            return None, meta
    behind = data[source.tell() : source.tell() + 4]
    if (source.short and not padded) or (behind and behind not in (b"\xe0\x7f\x10\x00", b"\x7f\xe0\x00\x10")):
        return None, meta
    # An element that comes once more is read again and keeps its place in the order.
    tells = [raw.value_tell if isinstance(raw, pydicom.dataelem.RawDataElement) else raw.file_tell for raw in raws]
    later = [min(tells[place:]) for place in range(len(tells))]
    twice = {int(raw.tag) for raw, tell, least in zip(raws, tells, later) if tell > least}
    values = {}
    for names, shape in ((NUMBERS, number), (TEXTS, text)):
        for name, tag in names.items():
            if tag in dataset:
                values[name] = one(dataset, tag, shape)
                if tag in twice:
                    values[name].append("twice")
    # Nothing of interest was found: that is no reading.
    return values or None, meta


def one(dataset, tag, shape):
    raw = dataset.get_item(tag)
    vr = str(raw.VR)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = dataset[tag].value
            shaped = shape(value, raw.value if isinstance(raw.value, bytes) else b"")
        except Exception:
            return [vr]
    replaced = any("decode" in str(warning.message) or "escape" in str(warning.message) for warning in caught)
    return [vr] if replaced or shaped == [] else [vr, shaped]


def plain(text):
    return text.replace("\t", " ").replace("\n", " ")


def number(value, raw):
    if isinstance(value, str):
        value = value.split("\\")
    values = list(value) if isinstance(value, (MultiValue, list)) else [value]
    if value is None or values in ([], [""], [b""], [None]):
        return None
    numbers = []
    for each in values:
        if isinstance(each, bytes):
            each = each.decode("latin-1")
        if isinstance(each, str):
            try:
                each = float(each.strip(" \0").strip())
            except ValueError:
                each = math.nan
        if each is None or isinstance(each, (PersonName, pydicom.Dataset)) or not math.isfinite(float(each)):
            # It keeps its text.
            return plain(raw.decode("latin-1").rstrip(" \0")) if raw else []
        numbers.append(float(each))
    return numbers[0] if len(numbers) == 1 else numbers


def text(value, raw):
    if value is None:
        return ""
    if isinstance(value, (MultiValue, list)):
        if not all(isinstance(each, (str, PersonName)) for each in value):
            return []
        return plain("\\".join(str(each).rstrip(" \0") for each in value))
    if not isinstance(value, (str, PersonName)) or isinstance(value, pydicom.valuerep.DSfloat):
        return []
    return plain(str(value).rstrip(" \0"))


def main():
    folder, out = map(pathlib.Path, sys.argv[1:])
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    dice = Dice(1)
    with open(out, "w", encoding="utf-8") as lines:
        for pattern, copies in FILES.items():
            paths = sorted(folder.glob(pattern))
            if not paths:
                sys.exit(f"no file {pattern} below {folder}")
            data = paths[0].read_bytes()
            data = gzip.decompress(data) if paths[0].suffix == ".gz" else data
            source = io.BytesIO(data)
            dataset = pydicom.dcmread(source, stop_before_pixels=True, force=True)
            deflated = dataset.file_meta.get("TransferSyntaxUID", "") == "1.2.840.10008.1.2.1.99"
            length = min(len(data), MOST if deflated else min(MOST, source.tell() + PIXELS))
            data = data[:length]
            places = elements(data)
            for copy in range(copies):
                kind, edits = damage(dice, data, places) if copy else ("none", [])
                line = {"file": paths[0].relative_to(folder).as_posix(), "length": length, "kind": kind, "edits": edits}
                values, line["meta"] = read(apply(data, edits), kind == "padding")
                if values is not None:
                    line["values"] = values
                print(json.dumps(line, ensure_ascii=False), file=lines)


main()
