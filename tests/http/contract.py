"""The served description as a judge: is this answer one that the route may give, and is it as described?"""

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from tomb.http import openapi
from tomb.http.app import ROUTES
from tomb.http.routes import Route
from tomb.rehearsal.requests import Answer

BY_NAME = {route.name: route for route in ROUTES}


@cache
def document() -> Any:
    return json.loads(json.dumps(openapi.document(ROUTES)))


def judge(route: Route, answer: Answer) -> None:
    """Fails when the answer is not as the description has it."""
    operation = document()["paths"][openapi.address(route)][route.method.lower()]
    response = operation["responses"][str(answer.status)]
    if "$ref" in response:
        response = document()["components"]["responses"][response["$ref"].rpartition("/")[2]]
    content = response.get("content")
    if content is None:
        assert answer.content == b""
        return
    media_type = answer.headers["content-type"].partition(";")[0]
    assert media_type in content
    if media_type == "application/json":
        schema = {**content[media_type]["schema"], "components": document()["components"]}
        Draft202012Validator(schema).validate(answer.body)
