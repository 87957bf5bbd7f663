"""What a calibration file can change of the model's own: priors of parameters, and targets."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, create_model, model_serializer
from pydantic_core import PydanticCustomError

from expatsim.calibration.study import GONE_AFTER
from expatsim.calibration.targets import Counts, Fact, Interval, Peak, Target
from expatsim.cities import city_names
from expatsim.errors import InputError, nearest
from expatsim.inputs.schema import SAID, Bounds, BoundsByName, Groups, Line
from expatsim.inputs.syntax import shown
from expatsim.model.declare import Parameter
from expatsim.model.parameters import registry
from expatsim.survey.questions import QUESTIONS

WIDEST = 10.0  # spread of a prior on its normal, log or logit scale
# smallest spread, and smallest error of a share: nobody knows anything better, and the squares of
# numbers much smaller are no numbers any more
NARROWEST = 1e-4
MOST_ASKED = 1_000_000  # respondents
SAMPLE = ("chain", "draw")  # dimensions of what ArviZ reads
ANSWERS = " answer"  # after the name of a target, that of the dimension of its answers
# groups of workers who leave the country: the entry of the simulated study
GROUPS = {"outside the EU": "gone.non_eu", "EU": "gone.eu", "both": "gone.all"}

# numbers that each kind of target takes
NUMBERS: dict[type, tuple[str, ...]] = {
    Counts: ("counts",),
    Interval: ("low", "high"),
    Fact: ("observed", "error"),
}


class Sparse(Groups):
    """A group of keys of which only those that were given are written down again."""

    @model_serializer(mode="wrap")
    def _given(self, plain: Any) -> dict[str, Any]:
        return {k: x for k, x in plain(self).items() if x is not None}


class PriorChange(Sparse):
    """Another prior of a parameter; its kind and its bounds stay."""

    median: float | None = Field(default=None, description="median, in the parameter's unit")
    spread: float | None = Field(
        default=None, ge=NARROWEST, le=WIDEST, description="standard deviation on the prior's scale"
    )
    source: Line = Field(min_length=1, max_length=200, description="what supports it")


def _change_of(p: Parameter) -> Any:
    """Schema of another prior of one parameter, whose median lies between its bounds."""
    median = Annotated[float, Field(gt=p.low, lt=p.high), Bounds(p.low, p.high, p.unit)]
    return create_model(
        f"Prior_{p.name}",
        __base__=PriorChange,
        median=(median | None, Field(default=None, description=f"{p.meaning}; {p.unit}")),
    )


Priors: type[BaseModel] = create_model(  # type: ignore[call-overload]
    "Priors",
    __base__=Sparse,
    __doc__="Priors that differ from those of the package, by parameter.",
    **{
        name: (_change_of(p) | None, Field(default=None, description=p.meaning))
        for name, p in registry().items()
    },
)


def _name_in_files(name: str) -> str:
    """Return the name of a target that files for ArviZ can have as that of a variable."""
    what = ""
    if "/" in name:  # it would be taken as a folder
        what = "has a stroke (/), which names of targets cannot have"
    elif name in (*SAMPLE, ".", "..") or name.endswith(ANSWERS):
        what = "means something else in posterior.nc; choose another name"
    elif name != name.strip():
        what = "begins or ends with a space"
    if what:
        raise PydanticCustomError(SAID, "{what}", {"what": f"{name!r} {what}"})
    return name


class TargetChange(Sparse):
    """A target that is added, or that takes the place of one of the package."""

    name: Annotated[Line, AfterValidator(_name_in_files)] = Field(
        min_length=1, max_length=100, description="name; a known one is replaced"
    )
    source: Line = Field(min_length=1, max_length=200, description="where the numbers are from")
    gone: Literal["outside the EU", "EU", "both"] | None = Field(
        default=None, description="workers of whom a share has left the country"
    )
    months: int | None = Field(default=None, ge=1, le=600, description="of stay, for `gone`")
    observed: Annotated[float, Field(gt=0, lt=1), Bounds(0, 1, "share")] | None = Field(
        default=None, description="published share"
    )
    error: float | None = Field(
        default=None, ge=NARROWEST, le=0.5, description="standard deviation of the published share"
    )
    question: str | None = Field(default=None, max_length=100, description="question of the study")
    city: str | None = Field(default=None, max_length=100, description="city of its respondents")
    counts: (
        Annotated[
            dict[str, Annotated[float, Field(ge=0, le=MOST_ASKED)]],
            BoundsByName(lambda _: Bounds(0, MOST_ASKED, "respondents")),
        ]
        | None
    ) = Field(default=None, description="respondents by answer")
    low: int | None = Field(default=None, ge=0, le=MOST_ASKED, description="fewest first answers")
    high: int | None = Field(default=None, ge=0, le=MOST_ASKED, description="most first answers")
    asked: int | None = Field(default=None, ge=2, le=MOST_ASKED, description="respondents asked")


def gone(change: TargetChange) -> Fact:
    """The target of a share gone from the country."""
    assert change.gone  # as are its numbers: `problems` finds what is missing
    assert change.months
    assert change.observed
    assert change.error
    share, column = GROUPS[change.gone], GONE_AFTER.index(change.months)
    return Fact(change.name, change.source, share, column, change.observed, change.error)


def problems(change: TargetChange, known: Mapping[str, Target]) -> Iterator[tuple[str, str]]:
    """What keeps a change from being a target: the key, and a sentence without it.

    Parameters
    ----------
    change : TargetChange
        A target whose keys are of the right types.
    known : mapping of str to Target
        Targets of the package by name.
    """
    given = {k for k in change.model_dump() if k not in ("name", "source")}
    if change.gone:
        wanted = {"gone", "months", "observed", "error"}
        if change.months is not None and change.months not in GONE_AFTER:
            yield "months", f"must be one of {', '.join(map(str, GONE_AFTER))}"
    elif change.question is not None:
        wanted = {"question", "city"}
        wanted |= {"counts"} if "counts" in given else {"low", "high", "asked"}
        yield from _unknown_names(change)
    elif change.name in known:
        old = known[change.name]
        if isinstance(old, Peak):
            yield "name", "a peak has no numbers to replace; leave it out with `without`"
            return
        wanted = {k for k in NUMBERS[_kind(old)] if k != "error" or k in given}
    else:
        hint = nearest(change.name, known)
        yield (
            "name",
            f"no target {shown(change.name)!r}{hint or '; a new one needs `gone` or `question`'}",
        )
        return
    yield from ((k, "does not belong to this target") for k in sorted(given - wanted))
    yield from ((k, "is missing") for k in sorted(wanted - given))
    yield from _wrong_numbers(change, known.get(change.name))


def _kind(target: Target) -> type:
    return next(kind for kind in NUMBERS if isinstance(target, kind))


def _unknown_names(change: TargetChange) -> Iterator[tuple[str, str]]:
    if change.question not in QUESTIONS:
        name = str(change.question)
        hint = nearest(name, QUESTIONS) or f"; questions are {', '.join(QUESTIONS)}"
        yield "question", f"no question {shown(name)!r}{hint}"
    if change.city is not None and change.city not in city_names():
        hint = nearest(change.city, city_names()) or f"; cities are {', '.join(city_names())}"
        yield "city", f"no city {shown(change.city)!r}{hint}"


def _wrong_numbers(change: TargetChange, old: Target | None) -> Iterator[tuple[str, str]]:
    if change.counts is not None:
        answers = _answers(change, old)
        for name in change.counts:
            if answers and name not in answers:
                hint = nearest(name, answers) or f"; answers are {', '.join(answers)}"
                yield "counts", f"no answer {shown(name)!r}{hint}"
        missing = [a for a in answers if a not in change.counts]
        if missing:
            yield "counts", f"without {', '.join(missing)}; write 0 where nobody gave an answer"
        if sum(change.counts.values()) < 2:
            yield "counts", "fewer than two respondents"
    if change.low is not None and change.high is not None:
        asked = old.total if change.asked is None and isinstance(old, Interval) else change.asked
        if not change.low <= change.high <= (asked or change.high):
            yield "low", "must be at most `high`, and that at most the number of those asked"


def _answers(change: TargetChange, old: Target | None) -> tuple[str, ...]:
    if change.question is not None:
        question = QUESTIONS.get(change.question)
        return tuple(question.answers) if question else ()
    return old.answers if isinstance(old, Counts) else ()


def target_of(change: TargetChange, known: Mapping[str, Target]) -> Target:
    """The target that a change stands for; parameters as of :func:`problems`.

    Raises
    ------
    InputError
        If the change has a problem.
    """
    found = [f"{change.name}: {key}: {message}" for key, message in problems(change, known)]
    if found:
        raise InputError(found)
    if change.gone:
        return gone(change)
    if change.question is not None:
        share = f"{change.city}.{change.question}"
        answers = tuple(QUESTIONS[change.question].answers)
        if change.counts is not None:
            counts = tuple(change.counts[a] for a in answers)
            return Counts(change.name, change.source, share, answers, counts)
        low, high, asked = change.low or 0, change.high or 0, {share: float(change.asked or 0)}
        return Interval(change.name, change.source, asked, low, high)
    old = known[change.name]
    numbers: dict[str, Any] = {k: getattr(change, k) for k in NUMBERS[_kind(old)]}
    if isinstance(old, Counts):
        numbers = {"observed": tuple(numbers["counts"][a] for a in old.answers)}
    given = {k: x for k, x in numbers.items() if x is not None}
    return replace(old, source=change.source, **given)


def targets_with(
    changes: Collection[TargetChange], known: Collection[Target]
) -> tuple[Target, ...]:
    """Known targets, those with a changed name replaced in their place, and the added ones last.

    Parameters
    ----------
    changes : collection of TargetChange
        Targets that are added or replaced.
    known : collection of Target
        Targets of the package.
    """
    by_name = {t.name: t for t in known}
    changed = {c.name: target_of(c, by_name) for c in changes}
    return tuple((by_name | changed).values())
