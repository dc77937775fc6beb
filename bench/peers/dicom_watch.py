"""New DICOM files of a folder to browsers, the way such scripts are usually written: inotify, pydicom, websockets.

One loop does everything. A folder that appears is watched when it is told of; what is in it by then is not looked at.
SCRATCH/watched is the folder, PORT where browsers connect.
"""

import asyncio
import json
import os
import pathlib

from asyncinotify import Inotify, Mask
from dicom_header import compare, read
from websockets.asyncio.server import broadcast, serve

browsers = set()
# Files heard of so far, by series.
series = {}
templates = {}


async def track(socket):
    browsers.add(socket)
    try:
        await socket.wait_closed()
    finally:
        browsers.discard(socket)


def message(path):
    """What a browser is told of a file."""
    parameters = read(path)
    key = (parameters["Station"], parameters["SeriesNumber"], parameters["SequenceName"])
    series[key] = count = series.get(key, -1) + 1
    if count:
        return {"station": key[0], "type": "update", "content": count}
    template = templates.setdefault(key[2], parameters)
    errors = compare(template, parameters)
    content = {"conforms": not errors, "errors": errors, "input": parameters | {"dcm_path": str(path)},
               "template": template}
    return {"station": key[0], "type": "new", "content": content}


async def watch(folder):
    mask = Mask.CLOSE_WRITE | Mask.MOVED_TO | Mask.CREATE | Mask.ONLYDIR
    with Inotify() as inotify:
        inotify.add_watch(folder, mask)
        async for event in inotify:
            # More lenient than most of its kind: what fails is said and passed over.
            try:
                if event.mask & Mask.ISDIR and event.mask & (Mask.CREATE | Mask.MOVED_TO):
                    inotify.add_watch(event.path, mask)
                elif event.mask & (Mask.CLOSE_WRITE | Mask.MOVED_TO):
                    broadcast(browsers, json.dumps(message(event.path)))
            except Exception as error:
                print(f"passed over: {error!r}", flush=True)


async def main():
    async with serve(track, "127.0.0.1", int(os.environ["PORT"])):
        await watch(pathlib.Path(os.environ["SCRATCH"]) / "watched")


asyncio.run(main())
