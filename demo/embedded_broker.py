"""A broker in Python (amqtt) for machines without mosquitto: ``python -m demo.embedded_broker --listen HOST:PORT``."""

import argparse
import asyncio
import logging
import signal

from amqtt.broker import Broker  # type: ignore[import-untyped]
from amqtt.contexts import BrokerConfig, ListenerConfig  # type: ignore[import-untyped]


async def serve(listen: str) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    broker = Broker(
        BrokerConfig(
            listeners={"default": ListenerConfig(bind=listen)},
            plugins={"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        )
    )
    await broker.start()
    await stop.wait()
    await broker.shutdown()


def main() -> None:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m demo.embedded_broker", description=__doc__)
    parser.add_argument("--listen", required=True, metavar="HOST:PORT")
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(serve(parser.parse_args().listen))


if __name__ == "__main__":
    main()
