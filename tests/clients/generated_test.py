#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""generated_test.py - clients that generators make of openapi.json work.

openapi-python-client, @hey-api/openapi-ts, openapi-generator (where there is a
Maven) and oapi-codegen (for Go, where there is a Go) make one; with each a
program, which its compiler accepts, appends, saves, loads, reads a window,
pages a list and gets an error that has a type.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import TESTS, TOP, Count, Server

HERE = os.path.join(TESTS, "clients", "generated")
DOCUMENT = os.path.join(TOP, "schema", "openapi.json")
PYTHON = os.environ.get("GENERATED_PYTHON", os.path.join(
    TOP, "build-test", "python-generated"))
NODE = os.environ.get("GENERATED_NODE", os.path.join(
    TOP, "build-test", "node-generated"))
OAPI_CODEGEN = "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2"
OPENAPI_GENERATOR = "org.openapitools:openapi-generator-cli:7.25.0"
PATIENCE = 1200  # Go compiles its generator

SEEN = {"version": 1, "window": [2, 3],
        "history": "Human: Hi!\nHuman: Tea?\nAI: Green.",
        "sessions": ["made/1", "made/2"], "error": "not_found"}
SEEN_WITHOUT_APPENDS = {
    "version": 2, "history": "Human: Tea?\nAI: Green.",
    "sessions": ["made/1"], "error": 404}

count = Count()


def run(*command, **more):
    done = subprocess.run(command, text=True, capture_output=True,
                          timeout=PATIENCE, **more)
    count.check(done.returncode == 0, command, done.stdout, done.stderr)
    return done.stdout


def use(name, *command, wanted=SEEN):
    server = Server()
    printed = run(*command, f"http://127.0.0.1:{server.port}")
    seen = json.loads(printed) if printed else None
    count.check(seen == wanted, name, seen)
    count.stopped(server)


def test_python(directory):
    run(f"{PYTHON}/bin/openapi-python-client", "generate", "--path", DOCUMENT,
        "--output-path", os.path.join(directory, "made"), "--meta", "none")
    use("Python", f"{PYTHON}/bin/python", os.path.join(HERE, "client.py"),
        directory)


def compile_typescript(directory, name):
    program = shutil.copy(os.path.join(HERE, f"{name}.ts"), directory)
    run(f"{NODE}/node_modules/.bin/tsc", "--strict", "--target", "es2022",
        "--module", "commonjs", "--moduleResolution", "node10",
        "--lib", "es2022,dom,dom.iterable", "--outDir", directory, program)


def test_typescript(directory):
    run(f"{NODE}/node_modules/.bin/openapi-ts", "-i", DOCUMENT,
        "-o", os.path.join(directory, "made"), cwd=directory)
    compile_typescript(directory, "client")
    use("TypeScript", "node", os.path.join(directory, "client.js"))


def test_openapi_generator(directory):
    run("mvn", "-q", "-B", "dependency:copy",
        f"-Dartifact={OPENAPI_GENERATOR}", f"-DoutputDirectory={directory}",
        "-Dmdep.stripVersion=true", cwd=directory)
    jar = os.path.join(directory, "openapi-generator-cli.jar")
    run("java", "-jar", jar, "generate", "-i", DOCUMENT, "-g", "python",
        "--package-name", "made", "-o", directory)
    use("Python, by openapi-generator", f"{PYTHON}/bin/python",
        os.path.join(HERE, "models.py"), directory)
    shutil.rmtree(os.path.join(directory, "made"))
    run("java", "-jar", jar, "generate", "-i", DOCUMENT,
        "-g", "typescript-fetch", "-o", os.path.join(directory, "made"))
    compile_typescript(directory, "fetch")
    use("TypeScript, by openapi-generator", "node",
        os.path.join(directory, "fetch.js"), wanted=SEEN_WITHOUT_APPENDS)


def test_go(directory):
    for name in "main.go", "go.mod", "go.sum":
        shutil.copy(os.path.join(HERE, name), directory)
    made = run("go", "run", OAPI_CODEGEN, "-generate", "types,client",
               "-package", "main", DOCUMENT, cwd=tempfile.gettempdir())
    with open(os.path.join(directory, "made.go"), "w") as file:
        file.write(made)
    run("go", "build", "-mod=mod", "-o", "made", ".", cwd=directory)
    use("Go", os.path.join(directory, "made"))


def main():
    with tempfile.TemporaryDirectory() as directory:
        test_python(directory)
    with tempfile.TemporaryDirectory() as directory:
        test_typescript(directory)
    if shutil.which("mvn"):
        with tempfile.TemporaryDirectory() as directory:
            test_openapi_generator(directory)
    if shutil.which("go"):
        with tempfile.TemporaryDirectory() as directory:
            test_go(directory)
    count.close()


if __name__ == "__main__":
    main()
