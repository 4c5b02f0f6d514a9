"""``PERSON/consent`` and ``PERSON/offers``: speech that was surely somebody's, kept if they allow it, to be added."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from app.enrolment.offering.answers import accept
from app.schemas import OfferInfo, Offers, Person
from app.server import people_service
from app.server.errors import ApiError, error_responses
from app.server.people import PersonPath
from app.server.service import Service, service_of
from app.voiceprints.offers import NoSuchOffer, Offer, answer_consent, dismiss_offer, offers_of
from app.voiceprints.recordings import read_recording
from app.voiceprints.store import VoiceprintStore
from utils import wav_bytes

router = APIRouter(prefix="/v1", tags=["people"])
ServiceParameter = Annotated[Service, Depends(service_of)]
OfferPath = Annotated[int, Path(description="An offer's `id`.", ge=1, le=2**62)]


class ConsentAnswer(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"may_keep": True}]})
    may_keep: Annotated[bool, Field(strict=True, description="False, or withdrawn, erases what is kept.")]


@router.put("/people/{person}/consent", responses=error_responses(400, 404, 408, 413, 422, 507))
def answer(service: ServiceParameter, person: PersonPath, body: ConsentAnswer) -> Person:
    """Whether speech that is surely this person's may be kept, to be offered. Not before it is answered."""
    with service.writing, service.store() as store:
        name = people_service.find_name(store, person)
        answer_consent(store, name, may_keep=body.may_keep)
    return people_service.get_person(service, person)


@router.get("/people/{person}/offers", responses=error_responses(404, 422))
def list_offers(service: ServiceParameter, person: PersonPath) -> Offers:
    """What is offered to be added to this person's samples, oldest first."""
    with service.store() as store:
        found = offers_of(store, people_service.find_name(store, person))
    return Offers(offers=[_info(offer) for offer in found])


@router.get(
    "/people/{person}/offers/{offer}/sound",
    responses={**error_responses(404, 422), 200: {"content": {"audio/wav": {}}}},
    response_class=Response,
)
def hear_offer(service: ServiceParameter, person: PersonPath, offer: OfferPath) -> Response:
    """The sound of an offer, a WAV file."""
    with service.store() as store:
        sound = read_recording(_find(store, person, offer).path)
    return Response(wav_bytes(sound), media_type="audio/wav", headers={"Cache-Control": "no-store"})


@router.post("/people/{person}/offers/{offer}", status_code=201, responses=error_responses(404, 422, 507))
async def accept_offer(service: ServiceParameter, person: PersonPath, offer: OfferPath) -> Person:
    """Add an offer to the person's samples, and make the voiceprint anew."""

    def work() -> Person:
        with service.store() as store:
            found = _find(store, person, offer)
            try:
                accept(store, service.encoder, found.id)
            except NoSuchOffer:  # another program was faster
                raise _no_such_offer() from None
        return people_service.get_person(service, person)

    return await service.run_job(work)


@router.delete("/people/{person}/offers/{offer}", status_code=204, responses=error_responses(404, 422))
def dismiss(service: ServiceParameter, person: PersonPath, offer: OfferPath) -> None:
    """Erase an offer; speech of its day and device is not offered again."""
    with service.writing, service.store() as store:
        found = _find(store, person, offer)
        try:
            dismiss_offer(store, found.id)
        except NoSuchOffer:
            raise _no_such_offer() from None


def _find(store: VoiceprintStore, person: str, number: int) -> Offer:
    """Raises ApiError 404."""
    for offer in offers_of(store, people_service.find_name(store, person)):
        if offer.id == number:
            return offer
    raise _no_such_offer()


def _no_such_offer() -> ApiError:
    return ApiError(404, "no_such_offer", "there is no such offer (any more).")


def _info(offer: Offer) -> OfferInfo:
    return OfferInfo(
        id=offer.id,
        day=offer.condition.day,
        device=offer.condition.device,
        speech_s=round(offer.speech_s, 2),
        kept_on=offer.kept_on,
    )
