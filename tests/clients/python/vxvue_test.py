"""The X-ray console hub, spoken to as displays and consoles do (contract `vxvue`)."""

import json

from gateway import GatewayTest

PATIENT = '{"sender":2,"receiver":0,"command":101,"data":{"patientId":"MARKER-7","patientName":"MARKER^NAME","patientBirth":"1970-02-28"}}'
STEP = '{"sender":2,"receiver":106,"command":601,"data":{"bodypartAlias":"CHEST","projectionAlias":"PA"}}'
START = '{"sender":2,"receiver":106,"command":1001}'
COMPLETE = '{"sender":2,"receiver":106,"command":1002}'
REGISTERED = {"sender": 1, "command": 11, "data": {"status": 1, "error": None}}
PONG = {"sender": 1, "command": 1, "data": {"status": 1, "error": None}}


class Vxvue(GatewayTest):
    async def participant(self, kind, **options):
        client = await self.client("vxvue", **options)
        await self.register(client, kind)
        return client

    async def register(self, client, kind):
        await client.send(json.dumps({"sender": kind, "command": 11}))
        self.assertEqual(await self.next_json(client), REGISTERED)

    async def pong(self, client):
        """What was said on this connection before has been heard, and nothing unexpected came back."""
        await client.send('{"command":1}')
        self.assertEqual(await self.next_json(client), PONG)

    async def refused(self, client, message, command, code):
        await client.send(message)
        reply = await self.next_json(client)
        what = reply["data"].pop("message")
        expected = {"sender": 1, "command": command, "res": 0, "data": {"status": 0, "error": code}}
        self.assertEqual(reply, expected, message)
        self.assertTrue(what and "\n" not in what and "MARKER" not in what, what)


class Talking(Vxvue):
    async def test_anyone_may_ping(self):
        client = await self.client("vxvue", "/any/path")
        await self.pong(client)

    async def test_a_message_goes_on_byte_for_byte(self):
        console, display = await self.participant(2), await self.participant(106)
        odd = ' {"data": {"bodypartAlias":"\\u00c4", "new":[1.0, 1e2]},\t"command":601,"sender":2, "receiver":106, "x":null}'
        await console.send(odd)
        await self.hears(display, odd)

    async def test_only_those_who_are_meant_hear_it(self):
        console, generator = await self.participant(2), await self.participant(101)
        one, two = await self.participant(106), await self.participant(106)
        stranger = await self.client("vxvue")
        everybody = '{"sender":2,"receiver":null,"command":777}'
        await console.send(STEP)
        await console.send(everybody)
        await self.hears(one, STEP, everybody)
        await self.hears(two, STEP, everybody)
        await self.hears(generator, everybody)
        await self.pong(console)
        await self.pong(stranger)

    async def test_a_second_register_changes_the_type(self):
        console, client = await self.participant(2), await self.participant(101)
        await self.register(client, 107)
        for kind in (101, 107):
            await console.send(f'{{"sender":2,"receiver":{kind},"command":777}}')
        await self.hears(client, '{"sender":2,"receiver":107,"command":777}')

    async def test_messages_keep_their_order(self):
        console, display = await self.participant(2), await self.participant(106)
        messages = [f'{{"sender":2,"receiver":106,"command":777,"data":{{"n":{n}}}}}' for n in range(500)]
        for message in messages:
            await console.send(message)
        await self.hears(display, *messages)


class ArrivingLate(Vxvue):
    async def test_a_late_display_is_told_where_the_exam_is(self):
        console = await self.participant(2)
        for message in (PATIENT, START, STEP):
            await console.send(message)
        await self.pong(console)
        display, generator = await self.participant(106), await self.participant(101)
        await self.hears(display, PATIENT, START, STEP)
        await self.hears(generator, PATIENT)
        await self.pong(generator)

    async def test_after_the_exam_nobody_is_shown_the_patient(self):
        console = await self.participant(2)
        for message in (PATIENT, START, STEP, COMPLETE):
            await console.send(message)
        await self.pong(console)
        display = await self.participant(106)
        await self.pong(display)

    async def test_a_new_patient_clears_the_step(self):
        console = await self.participant(2)
        other = PATIENT.replace("MARKER-7", "MARKER-8")
        for message in (PATIENT, STEP, other):
            await console.send(message)
        await self.pong(console)
        display = await self.participant(106)
        await self.hears(display, other)
        await self.pong(display)


class Strict(Vxvue):
    SECTIONS = {"vxvue": 'replay_on_register = false\nunknown_commands = "reject"'}

    async def test_nothing_is_told_again(self):
        console = await self.participant(2)
        await console.send(PATIENT)
        await self.pong(console)
        display = await self.participant(106)
        await self.pong(display)

    async def test_an_unknown_command_is_refused(self):
        console = await self.participant(2)
        await self.refused(console, '{"sender":2,"receiver":106,"command":777}', 777, 2)


class Refusing(Vxvue):
    async def test_before_registering(self):
        client = await self.client("vxvue")
        for message, command, code in [
            ('{"sender":2,"command":', 0, 1),
            ('["MARKER"]', 0, 1),
            ('{"sender":2}', 0, 2),
            (PATIENT, 101, 4),
            ('{"sender":1,"command":11}', 11, 5),
        ]:
            with self.subTest(message):
                await self.refused(client, message, command, code)
        await self.register(client, 106)

    async def test_after_registering(self):
        console, display = await self.participant(2), await self.participant(106)
        for client, message, command, code in [
            (console, PATIENT.replace('"sender":2', '"sender":106'), 101, 5),
            (console, PATIENT.replace('"MARKER-7"', '""'), 101, 3),
            (display, PATIENT.replace('"sender":2', '"sender":106'), 101, 5),
            (display, COMPLETE.replace('"sender":2', '"sender":106'), 1002, 5),
        ]:
            with self.subTest(message):
                await self.refused(client, message, command, code)
        # The first that the display hears is what was not refused.
        await console.send(STEP)
        await self.hears(display, STEP)
