"""``async for`` beside something else: python examples/async_listen.py [FILE], else the microphone."""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing

from app import Heard


async def name_speakers(heard: Heard, source: str | None) -> None:
    shown = None
    async with aclosing(heard.alisten(source)) as answers:  # gives the microphone back however this ends
        async for said in answers:
            if said.speaker != shown:
                shown = said.speaker
                print(f"{said.time_s:.2f} {shown or '-'}", flush=True)


async def tick() -> None:
    while True:
        await asyncio.sleep(0.5)
        print("tick", flush=True)


async def main() -> None:
    heard = await asyncio.to_thread(Heard)  # takes a second
    ticking = asyncio.create_task(tick())
    await name_speakers(heard, sys.argv[1] if len(sys.argv) > 1 else None)
    ticking.cancel()


asyncio.run(main())
