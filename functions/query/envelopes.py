"""The shapes of whole answers: pages of rows, and problems."""

from typing import Generic, TypeVar

from pydantic import BaseModel, Field

from functions.query.shapes import (
    AnomalyItem,
    BarItem,
    ContextItem,
    IndicatorItem,
    LatestItem,
    PredictionItem,
    ScorecardItem,
    SignalItem,
    SummaryItem,
    SymbolItem,
    TickItem,
)

Item = TypeVar("Item", bound=BaseModel)


class PageShape(BaseModel, Generic[Item]):
    items: list[Item]
    next: str | None = Field(description="`cursor` of the next page; null on the last one.")


class Latest(LatestItem):
    """The one answer that is no page."""


class Symbols(PageShape[SymbolItem]):
    pass


class Ticks(PageShape[TickItem]):
    pass


class Bars(PageShape[BarItem]):
    pass


class Indicators(PageShape[IndicatorItem]):
    pass


class Signals(PageShape[SignalItem]):
    pass


class Anomalies(PageShape[AnomalyItem]):
    pass


class Predictions(PageShape[PredictionItem]):
    pass


class Contexts(PageShape[ContextItem]):
    pass


class Summaries(PageShape[SummaryItem]):
    pass


class Scorecards(PageShape[ScorecardItem]):
    pass


class FaultShape(BaseModel):
    field: str
    expected: str
    was: str


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FaultShape] | None = Field(
        None, description="With 422: each parameter that cannot be used."
    )
