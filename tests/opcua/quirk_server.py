"""The plant of `asyncua_server.py` with the quirks of servers in the field; each can be switched on and off at any time.

    quirk_server.py, with the arguments of `asyncua_server.py`

Sessions outlive their connections, as those of plants do. Two more commands:

    {"do": "quirk", "name": "read", "value": 2}     switches a quirk on; with null it is off. `QUIRKS` lists them
    {"do": "forget"}                                ends every session and connection, as a restart does

`stats` tells `most_sessions` too: how many there were at most since it was asked the last time.
"""

import asyncio
import dataclasses
from collections import defaultdict
from datetime import timedelta

import asyncua_server
from asyncua import ua
from asyncua.common.utils import ServiceError
from asyncua.server.internal_server import InternalServer
from asyncua.server.internal_session import InternalSession, SessionState
from asyncua.server.internal_subscription import InternalSubscription
from asyncua.server.subscription_service import SubscriptionService
from asyncua.server.uaprocessor import UaProcessor
from asyncua.ua.ua_binary import struct_from_binary, struct_to_binary

QUIRKS = {
    "read": "so many nodes a Read; more is BadTooManyOperations as a whole",
    "write": "so many nodes a Write",
    "items": "so many items a CreateMonitoredItems",
    "untold": "true: OperationLimits say nothing of the three",
    "subscription_items": "so many items a subscription; BadTooManyMonitoredItems for each one more",
    "subscriptions": "so many subscriptions; BadTooManySubscriptions for one more",
    "sessions": "so many sessions; BadTooManySessions for one more",
    "message": "so many bytes a message, told at the next connection: requests end it, answers are BadResponseTooLarge",
    "refuse": "{service: code}: the service fails so",
    "slow": "{service: seconds}: it takes so long, and with it whatever stands behind it; `*` is every one but Publish",
    "mute": "[service]: it is never answered, and nothing is done",
    "unanswered": "[service]: it is done, and never answered",
    "drop": "each connection is dropped with its so manyeth request",
    "clock": "seconds the server's clock is off",
    "late": "true: the plant's namespaces are not there yet",
    "lose": "true: every second report with values is lost, and Republish is Good and empty",
    "number": "the first report of a subscription has this number",
    "both": "false: HistoryRead with both timestamps is BadTimestampsToReturnInvalid",
    "strange": "true: a session that comes with another connection is dropped as BadUserSignatureInvalid",
    "one_publish": "true: BadTooManyPublishRequests for a second Publish while one waits",
}
LIMITED = {"Read": "NodesToRead", "Write": "NodesToWrite", "CreateMonitoredItems": "ItemsToCreate"}
TOLD = {"read": "MaxNodesPerRead", "write": "MaxNodesPerWrite", "items": "MaxMonitoredItemsPerCall"}
ENDING = "Request_Encoding_DefaultBinary"
SERVICES = {getattr(ua.ObjectIds, name): name[: -len(ENDING)] for name in dir(ua.ObjectIds) if name.endswith(ENDING)}


def fault(code):
    raise ServiceError(getattr(ua.StatusCodes, code))


class Quirky(asyncua_server.Plant):
    """The plant, and what is odd about it now."""

    def __init__(self, options):
        super().__init__(options)
        self.quirks = {}
        self.most_sessions = 0
        self.served = defaultdict(int)
        self.silent = set()

    async def build(self):
        await super().build()
        self.limits = dataclasses.replace(self.server.limits)
        self.namespaces = await self.server.get_namespace_array()
        self.bend_sessions()
        self.bend_services()
        self.bend_reports()

    @property
    def sessions(self):
        return self.server.iserver._external_sessions

    def bend_sessions(self):
        """Sessions are counted from their first moment, and live on without a connection until their time is up."""
        register, create = InternalServer.register_external_session, InternalSession.create_session

        def counted(server, session):
            register(server, session)
            self.most_sessions = max(self.most_sessions, len(self.sessions))

        async def timed(session, *arguments, **named):
            result = await create(session, *arguments, **named)
            session._start_timeout_watchdog()
            return result

        InternalServer.register_external_session = counted
        InternalSession.create_session = timed
        UaProcessor._should_close_session_on_transport_loss = lambda _: False

    def bend_services(self):
        process, send = UaProcessor._process_message, UaProcessor.send_response

        async def bent(processor, type_id, header, sequence, body):
            service = SERVICES.get(type_id.Identifier, "")
            self.served[processor] += 1
            if self.served[processor] >= (self.quirks.get("drop") or float("inf")):
                processor._transport.abort()
                return False
            slow = self.quirks.get("slow", {})
            await asyncio.sleep(slow.get(service, slow.get("*", 0) if service != "Publish" else 0))
            if service in self.quirks.get("mute", []):
                return True
            if code := self.quirks.get("refuse", {}).get(service):
                fault(code)
            self.admit(processor, service, header, body)
            if service in self.quirks.get("unanswered", []):
                self.silent.add((processor, sequence.RequestId))
            return await process(processor, type_id, header, sequence, body)

        def bounded(processor, handle, sequence, response, *kind):
            if (processor, sequence.RequestId) in self.silent:
                return self.silent.remove((processor, sequence.RequestId))
            if self.quirks.get("clock"):
                response = self.shifted(response)
            most = self.quirks.get("message") or float("inf")
            if len(struct_to_binary(response)) > most:
                response = ua.ServiceFault()
                response.ResponseHeader.ServiceResult = ua.StatusCode(ua.StatusCodes.BadResponseTooLarge)
            send(processor, handle, sequence, response, *kind)

        close = UaProcessor.close

        async def closed(processor):
            self.served.pop(processor, None)
            await close(processor)

        UaProcessor._process_message, UaProcessor.send_response, UaProcessor.close = bent, bounded, closed

    def admit(self, processor, service, header, body):
        """Refuses what this server does not take."""
        if processor.session and processor.session.state == SessionState.Closed:
            # Each request is told so, not the first alone: the library says BadUserAccessDenied where there is none.
            if service not in ("CreateSession", "ActivateSession", "GetEndpoints"):
                fault("BadSessionIdInvalid")
            processor.session = None
        quirks = self.quirks
        if service == "ActivateSession" and not processor.session and quirks.get("strange"):
            if session := self.sessions.get(header.AuthenticationToken):
                self.begin(session.close_session(True))
            fault("BadUserSignatureInvalid")
        if service == "CreateSession" and len(self.sessions) >= quirks.get("sessions", 1000):
            fault("BadTooManySessions")
        if service == "Publish" and quirks.get("one_publish") and processor._publish_requests:
            fault("BadTooManyPublishRequests")
        if service in LIMITED:
            asked = struct_from_binary(getattr(ua, f"{service}Parameters"), body.copy())
            name = {"CreateMonitoredItems": "items"}.get(service, service.lower())
            if len(getattr(asked, LIMITED[service])) > quirks.get(name, 100_000):
                fault("BadTooManyOperations")
        if service == "HistoryRead" and quirks.get("both") is False:
            asked = struct_from_binary(ua.HistoryReadParameters, body.copy())
            if asked.TimestampsToReturn == ua.TimestampsToReturn.Both:
                fault("BadTimestampsToReturnInvalid")

    def bend_reports(self):
        create, fill = SubscriptionService.create_subscription, SubscriptionService.create_monitored_items
        begin, publish = InternalSubscription.__init__, InternalSubscription.publish_results

        async def few(service, params, callback, session_id, **named):
            is_outside = session_id != self.server.iserver.isession.session_id
            others = [one for one in service.subscriptions.values() if one.session_id == session_id]
            if is_outside and len(others) >= self.quirks.get("subscriptions", 1000):
                fault("BadTooManySubscriptions")
            return await create(service, params, callback, session_id, **named)

        async def filled(service, params):
            found = service.subscriptions.get(params.SubscriptionId)
            most = self.quirks.get("subscription_items")
            if found is None or most is None:
                return await fill(service, params)
            room = max(0, most - len(found.monitored_item_srv._monitored_items))
            over = len(params.ItemsToCreate[room:])
            params.ItemsToCreate = params.ItemsToCreate[:room]
            full = ua.MonitoredItemCreateResult(StatusCode=ua.StatusCode(ua.StatusCodes.BadTooManyMonitoredItems))
            return (await fill(service, params) if room else []) + [full] * over

        def numbered(subscription, *arguments, **named):
            begin(subscription, *arguments, **named)
            subscription._notification_seq = self.quirks.get("number", 1)

        async def lossy(subscription, requestdata=None):
            # The library counts on where the standard begins again.
            if subscription._notification_seq > 0xFFFF_FFFF:
                subscription._notification_seq = 1
            has_values = subscription._triggered_datachanges and subscription.pub_request_callback
            if self.quirks.get("lose") and has_values:
                subscription.lost = not getattr(subscription, "lost", False)
                if subscription.lost:
                    number = subscription._notification_seq
                    subscription._pop_publish_result()
                    subscription._not_acknowledged_results.pop(number, None)
                    # Its number is noticed with the next keep-alive, which comes at once.
                    subscription._startup = True
            return await publish(subscription, requestdata)

        SubscriptionService.create_subscription = few
        SubscriptionService.create_monitored_items = filled
        InternalSubscription.__init__, InternalSubscription.publish_results = numbered, lossy

    def shifted(self, response):
        """The response with the time of the server's clock."""
        by = timedelta(seconds=self.quirks["clock"])

        def late(value):
            return dataclasses.replace(
                value,
                SourceTimestamp=value.SourceTimestamp and value.SourceTimestamp + by,
                ServerTimestamp=value.ServerTimestamp and value.ServerTimestamp + by,
            )

        header = dataclasses.replace(response.ResponseHeader, Timestamp=response.ResponseHeader.Timestamp + by)
        response = dataclasses.replace(response, ResponseHeader=header)
        if isinstance(response, ua.ReadResponse):
            response.Results = [late(value) for value in response.Results]
        elif isinstance(response, ua.PublishResponse):
            message = dataclasses.replace(response.Parameters.NotificationMessage)
            message.PublishTime += by
            message.NotificationData = [
                dataclasses.replace(
                    part, MonitoredItems=[dataclasses.replace(one, Value=late(one.Value)) for one in part.MonitoredItems]
                )
                if isinstance(part, ua.DataChangeNotification)
                else part
                for part in message.NotificationData
            ]
            response.Parameters = dataclasses.replace(response.Parameters, NotificationMessage=message)
        return response

    async def command(self, wanted):
        match wanted["do"]:
            case "quirk":
                await self.switch(wanted["name"], wanted["value"])
                return {}
            case "forget":
                for session in list(self.sessions.values()):
                    await session.close_session(True)
                for transport in list(self.server.iserver.asyncio_transports):
                    transport.abort()
                return {}
            case "stats":
                most, self.most_sessions = self.most_sessions, len(self.sessions)
                stats = await super().command(wanted)
                return stats | {"sessions": len(self.sessions), "most_sessions": most}
        return await super().command(wanted)

    async def switch(self, name, value):
        if name not in QUIRKS:
            raise ValueError(f"what quirk is {name!r}?")
        self.quirks.pop(name, None)
        if value is not None:
            self.quirks[name] = value
        objects = ua.ObjectIds
        for limit, told in TOLD.items():
            node = getattr(objects, f"Server_ServerCapabilities_OperationLimits_{told}")
            most = 0 if self.quirks.get("untold") else self.quirks.get(limit, 0)
            await self.tell(node, ua.Variant(most, ua.VariantType.UInt32))
        if name == "late":
            names = self.namespaces[:2] if value else self.namespaces
            await self.tell(objects.Server_NamespaceArray, ua.Variant(names, ua.VariantType.String))
        if name == "message":
            size, limits = value or self.limits.max_message_size, self.server.limits
            limits.max_message_size, limits.max_chunk_count = size, max(1, size // limits.max_recv_buffer)

    async def tell(self, node, variant):
        await self.server.write_attribute_value(ua.NodeId(node), ua.DataValue(variant))


if __name__ == "__main__":
    asyncio.run(asyncua_server.main(Quirky))
