"""Every error of the API in one shape, {"error": {"code", "message", "details"}}; no path and no stack ever leaves."""

from __future__ import annotations

import errno
import logging
from collections.abc import Sequence
from http import HTTPStatus

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.responses import JSONResponse
from starlette.routing import Route

from app.schemas import ErrorBody
from app.voiceprints.store import Gone
from utils import BadInput, HeardError

log = logging.getLogger("heard.server")

UPLOAD = (400, 408, 413, 415, 422, 507)
"""What may go wrong with an upload, for ``error_responses``."""


class ApiError(HTTPException):
    """An answer that is not what was asked for: ``code`` is for programs, ``message`` for people."""

    def __init__(self, status: int, code: str, message: str, details: dict | None = None, retry_s: float | None = None):
        headers = None if retry_s is None else {"Retry-After": str(max(1, round(retry_s)))}
        super().__init__(status, message, headers)
        self.code, self.message, self.details = code, message, details


def error_response(error: ApiError) -> JSONResponse:
    body: dict[str, object] = {"code": error.code, "message": error.message}
    if error.details:
        body["details"] = error.details
    return JSONResponse({"error": body}, error.status_code, error.headers)


def as_api_error(error: Exception) -> ApiError:
    """What a client is told of an error of the service: what it did wrong itself, but nothing about this machine."""
    match error:
        case ApiError():
            return error
        case Gone():
            return ApiError(404, "no_such_person", "this person was deleted in the meantime: nothing was kept.")
        case BadInput():
            return ApiError(422, "bad_input", str(error))
        case OSError() if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return ApiError(507, "disk_full", "the server's disk is full: nothing was saved.")
        case HeardError() if "disk is full" in str(error):
            return ApiError(507, "disk_full", "the server's disk is full: nothing was saved.")
        case HeardError() | OSError():
            log.error("%s", error)
            return ApiError(503, "unavailable", "the server cannot do this now; its log says why.", retry_s=30)
        case _:
            log.error("a request failed", exc_info=error)
            return ApiError(500, "internal", "something went wrong in the server; its log has the details.")


def _plain_message(message: str) -> str:
    return "a file is expected" if "UploadFile" in message else message


def _allowed_methods(routes: Sequence[Route], path: str) -> str:
    """The methods of a path, which may be spread over several routes."""
    methods: set[str] = set()
    for route in routes:
        if route.path_regex.match(path):
            methods |= route.methods or set()
    return ", ".join(sorted(methods))


def install_handlers(app: FastAPI, routes: Sequence[Route]) -> None:
    """Answer every kind of exception in the one shape; ``routes`` tell what else a path allows."""

    async def engine_error(_: Request, error: Exception) -> JSONResponse:
        return error_response(as_api_error(error))

    async def http_error(request: Request, error: StarletteHTTPException) -> JSONResponse:
        if isinstance(error, ApiError):
            return error_response(error)
        code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "bad_request")
        answer = ApiError(error.status_code, code, f"{HTTPStatus(error.status_code).phrase.lower()}.")
        answer.headers = (
            {"Allow": _allowed_methods(routes, request.url.path)} if error.status_code == 405 else error.headers
        )
        return error_response(answer)

    async def validation_error(_: Request, error: RequestValidationError) -> JSONResponse:
        fields = [
            {"field": ".".join(str(part) for part in found["loc"]), "message": _plain_message(str(found["msg"]))}
            for found in error.errors()
        ][:20]
        text = "; ".join(f"{one['field']}: {one['message']}" for one in fields[:3])
        return error_response(ApiError(422, "invalid_request", text, {"fields": fields}))

    for kind in (HeardError, OSError, Exception):
        app.add_exception_handler(kind, engine_error)
    app.add_exception_handler(StarletteHTTPException, http_error)
    app.add_exception_handler(RequestValidationError, validation_error)


def error_responses(*statuses: int) -> dict[int | str, dict]:
    """The error answers of an operation, for OpenAPI; 401 and 429 are everywhere."""
    meaning = {
        400: "The request is not well-formed.",
        401: "No token, or a wrong one.",
        404: "Nobody is called that, or there is no such sample.",
        408: "The request did not arrive in time.",
        409: "It is there already.",
        413: "Too many bytes, or too much audio.",
        415: "Not audio that can be read.",
        422: "The request, the name or the audio cannot be used.",
        429: "Too much at once: come back after `Retry-After` seconds.",
        503: "The server cannot do it now.",
        507: "The server's disk is full.",
    }
    return {
        status: {"model": ErrorBody, "description": meaning[status]} for status in sorted({401, 429, 503, *statuses})
    }
