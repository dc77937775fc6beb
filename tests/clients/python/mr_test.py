"""Verdicts on new DICOM files, heard as browsers do (contract `mr`). TIELINE_DICOM names a folder of real files."""

import asyncio
import json
import os
import pathlib
import socket
import sqlite3
import tempfile
import urllib.error
import urllib.request

from gateway import PATIENCE, Gateway, GatewayTest

PARAMETERS = (
    "Phase iPAT AcqTime AcqDate SeriesNumber SubID Comments Operator Station Project SequenceName SequenceType PED_major "
    "TR TE Matrix PixelResol BWP BWPPE FA TA FoV Shims SequenceFile"
).split()
COMPARED = (
    "Project SequenceName iPAT Comments SequenceType PED_major Phase TR TE Matrix PixelResol BWP BWPPE FA TA FoV "
    "SequenceFile"
).split()

# Two files of one series, and what pydicom and nibabel read in both.
DTI = ("nibabel/nibabel/nicom/tests/data/0.dcm", "nibabel/nibabel/nicom/tests/data/1.dcm")
DTI_INPUT = {
    "Phase": 1, "iPAT": "p2", "AcqTime": "202959.925000", "AcqDate": "20100114", "SeriesNumber": 12,
    "SubID": "dft patient name", "Comments": "null", "Operator": "MC", "Station": "MRC35119",
    "Project": "CBU^Neuroimaging", "SequenceName": "CBU_DTI_64D_1A", "SequenceType": "ep_b0", "PED_major": "COL",
    "TR": 6600.0, "TE": 93.0, "Matrix": [128, 0, 0, 128], "PixelResol": [1.796875, 1.796875], "BWP": 1395.0,
    "BWPPE": 19.055, "FA": 90.0, "TA": "TA 00.04", "FoV": "FoV 1610*1610",
    "Shims": "-7806,-8833,-2097,867,80,-61,-4,-16,123251815,0x2", "SequenceFile": "%SiemensSeq%/ep2d_diff",
}
# A file of another scanner.
SCOUT = "heudiconv/heudiconv/tests/data/phantom.dcm"
SCOUT_STATION = "AWP66112"


def real(name):
    """The bytes of a real file."""
    folder = os.environ.get("TIELINE_DICOM")
    if not folder:
        raise AssertionError("TIELINE_DICOM names no folder: `cargo xtask test dicom` makes one and prints its name")
    return (pathlib.Path(folder) / name).read_bytes()


def another(file, number):
    """The same file as another image: its SOP Instance UID (0008,0018) ends with this number of two digits."""
    at = file.index(b"\x08\x00\x18\x00") + 4
    # Explicit representations have two letters and a length of two bytes, implicit ones a length of four.
    head = at + 2 if file[at:at + 2] == b"UI" else at
    value = head + (2 if head > at else 4)
    end = value + int.from_bytes(file[head:value], "little")
    while file[end - 1:end] == b"\0":
        end -= 1
    return file[:end - 2] + b"%02d" % number + file[end:]


def free_port():
    """A port nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Mr(GatewayTest):
    # Further lines of the section, for a class of tests.
    FURTHER = ""

    async def asyncSetUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="tieline-mr-")))
        self.watched = self.folder / "watched"
        self.watched.mkdir()
        self.arrange()
        await super().asyncSetUp()

    def arrange(self):
        self.http = free_port()
        lines = f'http = "127.0.0.1:{self.http}"\nwatch = [{json.dumps(str(self.watched))}]\n{self.FURTHER}'
        self.SECTIONS = {"mr": lines}

    def put(self, name, content):
        """Writes a file into the watched folder as a scanner does; gives its path."""
        path = self.watched / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return str(path)

    async def get(self, path):
        """Status, type and text of what the site answers."""
        def fetch():
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http}{path}", timeout=PATIENCE) as response:
                return response.status, response.headers.get_content_type(), response.read().decode()

        return await asyncio.to_thread(fetch)

    async def state(self):
        status, kind, text = await self.get("/state")
        self.assertEqual((status, kind), (200, "application/json"))
        return json.loads(text)


class Frames(Mr):
    async def test_the_first_file_of_a_series_is_new_and_the_next_are_updates(self):
        client = await self.client("mr")
        path = self.put("001_000012_000001.dcm", real(DTI[0]))
        frame = await self.next_json(client)
        self.assertEqual(list(frame), ["station", "type", "content"])
        self.assertEqual((frame["station"], frame["type"]), ("MRC35119", "new"))
        content = frame["content"]
        self.assertEqual(list(content)[:5], ["conforms", "errors", "input", "template", "verdict"])
        self.assertEqual(set(content) - {"conforms", "errors", "input", "template", "verdict"}, {"series", "kind", "not_compared", "rules"})
        self.assertEqual((content["series"]["images"], content["series"]["differing"]), (1, 0))
        self.assertEqual((content["conforms"], content["errors"], content["template"]), (True, {}, {}))
        self.assertEqual(content["verdict"], "no_template")
        self.assertEqual(list(content["input"]), [*PARAMETERS, "dcm_path"])
        self.assertEqual(content["input"], DTI_INPUT | {"dcm_path": path})
        for name in ("TR", "TE", "BWP", "BWPPE", "FA"):
            self.assertIsInstance(content["input"][name], float, name)
        for count, name in enumerate(["001_000012_000002.dcm", "MR2", "3.IMA"], start=1):
            self.put(name, another(real(DTI[1]), 10 + count))
            self.assertEqual(await self.next_json(client), {"station": "MRC35119", "type": "update", "content": count})

    async def test_new_folders_and_files_renamed_or_linked_into_place(self):
        client = await self.client("mr")
        linked, renamed = self.folder / "linked.dcm", self.folder / "renamed.dcm"
        linked.write_bytes(another(real(DTI[0]), 11))
        renamed.write_bytes(another(real(DTI[0]), 12))
        self.put("exam/1.dcm", real(DTI[0]))
        self.assertEqual((await self.next_json(client))["type"], "new")
        os.link(linked, self.watched / "exam" / "2.dcm")
        self.assertEqual((await self.next_json(client))["content"], 1)
        renamed.rename(self.watched / "3.dcm")
        self.assertEqual((await self.next_json(client))["content"], 2)

    async def test_other_names_are_left_alone(self):
        client = await self.client("mr")
        for name in ("notes.txt", "MR", "dcm", "x.DCM", "x.ima", "mr1"):
            self.put(name, real(DTI[0]))
        path = self.put("x.dcm", real(SCOUT))
        frame = await self.next_json(client)
        self.assertEqual((frame["station"], frame["content"]["input"]["dcm_path"]), (SCOUT_STATION, path))

    async def test_what_cannot_be_read_is_told_and_watching_goes_on(self):
        client = await self.client("mr")
        contents = {"MR1": b"no DICOM at all " * 100, "empty.dcm": b"", "cut.dcm": real(DTI[0])[:4000]}
        for name, content in contents.items():
            path = self.put(name, content)
            frame = await self.next_json(client)
            self.assertEqual((frame["station"], frame["type"]), (None, "unreadable"), name)
            self.assertEqual((set(frame["content"]), frame["content"]["path"]), ({"path", "reason"}, path))
            self.assertTrue(frame["content"]["reason"], name)
        self.put("whole.dcm", real(DTI[0]))
        self.assertEqual((await self.next_json(client))["type"], "new")

    async def test_one_scanner_only(self):
        everything, scout = await self.client("mr", "/any/path"), await self.client("mr", f"/station/{SCOUT_STATION}")
        self.put("1.dcm", real(DTI[0]))
        self.assertEqual((await self.next_json(everything))["station"], "MRC35119")
        self.put("MR-unreadable", b"no DICOM")
        self.assertEqual((await self.next_json(everything))["type"], "unreadable")
        self.put("2.dcm", real(SCOUT))
        both = [await self.next(client) for client in (everything, scout)]
        self.assertEqual(both[0], both[1])
        self.assertEqual(json.loads(both[1])["station"], SCOUT_STATION)

    async def test_what_a_client_sends_is_ignored(self):
        client = await self.client("mr")
        for message in ("", "hello", '{"type":"new"}', b"\x00\xff", "x" * 1_000_000):
            await client.send(message)
        async with asyncio.timeout(PATIENCE):
            await (await client.ping())
        path = self.put("1.dcm", real(DTI[0]))
        self.assertEqual((await self.next_json(client))["content"]["input"]["dcm_path"], path)

    async def test_many_clients_hear_the_same(self):
        clients = await asyncio.gather(*(self.client("mr") for _ in range(200)))
        self.put("1.dcm", real(DTI[0]))
        self.put("2.dcm", real(DTI[1]))
        first = {await self.next(client) for client in clients}
        second = {await self.next(client) for client in clients}
        self.assertEqual([len(first), [json.loads(text)["content"] for text in second]], [1, [1]])


class Escaping(Mr):
    # As long as the name it takes the place of.
    NAME = "<b>&\"'</b>_64D"

    async def texts(self):
        """Name of the sequence and folder of the file as they arrive."""
        client = await self.client("mr")
        self.put("<i>/1.dcm", real(DTI[0]).replace(b"CBU_DTI_64D_1A", self.NAME.encode()))
        content = (await self.next_json(client))["content"]
        state = await self.state()
        self.assertEqual(state["MRC35119"]["content"], content)
        return content["input"]["SequenceName"], pathlib.PurePath(content["input"]["dcm_path"]).parts[-2:]

    async def test_headers_and_paths_cannot_become_markup(self):
        name, path = await self.texts()
        self.assertEqual(name, "&lt;b&gt;&amp;&quot;&#39;&lt;/b&gt;_64D")
        self.assertEqual(path, ("&lt;i&gt;", "1.dcm"))


class PlainText(Escaping):
    FURTHER = "escape_html = false"

    async def test_headers_and_paths_cannot_become_markup(self):
        """Nor do they for clients that show plain text, who asked for it."""
        self.assertEqual(await self.texts(), (self.NAME, ("<i>", "1.dcm")))


class Site(Mr):
    async def test_state_has_the_last_new_of_each_scanner(self):
        self.assertEqual(await self.state(), {})
        client = await self.client("mr")
        frames = {}
        for name, content in (("1.dcm", DTI[0]), ("2.dcm", SCOUT)):
            self.put(name, real(content))
            frame = await self.next_json(client)
            frames[frame["station"]] = {"station": frame["station"], "content": frame["content"]}
        self.assertEqual(await self.state(), frames)
        self.put("3.dcm", real(DTI[1]))
        self.assertEqual((await self.next_json(client))["type"], "update")
        # The series goes on in it.
        frames["MRC35119"]["content"]["series"]["images"] = 2
        self.assertEqual(await self.state(), frames)

    async def test_the_page_and_the_page_of_one_scanner(self):
        for path in ("/", f"/scanner/{SCOUT_STATION}"):
            status, kind, text = await self.get(path)
            self.assertEqual((status, kind), (200, "text/html"), path)
            self.assertIn("<html", text)


class OwnSite(Mr):
    def arrange(self):
        pages = self.folder / "pages"
        pages.mkdir()
        (pages / "index.html").write_text("<html>ours</html>")
        (pages / "ours.js").write_text("let ours")
        (self.folder / "secret.txt").write_text("secret")
        self.FURTHER = f"static = {json.dumps(str(pages))}"
        super().arrange()

    async def test_a_site_serves_its_own_page(self):
        self.assertEqual((await self.get("/"))[1:], ("text/html", "<html>ours</html>"))
        self.assertEqual((await self.get("/static/ours.js"))[2], "let ours")
        self.assertEqual(await self.state(), {})
        for path in ("/static/../secret.txt", "/static/%2e%2e/secret.txt", "/static/..%2fsecret.txt"):
            with self.subTest(path), self.assertRaises(urllib.error.HTTPError) as raised:
                await self.get(path)
            self.assertIn(raised.exception.code, (400, 403, 404))


class Restart(Mr):
    async def test_a_new_start_begins_anew_and_repeats_nothing(self):
        client = await self.client("mr")
        self.put("1.dcm", real(DTI[0]))
        await self.next(client)
        self.assertEqual(await self.gateway.stop(), 0)
        self.assertEqual(await self.closed(client), 1001)
        self.put("while-nobody-watched.dcm", real(SCOUT))
        self.arrange()
        self.gateway = await Gateway.start(self.folder, self.SECTIONS)
        self.assertEqual(await self.state(), {})
        client = await self.client("mr")
        path = self.put("2.dcm", real(DTI[1]))
        frame = await self.next_json(client)
        self.assertEqual((frame["type"], frame["content"]["input"]["dcm_path"]), ("new", path))


class Templates(Mr):
    """Verdicts by a database as the reference keeps it."""

    # As Python prints the values of the header, but 90 for 90.0.
    DTI_TEMPLATE = {name: str(DTI_INPUT[name]) for name in COMPARED} | {"FA": "90"}
    SCOUT_TEMPLATE = {
        "Project": "HEAD^advanced applications libraries", "SequenceName": "AAHead_Scout", "iPAT": "p3",
        "Comments": "null", "SequenceType": "*fl3d1_ns", "PED_major": "ROW", "Phase": "1", "TR": "3.15", "TE": "9.9",
        "Matrix": "[0, 160, 160, 0]", "PixelResol": "[1.625, 1.625]", "BWP": "540.0", "BWPPE": "null", "FA": "8.0",
        "TA": "TA 12.34", "FoV": "FoV 260*260", "SequenceFile": "%SiemensSeq%/AALScout",
    }

    def arrange(self):
        path = self.folder / "db.sqlite"
        with sqlite3.connect(path) as database:
            columns = ", ".join(f"{name} text" for name in COMPARED)
            database.execute(f"create table acq_param (is_ideal timestamp, {columns})")
            database.execute(
                "create table acq (param_id integer, AcqTime text, AcqDate text, SeriesNumber text, SubID text, "
                "Operator text, Station text, Shims text)"
            )
            database.execute(
                "create table template_by_count (n integer, Project text, SequenceName text, param_id integer, "
                "first text, last text, multiecho_tes text)"
            )
            marks = ", ".join("?" * len(COMPARED))
            for template in (self.DTI_TEMPLATE, self.SCOUT_TEMPLATE):
                values = [template[name] for name in COMPARED]
                inserted = database.execute(f"insert into acq_param values (null, {marks})", values)
                database.execute(
                    "insert into acq values (?, '100000', '20240101', '1', 'someone', 'null', 'A', 'null')",
                    [inserted.lastrowid],
                )
                row = [3, template["Project"], template["SequenceName"], inserted.lastrowid, "20240101", "20240301",
                       template["TE"]]
                database.execute("insert into template_by_count values (?, ?, ?, ?, ?, ?, ?)", row)
        database.close()
        self.FURTHER = f"templates = {json.dumps(str(path))}"
        super().arrange()

    async def test_what_differs_is_told_and_nothing_else(self):
        client = await self.client("mr")
        self.put("1.dcm", real(DTI[0]))
        content = (await self.next_json(client))["content"]
        self.assertEqual((content["errors"], content["conforms"], content["verdict"]), ({}, True, "conforms"))
        front = ["n", "Project", "SequenceName", "param_id", "first", "last", "multiecho_tes", "is_ideal"]
        self.assertEqual(list(content["template"])[:8], front)
        self.assertEqual(set(content["template"]), {*front, *COMPARED})
        numbers = {name for name, value in content["template"].items() if not isinstance(value, str)}
        self.assertEqual(numbers, {"n", "param_id"})
        self.put("2.dcm", real(SCOUT))
        content = (await self.next_json(client))["content"]
        self.assertEqual(content["errors"], {"TE": {"expect": "9.9", "have": 1.37}})
        self.assertEqual((content["conforms"], content["verdict"]), (False, "differs"))
