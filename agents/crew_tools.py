"""The tools of the desk as CrewAI sees them. Imported only after `agents.library.load_crewai`."""

import json
from typing import Any

from crewai.tools import BaseTool
from pydantic import BaseModel, ConfigDict, PrivateAttr, create_model

from agents.desk import Desk
from agents.tools import TOOLS


class DeskTool(BaseTool):  # type: ignore[misc]
    """A tool of one run: an agent chooses its options, the run has chosen the pair."""

    _desk: Desk = PrivateAttr()
    _analysis_type: str = PrivateAttr()

    def _run(self, **options: Any) -> str:
        return json.dumps(self._desk.ask(self._analysis_type, self.name, options))


def crew_tool(desk: Desk, analysis_type: str, name: str) -> DeskTool:
    """Returns a tool by name, bound to the desk and to the analysis whose evidence it is."""
    tool = TOOLS[name]
    made = DeskTool(name=name, description=tool.description, args_schema=_options_schema(name, tool.options))
    made._desk, made._analysis_type = desk, analysis_type
    return made


def _options_schema(name: str, options: dict[str, type]) -> type[BaseModel]:
    fields: dict[str, Any] = {option: (kind | None, None) for option, kind in options.items()}
    return create_model(f"{name}_options", __config__=ConfigDict(extra="forbid"), **fields)
