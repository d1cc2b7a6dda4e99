"""The names of the stages of a run, in the order in which the data travels."""

from typing import Literal, get_args

StageName = Literal["ingest", "audit", "features", "transform", "train", "forecast", "recommend", "marts", "explain"]
STAGE_NAMES: tuple[StageName, ...] = get_args(StageName)
