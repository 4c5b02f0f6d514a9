"""``/v1/people``: who is enrolled, and the samples that their voiceprints are made of."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, File, Form, Path, Query, UploadFile
from pydantic import BaseModel, ConfigDict, Field

from app.enrolment.prompts import prompts
from app.enrolment.sentences import ENGLISH, languages, matching_language, read_language
from app.schemas import LanguageInfo, People, Person, Prompt, Prompts, SampleAdded, Samples
from app.server import people_service
from app.server.errors import UPLOAD, error_responses
from app.server.service import Service, service_of
from app.server.uploads import ChannelParameter

router = APIRouter(prefix="/v1", tags=["people"])
ServiceParameter = Annotated[Service, Depends(service_of)]
PERSON_HELP = "A person's `id`, or their name if it has no slash."
PersonPath = Annotated[str, Path(description=PERSON_HELP, examples=["ana-f8ed9bc2"], max_length=300)]
SamplePath = Annotated[str, Path(description="A sample's `id`.", examples=["001"], max_length=20)]


class Name(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "Ana"}]})
    name: Annotated[str, Field(min_length=1, max_length=120, description="As it is to be shown.")]


# Handlers that are no coroutines run in worker threads.


@router.get("/people", responses=error_responses())
def list_people(service: ServiceParameter) -> People:
    """Everybody, in alphabetical order."""
    return People(people=people_service.list_people(service))


@router.post("/people", status_code=201, responses=error_responses(400, 408, 409, 413, 422, 507))
def create_person(service: ServiceParameter, body: Name) -> Person:
    """Add somebody; they are known once they have a sample."""
    return people_service.create_person(service, body.name)


@router.get("/people/{person}", responses=error_responses(404, 422))
def get_person(service: ServiceParameter, person: PersonPath) -> Person:
    """One person."""
    return people_service.get_person(service, person)


@router.patch("/people/{person}", responses=error_responses(400, 404, 408, 409, 413, 422, 507))
def rename_person(service: ServiceParameter, person: PersonPath, body: Name) -> Person:
    """Give a person another name; recordings move along. The id changes with the name."""
    return people_service.rename_person(service, person, body.name)


@router.delete("/people/{person}", status_code=204, responses=error_responses(404, 422))
def delete_person(service: ServiceParameter, person: PersonPath) -> None:
    """Delete a person for good: voiceprint and recordings."""
    people_service.delete_person(service, person)


@router.get("/people/{person}/samples", responses=error_responses(404, 422))
def list_samples(service: ServiceParameter, person: PersonPath) -> Samples:
    """A person's recordings."""
    return Samples(samples=people_service.list_samples(service, person))


@router.post("/people/{person}/samples", status_code=201, responses=error_responses(404, 409, *UPLOAD))
async def add_sample(
    service: ServiceParameter,
    person: PersonPath,
    file: Annotated[UploadFile, File(description="Speech of this person alone, from 4 s on.")],
    position: Annotated[Literal["near", "back", "soft", ""], Form(description="Of the person who speaks.")] = "",
    device: Annotated[str, Form(max_length=200, description="Name of the microphone.")] = "",
    accept_flawed: Annotated[bool, Form(description="Keep a sample that is usable, but not good.")] = False,
    channel: ChannelParameter = None,
) -> SampleAdded:
    """Add a recording, and make the voiceprint anew.

    It is judged first: speech, level, noise, clipping, and whose voice it is. What is not good enough is refused with
    422 `poor_sample`; `details.problems` says why, `details.usable` whether `accept_flawed` would keep it. Of more than
    a minute only the first minute with speech is kept.
    """
    return await service.run_job(
        lambda: people_service.add_sample(
            service,
            person,
            file.file,
            file.filename or "",
            device=device,
            position=position,
            accept_flawed=accept_flawed,
            channel=channel,
        )
    )


@router.delete("/people/{person}/samples/{sample}", status_code=204, responses=error_responses(404, 422))
def delete_sample(service: ServiceParameter, person: PersonPath, sample: SamplePath) -> None:
    """Delete a recording for good, and make the voiceprint anew without it."""
    people_service.delete_sample(service, person, sample)


@router.get("/prompts", responses=error_responses(422))
def list_prompts(
    samples: Annotated[int, Query(ge=1, le=50, description="How many recordings are planned.")] = 3,
    recorded_before: Annotated[int, Query(ge=0, le=10_000, description="Recordings that there are.")] = 0,
    language: Annotated[
        str, Query(max_length=500, description="Of the sentences: one or several, the best first, such as de-AT,en.")
    ] = ENGLISH,
) -> Prompts:
    """What to read, and where to stand: near the microphone, a step back, and softly."""
    texts = read_language(matching_language(language.split(",")))
    return Prompts(
        prompts=[
            Prompt(p.position.name, p.position.instruction, p.sentence, list(p.questions))
            for p in prompts(samples, recorded_before, language=texts.code)
        ],
        language=texts.code,
        right_to_left=texts.right_to_left,
        languages=[LanguageInfo(one.code, one.name) for one in languages()],
    )
