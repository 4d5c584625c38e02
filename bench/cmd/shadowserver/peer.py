# Has IntelMQ's own parser read a report of Shadowserver, and prints how many
# events it made, in how many seconds, and the most memory held in bytes.
#
#     python3 - INTELMQ FILE NAME < peer.py
#
# INTELMQ is a checkout of IntelMQ; it needs Debian's python3-dateutil, -dnspython,
# -psutil, -redis, -requests, -ruamel.yaml and -tz. Events are counted and dropped,
# as if a queue had taken them.
import base64
import logging
import resource
import sys
import time
import types

colours = types.ModuleType("termstyle")  # only colours the output; Debian has it no longer
colours.red = colours.green = str
sys.modules["termstyle"] = colours
sys.path.insert(0, sys.argv[1])

from intelmq.bots.parsers.shadowserver.parser import ShadowserverParserBot  # noqa: E402
from intelmq.lib.bot import BotLibSettings  # noqa: E402

logging.disable(logging.CRITICAL)
bot = ShadowserverParserBot("peer", settings=BotLibSettings)
events = 0


def count(*messages, **_):
    global events
    events += len(messages)


bot.send_message = count
with open(sys.argv[2], "rb") as f:
    report = {"__type": "Report", "feed.name": "peer", "raw": base64.b64encode(f.read()).decode(), "extra.file_name": sys.argv[3]}
began = time.monotonic()
bot.process_message(report)
print(events, time.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
