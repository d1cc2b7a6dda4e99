"""The deterministic narrator: a language model for CrewAI that asks for its tools and words what they return.

Imported only after `agents.library.load_crewai`.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from crewai import BaseLLM

from agents.narration import narrate
from agents.records import NARRATOR, Facts

Message = Mapping[str, Any]


class Narrator(BaseLLM):  # type: ignore[misc]
    """Stands where a language model would stand: same crew, same tasks, same tools, but its words are templates."""

    def __init__(self) -> None:
        super().__init__(model=NARRATOR, provider=NARRATOR)

    def call(
        self,
        messages: str | list[Message],
        tools: list[dict[str, Any]] | None = None,
        callbacks: list[Any] | None = None,
        available_functions: dict[str, Any] | None = None,
        from_task: Any = None,
        from_agent: Any = None,
        response_model: Any = None,
    ) -> str | list[dict[str, Any]]:
        """Returns a request for the next tool of the task, or the answer once all have been asked."""
        conversation = [] if isinstance(messages, str) else messages
        results = tool_results(conversation)
        missing = [name for name in tool_names(tools or []) if name not in results]
        answer = [_request(missing[0])] if missing else narrate(from_task.name, results)
        self._track_token_usage_internal(_count_words(conversation, answer))
        return answer

    def supports_function_calling(self) -> bool:
        """Tools are asked for natively."""
        return True

    def get_context_window_size(self) -> int:
        """There is no limit that a bounded tool result could reach."""
        return 1_000_000

    def get_input_tokens_count(self, messages: Any, tools: Any = None, response_model: Any = None) -> int:
        """Returns the words of a request: the narrator's tokens."""
        return len(json.dumps(messages, default=str).split())


def tool_names(tools: Sequence[Mapping[str, Any]]) -> list[str]:
    """Returns the names of the tools offered, in their order."""
    return [str(tool["function"]["name"]) for tool in tools]


def tool_results(messages: Sequence[Message]) -> dict[str, Facts]:
    """Returns what the tools have answered so far in a conversation, by tool."""
    return {
        str(message["name"]): json.loads(message["content"]) for message in messages if message.get("role") == "tool"
    }


def _request(name: str) -> dict[str, Any]:
    return {"id": f"call_{name}", "type": "function", "function": {"name": name, "arguments": "{}"}}


def _count_words(messages: Sequence[Message], answer: str | list[dict[str, Any]]) -> dict[str, int]:
    read = sum(len(str(message.get("content") or "").split()) for message in messages)
    written = len(answer.split()) if isinstance(answer, str) else 1
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
