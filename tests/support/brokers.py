"""What the tests of brokers share: whom they let in, links by aiomqtt, and messages that are waited for."""

import asyncio
from contextlib import asynccontextmanager

import aiomqtt

from pizzeria.ovens.brokers.kinds import Access
from pizzeria.ovens.mqtt.broker_url import client_options

SOON = 60  # s; a bound, not a pause
ACCESS = Access("cook", "ba:si@l", topics=("kitchen/#",), read_only=("menu/#",), persistent=True)


def connect(url, ca_file=None, timeout=SOON, **options):
    return aiomqtt.Client(**client_options(url, ca_file), timeout=timeout, **options)


@asynccontextmanager
async def listener(url, *filters, qos=1, ca_file=None, **options):
    """Subscribe, and give the messages; the subscriptions are granted once the block is entered."""
    async with asyncio.timeout(SOON), connect(url, ca_file, **options) as link:
        for topic_filter in filters:
            await link.subscribe(topic_filter, qos=qos)
        yield aiter(link.messages)


async def receive(messages, count):
    async with asyncio.timeout(SOON):
        return [(await anext(messages)).payload.decode() for _ in range(count)]


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 2 * SOON))
