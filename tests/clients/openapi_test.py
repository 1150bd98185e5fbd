#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""openapi_test.py - the contract is valid, and the server keeps it.

/openapi.json is judged by a validator that knows OpenAPI 3.1, then it is
what schemathesis asks the server by: whatever comes, the status, headers and
body of the reply must be among those described, and never an error of the
server's own.  /metrics is read by Prometheus' own parser.  Run it with a
Python that has the packages of requirements.txt; tests/run makes one.
"""

import os
import subprocess
import sys

import schemathesis
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from prometheus_client.parser import text_string_to_metric_families
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from schemathesis.errors import FailureGroup

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import LONG, TESTS, TOP, Count, Server
from upstream import Upstream

SCHEMATHESIS = os.path.join(os.path.dirname(sys.executable), "schemathesis")
EVENTS = "/sessions/{id}/events"
EXAMPLES = 500 if LONG else 20

JSON, FORM = "application/json", "multipart/form-data"

# One request of each kind that succeeds: method, path, query, body, its type.
STORY = (
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/openapi.json"),
    ("GET", "/"),
    ("GET", "/page.js"),
    ("GET", "/page.css"),
    ("POST", "/sessions", {}, {"owner": "ann"}),
    ("PUT", "/sessions/{id}", {}, {"metadata": {"topic": "tea"}}),
    ("PATCH", "/sessions/{id}", {}, {"memory": {"class": "window"}}),
    ("POST", "/sessions/{id}/messages", {},
     [["human", "Hi!"], {"role": "assistant", "content": "What's up?"},
      {"type": "human", "data": {"content": "You?"}, "id": "m3"}]),
    ("POST", "/sessions/{id}/save", {},
     {"inputs": {"input": "Tea?"}, "outputs": {"output": "Yes."}}),
    ("GET", "/sessions", {"metadata.KEY": "", "prefix": "x"}),
    ("GET", "/sessions", {"limit": 1}),
    ("GET", "/sessions/{id}"),
    ("GET", "/sessions/{id}/messages"),
    ("GET", "/sessions/{id}/messages", {"turns": 1, "max_tokens": 50}),
    ("GET", "/sessions/{id}/messages", {"format": "openai"}),
    ("GET", "/sessions/{id}/search", {"q": "hi"}),
    ("GET", "/search", {"q": "hi", "limit": 1}),
    ("GET", "/sessions/{id}/messages", {"format": "text", "turns": 1}),
    ("GET", "/sessions/{id}/load", {"return_messages": "true"}),
    ("POST", "/sessions/{id}/load", {"last": 1}, {"input": "?"}),
    ("PATCH", "/sessions/{id}", {}, {"memory": {
        "class": "combined", "memories": [
            {"class": "window", "memory_key": "near"},
            {"class": "vector", "return_docs": True}]}}),
    ("POST", "/sessions/{id}/load", {}, {"input": "Tea?"}),
    ("PATCH", "/sessions/{id}", {}, {"memory": {"class": "summary"}}),
    ("PUT", "/sessions/{id}/memory", {}, {"summary": {"text": "Tea."}}),
    ("GET", "/sessions/{id}/memory"),
    ("GET", "/sessions/{id}/load"),
    ("DELETE", "/sessions/{id}/memory"),
    ("PATCH", "/sessions/{id}", {}, {"memory": None}),
    ("GET", "/sessions/{id}/messages/{message}", {"format": "openai"}),
    ("PUT", "/sessions/{id}/messages/{message}", {}, "Hello!"),
    ("GET", "/sessions/{id}/messages/{message}"),
    ("GET", "/sessions/{id}/messages", {"as_of": 2}),
    ("GET", "/sessions/{id}/export"),
    ("GET", "/export"),
    ("POST", "/import", {"session": "imported"}, ["Hi!", ["ai", "Hello!"]]),
    ("PUT", "/sessions/{id}/messages", {}, ["Hello!", "Ho!", "Hum!"]),
    ("PATCH", "/sessions/{id}/messages", {},
     {"replace_suffix": {"expected": ["Hum!"], "replacement": ["Ha!"]}}),
    ("POST", "/sessions/{id}/fork", {}, {"upto": 1}),
    ("POST", "/mcp", {},
     {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
         "name": "append", "arguments": {"session": "m", "messages": ["!"]}}}),
    ("POST", "/mcp", {}, {"jsonrpc": "2.0", "id": 1, "method": "ping"}),
    ("GET", "/v1/models"),
    ("GET", "/v1/models/{model}"),
    ("POST", "/v1/embeddings", {}, {"input": "Hi!"}),
    ("POST", "/v1/completions", {}, {"prompt": "Hi!"}),
    ("POST", "/v1/moderations", {}, {"input": "Hi!"}),
    ("POST", "/v1/rerank", {}, {"query": "Hi!"}),
    ("POST", "/v1/audio/speech", {}, {"input": "Hi!"}),
    ("POST", "/v1/audio/transcriptions", {}, {"model": "m"}, FORM),
    ("POST", "/v1/audio/translations", {}, {"model": "m"}, FORM),
    ("POST", "/v1/images/generations", {}, {"prompt": "Hi!"}),
    ("POST", "/v1/images/edits", {}, {"prompt": "Hi!"}, FORM),
    ("POST", "/v1/images/variations", {}, {"prompt": "Hi!"}, FORM),
    ("POST", "/sessions/{id}/chat", {}, {"input": "Hi!"}),
    ("POST", "/sessions/{id}/chat", {"stream": "true"}, {"input": "Ho!"}),
    ("POST", "/v1/chat/completions", {},
     {"messages": [{"role": "user", "content": "Ho!"}], "stream": True}),
    ("POST", "/v1/chat/completions", {},
     {"messages": [{"role": "user", "content": "Hi!"}]}),
    ("POST", "/v1/responses", {}, {"input": "Hi!"}),
    ("GET", "/v1/responses/{id}"),
    ("GET", "/v1/responses/{id}/input_items", {"order": "asc", "limit": 2}),
    ("POST", "/v1/responses/{id}/cancel"),
    ("DELETE", "/v1/responses/{id}"),
    ("POST", "/v1/conversations", {}, {"metadata": {"topic": "tea"}}),
    ("GET", "/v1/conversations", {"limit": 1}),
    ("GET", "/v1/conversations/{id}"),
    ("POST", "/v1/conversations/{id}", {}, {"metadata": {"topic": "tea"}}),
    ("POST", "/v1/conversations/{id}/items", {}, {"items": [
        {"role": "user", "content": "Tea?", "id": "i1"}]}),
    ("GET", "/v1/conversations/{id}/items", {"order": "asc", "limit": 2}),
    ("GET", "/v1/conversations/{id}/items/{item}"),
    ("DELETE", "/v1/conversations/{id}/items/{item}"),
    ("DELETE", "/sessions/{id}/messages/{message}"),
    ("DELETE", "/sessions/{id}/messages", {"last": 1}),
    ("DELETE", "/sessions/{id}"),
    ("DELETE", "/sessions", {"owner": "ann"}),
    ("POST", "/v1/conversations/{id}/items", {}, {"items": []}),
    ("POST", "/v1/conversations/{id}/items", {}, {"items": [
        {"role": "user", "content": "Tea?"}]}),
    ("DELETE", "/v1/conversations/{id}"),
)


def judge(count, client):
    """The document: valid, the file as it is, not sent twice.

    Returns its operations, without the one whose answer has no end.
    """
    reply = client.get("/openapi.json")
    with open(f"{TOP}/schema/openapi.json", "rb") as file:
        count.check(reply.body == file.read().rstrip(b"\n"),
                    "not schema/openapi.json")
    for error in OpenAPIV31SpecValidator(reply.json()).iter_errors():
        count.check(False, error.message, list(error.absolute_path))
    tag = reply.headers["ETag"]
    count.check(tag.startswith('"'), f"not a strong ETag: {tag}")
    again = client.get("/openapi.json", headers={"If-None-Match": tag})
    count.check((again.status, again.body) == (304, b""),
                f"{again.status} to If-None-Match")
    show(count, reply.json())
    return {(path, method) for path, item in reply.json()["paths"].items()
            for method in item if method != "parameters"
            and path != EVENTS}


def read_examples(document):
    """Each with the place of its schema."""
    todo = [("#", document)]
    while todo:
        place, node = todo.pop()
        if isinstance(node, list):
            todo += [(f"{place}/{at}", one) for at, one in enumerate(node)]
        if not isinstance(node, dict):
            continue
        todo += [("/".join((place, name.replace("~", "~0").replace(
            "/", "~1"))), one) for name, one in node.items()
            if name not in ("example", "examples")]
        if "example" in node:
            yield f"{place}/schema", node["example"]
        if isinstance(node.get("examples"), list):
            yield from ((place, one) for one in node["examples"])


def look(document, node):
    while "$ref" in node:
        place, node = node["$ref"], document
        for name in place[2:].split("/"):
            node = node[name]
    return node


def show(count, document):
    """Each body that an operation takes or gives has an example, which fits.

    A body of any type, which is handed on, has none.
    """
    registry = Registry().with_resource("urn:it", Resource(
        contents=document, specification=DRAFT202012))
    for place, example in read_examples(document):
        for error in OAS31Validator({"$ref": "urn:it" + place},
                                    registry=registry).iter_errors(example):
            count.check(False, place, example, error.message)
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method == "parameters":
                continue
            bodies = [look(document, operation.get("requestBody", {}))] + [
                look(document, answer)
                for status, answer in operation["responses"].items()
                if status.startswith("2")]
            for body in bodies:
                for kind, content in body.get("content", {}).items():
                    schema = look(document, content.get("schema", {}))
                    count.check(kind == "*/*" or "example" in content
                                or "examples" in schema,
                                "no example:", method, path, kind)


def tell(count, server, operations):
    """The story, each reply as described; nothing is left out of it."""
    url = f"http://127.0.0.1:{server.port}"
    document = schemathesis.openapi.from_url(f"{url}/openapi.json")
    made = None
    for method, path, *rest in STORY:
        more = {"query": rest[0]} if rest else {}
        if len(rest) > 1:
            more.update(body=rest[1],
                        media_type=rest[2] if len(rest) > 2 else JSON)
        case = document[path][method].Case(
            path_parameters={"id": made if "responses" in path else "alice",
                             "message": "1", "item": "i1", "model": "m"},
            **more)
        try:
            reply = case.call_and_validate()
            wrong = reply.status_code >= 300 and reply.text
            if path == "/v1/responses":
                made = reply.json()["id"]
            if path.endswith("/cancel"):
                wrong = reply.status_code != 400 and reply.text
        except FailureGroup as failure:
            wrong = "\n".join(map(str, failure.exceptions))
        count.check(not wrong, method, path, rest, wrong)
    told = {(line[1], line[0].lower()) for line in STORY}
    count.check(told == operations, "not in the story, or only there:",
                told ^ operations)


def exercise(count, server):
    """What schemathesis thinks of, at random but every time the same.

    Left out: that whatever violates the document is refused (an unknown
    header is not, and a condition that does not hold comes before the body
    is looked at), that whatever fits it is accepted (a schema cannot say
    which parameters exclude each other), and rules about resources that an
    erased name does not follow: it is free again.  And the one answer that
    does not end.
    """
    run = subprocess.run(
        [SCHEMATHESIS, "run", f"http://127.0.0.1:{server.port}/openapi.json",
         "--no-color", "--exclude-path", EVENTS,
         "--phases", "examples,coverage,fuzzing",
         "--max-examples", str(EXAMPLES), "--generation-deterministic",
         "--suppress-health-check", "all", "--warnings", "off",
         "--exclude-checks", "negative_data_rejection,"
         "positive_data_acceptance,use_after_free,"
         "ensure_resource_availability,ignored_auth"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        cwd=server.directory, env={
            **os.environ, "SCHEMATHESIS_HOOKS": "serializers",
            "PYTHONPATH": os.path.join(TESTS, "clients")})
    count.check(run.returncode == 0, run.stdout[-20000:])
    summary = [line for line in run.stdout.splitlines() if "generated" in line]
    count.check(summary, "schemathesis generated nothing")
    print(*summary)


def measure(count, client, operations):
    """The figures, after all of that: each route is there."""
    reply = client.get("/metrics")
    families = {family.name: family for family
                in text_string_to_metric_families(reply.body.decode())}
    routes = {(sample.labels["route"], sample.labels["method"].lower())
              for sample in families["chatmem_requests"].samples}
    count.check(operations < routes, "not counted:", operations - routes)
    for name in "chatmem_request_seconds", "chatmem_commit_jobs", \
            "chatmem_commit_seconds":
        histogram(count, families[name])
    for family in families.values():
        count.check(family.documentation and family.type != "unknown",
                    f"{family.name} has no HELP or TYPE")


def histogram(count, family):
    """Buckets only grow, and the last of them is the count."""
    series = {}
    for sample in family.samples:
        labels = dict(sample.labels)
        bound = labels.pop("le", None)
        one = series.setdefault(tuple(sorted(labels.items())), {})
        if bound:
            one.setdefault("buckets", []).append((float(bound), sample.value))
        else:
            one[sample.name.rsplit("_", 1)[1]] = sample.value
    count.check(family.type == "histogram" and series,
                f"{family.name} is no histogram")
    for labels, one in series.items():
        values = [value for _, value in sorted(one["buckets"])]
        count.check(values == sorted(values) and values[-1] == one["count"],
                    f"{family.name}{labels}: {one}")


def main():
    count = Count()
    server = Server("--llm-url", Upstream().url, "--llm-model", "m",
                    "--llm-embedding-model", "e")
    client = server.client()
    operations = judge(count, client)
    tell(count, server, operations)
    exercise(count, server)
    measure(count, client, operations)
    client.close()
    count.stopped(server)
    count.close()


if __name__ == "__main__":
    main()
