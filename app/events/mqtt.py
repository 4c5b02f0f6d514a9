"""``--mqtt``: a broker is told who speaks and who is here, and Home Assistant finds it by itself.

Below the topic: ``state`` (retained: the newest event, with ``speaking`` and ``here``), ``event`` (each event), and
``status`` (retained: "online" while somebody listens, else "offline", by the last will too).
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from app.about import VERSION
from app.events.event import SpeakerEvent
from utils import BadInput

PORT, TLS_PORT = 1883, 8883
LONGEST_PAUSE_S = 60
"""Between two tries to reach a broker, at most."""
GOODBYE_S = 3.0
"""How long the end waits for the broker to take the last messages."""
DISCOVERY = "homeassistant"
"""Where Home Assistant looks, unless it was told otherwise."""
ONLINE, OFFLINE = "online", "offline"


@dataclass(frozen=True)
class Broker:
    """Where events go."""

    host: str
    port: int
    topic: str
    tls: bool = False

    @property
    def is_local(self) -> bool:
        """Whether it is this machine."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def read_broker(text: str) -> Broker:
    """HOST[:PORT]/TOPIC, after "mqtts://" or with port 8883 through TLS. Raises BadInput."""
    wrong = BadInput(f"--mqtt {text}: it is HOST[:PORT]/TOPIC, such as localhost/heard.")
    scheme, _, rest = text.rpartition("://")
    place, _, topic = rest.partition("/")
    if "@" in place:
        raise BadInput("--mqtt: user and password go into HEARD_MQTT_USER and HEARD_MQTT_PASSWORD.")
    if scheme not in ("", "mqtt", "mqtts"):
        raise wrong
    try:
        parsed = urlsplit(f"//{place}")
        host, port = parsed.hostname, parsed.port
    except ValueError:
        raise wrong from None
    topic = topic.strip("/")
    if not host or not topic or port == 0:
        raise wrong
    if not topic.isprintable() or set(topic) & set("+#") or topic.startswith("$") or len(topic.encode()) > 200:
        raise BadInput(f"--mqtt {text}: a topic has none of + and #, no $ at its beginning, and 200 bytes at most.")
    tls = scheme == "mqtts" or port == TLS_PORT
    return Broker(host, port or (TLS_PORT if tls else PORT), topic, tls)


class Mqtt:
    """One connection, kept up by a thread of its own. Nothing waits for it: what happens while the broker is away is
    told as the state when it is back, and its events are lost."""

    def __init__(
        self,
        broker: Broker,
        say: Callable[[str], None],
        *,
        user: str | None = None,
        password: str | None = None,
        discovery: str = DISCOVERY,
    ):
        self._broker, self._say, self._discovery = broker, say, discovery
        self._state: str | None = None
        self._lock = threading.Lock()
        self._said = ""
        client = self._client = paho.Client(CallbackAPIVersion.VERSION2)
        if user is not None:
            client.username_pw_set(user, password)
        if broker.tls:
            client.tls_set()
        client.reconnect_delay_set(1, LONGEST_PAUSE_S)
        client.will_set(self._topic("status"), OFFLINE, qos=1, retain=True)
        client.on_connect, client.on_connect_fail = self._on_connect, self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.connect_async(broker.host, broker.port)
        client.loop_start()

    def put(self, event: SpeakerEvent) -> None:
        """Publish an event; never waits."""
        line = event.line()
        with self._lock:
            self._state = line
            if self._client.is_connected():
                self._publish("state", line, retain=True)
                self._publish("event", line)

    def close(self) -> None:
        """Say goodbye, if the broker is there to hear it."""
        if self._client.is_connected():
            last = self._publish("status", OFFLINE, retain=True)
            with contextlib.suppress(ValueError, RuntimeError):  # the connection is gone: its will says the same
                last.wait_for_publish(GOODBYE_S)
        self._client.disconnect()
        self._client.loop_stop()

    def _topic(self, name: str) -> str:
        return f"{self._broker.topic}/{name}"

    def _publish(self, name: str, text: str, *, retain: bool = False) -> paho.MQTTMessageInfo:
        return self._client.publish(self._topic(name), text, qos=1, retain=retain)

    def _on_connect(self, client: paho.Client, _data: object, _flags: object, reason: paho.ReasonCode, *_: object):
        if reason.is_failure:
            self._tell(f"the broker refuses ({str(reason).lower()}).")
            return
        self._said = ""
        for topic, payload in discovery_messages(self._broker.topic, self._discovery).items():
            client.publish(topic, json.dumps(payload), qos=1, retain=True)
        with self._lock:
            self._publish("status", ONLINE, retain=True)
            if self._state is not None:
                self._publish("state", self._state, retain=True)

    def _on_connect_fail(self, _client: paho.Client, _data: object) -> None:
        self._tell("the broker cannot be reached; it is tried again.")

    def _on_disconnect(self, _client: paho.Client, _data: object, _flags: object, reason: paho.ReasonCode, *_: object):
        if reason.is_failure and not self._said:
            self._tell(f"the connection is lost ({str(reason).lower()}); it is tried again.")

    def _tell(self, text: str) -> None:
        if text != self._said:
            self._said = text
            self._say(f"{self._broker.host}: {text}")


def discovery_messages(topic: str, prefix: str = DISCOVERY) -> dict[str, dict[str, object]]:
    """Topic -> what Home Assistant is told there, so that a device "Heard" with four entities is made of it."""
    own = "heard_" + re.sub(r"[^a-zA-Z0-9_-]", "_", topic)
    shared = {
        "availability_topic": f"{topic}/status",
        "device": {"identifiers": [own], "name": f"Heard ({topic})", "manufacturer": "Heard", "sw_version": VERSION},
        "origin": {"name": "Heard", "sw_version": VERSION},
    }
    entities = {
        ("sensor", "speaker"): {
            "name": "Speaker",
            "icon": "mdi:account-voice",
            "state_topic": f"{topic}/state",
            "value_template": "{{ (value_json.speaking | join(', '))[:250] or 'nobody' }}",
        },
        ("sensor", "people_here"): {
            "name": "People here",
            "icon": "mdi:account-group",
            "state_topic": f"{topic}/state",
            "value_template": "{{ value_json.here | count }}",
            "unit_of_measurement": "people",
            "json_attributes_topic": f"{topic}/state",
            "json_attributes_template": "{{ {'names': value_json.here} | to_json }}",
        },
        ("binary_sensor", "somebody_here"): {
            "name": "Somebody known here",
            "device_class": "occupancy",
            "state_topic": f"{topic}/state",
            "value_template": "{{ 'ON' if value_json.here else 'OFF' }}",
        },
        ("event", "speech"): {
            "name": "Speech",
            "icon": "mdi:account-voice",
            "event_types": ["began", "ended", "here"],
            "state_topic": f"{topic}/event",
            "value_template": "{{ dict(value_json, event_type=value_json.type) | to_json }}",
        },
    }
    return {
        f"{prefix}/{component}/{own}/{name}/config": {**shared, "unique_id": f"{own}_{name}", **entity}
        for (component, name), entity in entities.items()
    }
