"""The application: routes, admission, page, and an OpenAPI description of all of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from app.memory_trim import EVERY_S, trim_memory
from app.schemas import Health, ModelInfo
from app.server import analysis, offers, people, timelines, transcripts
from app.server.auth import SiteCheck, TokenCheck
from app.server.errors import error_responses, install_handlers
from app.server.limits import PUBLIC, AdmissionMiddleware
from app.server.live import events, websocket
from app.server.live.event_hub import EventHub
from app.server.service import Service, service_of
from app.server.static_files import page_routes

DESCRIPTION = """
Who is speaking? Live, in recordings, and who spoke when; people are enrolled from a few seconds of speech.

* Every request but `/v1/health` brings the server's token: `Authorization: Bearer TOKEN`.
* Uploads are `multipart/form-data`: sound or video (wav, flac, ogg, opus, mp3, m4a, mp4, webm and more), of any sample
  rate and number of channels.
* Every error has the shape `{"error": {"code", "message", "details"}}`.
* **Live:** the WebSocket `/v1/live?rate=48000&channels=1` takes 16-bit little-endian PCM in binary messages (of several
  channels those of a frame side by side) and answers with JSON events: `ready`, `identification` eight times a second,
  `turns`, `people`, `notice`, `error`.
  `{"type": "turns"}` asks for all turns so far, `{"type": "end"}` for the last answers. `GET /v1/events` tells others
  who begins, who ends and who is here.
"""

router = APIRouter(prefix="/v1", tags=["server"])


@router.get("/health", openapi_extra={"security": []}, responses={429: error_responses()[429]})
def health(service: Annotated[Service, Depends(service_of)]) -> Health:
    """Whether the server is up; needs no token."""
    return Health(status="stopping" if service.stopping.is_set() else "ok")


@router.get("/model", responses=error_responses())
def model(service: Annotated[Service, Depends(service_of)]) -> ModelInfo:
    """The model that compares voices, and the limits of this server."""
    encoder, config = service.encoder, service.config
    return ModelInfo(
        name=encoder.model_id,
        sha256=encoder.sha256,
        embedding_dim=encoder.dim,
        threshold=round(service.rule.threshold, 4),
        margin=service.rule.margin,
        gender=encoder.knows_gender,
        limits={
            "max_body_bytes": config.max_body_bytes,
            "max_audio_s": config.max_audio_s,
            "max_streams": config.max_streams,
            "rate_per_s": config.rate_per_s,
        },
    )


def create_app(service: Service, token: str, hosts: frozenset[str] | None = None) -> FastAPI:
    """The server as an ASGI application. It closes the service when it ends. ``hosts``: see ``SiteCheck``."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        trimming = asyncio.create_task(_trim_memory())
        yield
        trimming.cancel()
        for session in list(app.state.streams):
            session.stop()
        await run_in_threadpool(service.close)

    app = FastAPI(title="Heard", version="1", description=DESCRIPTION, lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.service, app.state.streams, app.state.token_check = service, set(), TokenCheck(token)
    app.state.hub = EventHub()
    pages = page_routes()
    routes = list(pages)
    for part in (
        people.router,
        offers.router,
        analysis.router,
        timelines.router,
        transcripts.router,
        router,
        events.router,
        websocket.router,
    ):
        app.include_router(part)
        routes += [route for route in part.routes if isinstance(route, APIRoute)]
    app.router.routes.extend(pages)
    install_handlers(app, routes)
    app.add_middleware(
        AdmissionMiddleware,
        token_check=app.state.token_check,
        site_check=SiteCheck(hosts),
        config=service.config,
    )
    app.openapi = lambda: _openapi(app)
    return app


async def _trim_memory() -> None:
    """Until cancelled: what requests and streams have freed goes back to the system, while nobody asks, too."""
    while True:
        await asyncio.sleep(EVERY_S)
        await run_in_threadpool(trim_memory)


def _openapi(app: FastAPI) -> dict:
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        schema.setdefault("components", {})["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        schema["security"] = [{"token": []}]
        assert set(PUBLIC) <= set(schema["paths"])
        app.openapi_schema = schema
    return app.openapi_schema
