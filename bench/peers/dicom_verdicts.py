"""CPU time from a file's header to its verdict: `dicom_verdicts.py ROUNDS FILE...` prints microseconds a file."""

import sys
import time

from dicom_header import compare, read


def main():
    rounds, files = int(sys.argv[1]), sys.argv[2:]
    # Once for what is imported or filled on first use only.
    templates = {path: read(path) for path in files}
    started = time.thread_time()
    for _ in range(rounds):
        for path in files:
            if compare(templates[path], read(path)):
                sys.exit(f"{path} differs from itself")
    print((time.thread_time() - started) * 1e6 / (rounds * len(files)))


main()
