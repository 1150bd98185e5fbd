#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""generated_test.py - clients that generators make of openapi.json work.

openapi-python-client, @hey-api/openapi-ts, oapi-codegen and, where there is a
Maven, openapi-generator (for Python, TypeScript, Go and Java) make one; with
each a program, which its compiler accepts, appends a list and a text, saves,
loads, reads a window, pages a list and gets an error that has a type.
"""

import glob
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
GO = os.environ.get("GENERATED_GO", os.path.join(
    TOP, "build-test", "go", "bin", "go"))
OAPI_CODEGEN = "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2"
OPENAPI_GENERATOR = "org.openapitools:openapi-generator-cli:7.25.0"
PATIENCE = 1200  # Go compiles its generator

SEEN = {"version": 1, "window": [2, 3],
        "history": "Human: Hi!\nHuman: Tea?\nAI: Green.",
        "sessions": ["made/1", "made/2"], "error": "not_found"}

count = Count()


def run(*command, **more):
    done = subprocess.run(command, text=True, capture_output=True,
                          timeout=PATIENCE, **more)
    count.check(done.returncode == 0, command, done.stdout, done.stderr)
    return done.stdout


def use(name, *command):
    server = Server()
    printed = run(*command, f"http://127.0.0.1:{server.port}")
    seen = json.loads(printed) if printed else None
    count.check(seen == SEEN, name, seen)
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


def generate(jar, generator, directory, *options):
    run("java", "-jar", jar, "generate", "-i", DOCUMENT, "-g", generator,
        "-o", directory, *options)


def test_models_python(jar, directory):
    generate(jar, "python", directory, "--package-name", "made")
    use("Python, by openapi-generator", f"{PYTHON}/bin/python",
        os.path.join(HERE, "models.py"), directory)


def test_models_typescript(jar, directory):
    generate(jar, "typescript-fetch", os.path.join(directory, "made"))
    compile_typescript(directory, "fetch")
    use("TypeScript, by openapi-generator", "node",
        os.path.join(directory, "fetch.js"))


def test_models_go(jar, directory):
    generate(jar, "go", os.path.join(directory, "made"),
             "--package-name", "made", "-p", "withGoMod=false")
    shutil.copy(os.path.join(HERE, "models.go"), directory)
    run(GO, "mod", "init", "client", cwd=directory)
    run(GO, "build", "-o", "used", ".", cwd=directory)
    use("Go, by openapi-generator", os.path.join(directory, "used"))


def test_models_java(jar, directory):
    made, classes = (os.path.join(directory, name)
                     for name in ("made", "classes"))
    path = os.pathsep.join((classes, os.path.join(made, "jars", "*")))
    generate(jar, "java", made, "--global-property",
             "models,apis,supportingFiles,modelTests=false,apiTests=false")
    run("mvn", "-q", "-B", "dependency:copy-dependencies",
        "-DincludeScope=compile", "-DoutputDirectory=jars", cwd=made)
    run("javac", "-nowarn", "-cp", path, "-d", classes,
        os.path.join(HERE, "Client.java"), *glob.glob(os.path.join(
            made, "src", "main", "java", "**", "*.java"), recursive=True))
    use("Java, by openapi-generator", "java", "-cp", path, "Client")


def test_openapi_generator(directory):
    run("mvn", "-q", "-B", "dependency:copy",
        f"-Dartifact={OPENAPI_GENERATOR}", f"-DoutputDirectory={directory}",
        "-Dmdep.stripVersion=true", cwd=directory)
    jar = os.path.join(directory, "openapi-generator-cli.jar")
    for test in (test_models_python, test_models_typescript, test_models_go,
                 test_models_java):
        with tempfile.TemporaryDirectory() as made:
            test(jar, made)


def test_go(directory):
    for name in "main.go", "go.mod", "go.sum":
        shutil.copy(os.path.join(HERE, name), directory)
    made = run(GO, "run", OAPI_CODEGEN, "-generate", "types,client",
               "-package", "main", DOCUMENT, cwd=tempfile.gettempdir())
    with open(os.path.join(directory, "made.go"), "w") as file:
        file.write(made)
    run(GO, "build", "-mod=mod", "-o", "made", ".", cwd=directory)
    use("Go", os.path.join(directory, "made"))


def main():
    with tempfile.TemporaryDirectory() as directory:
        test_python(directory)
    with tempfile.TemporaryDirectory() as directory:
        test_typescript(directory)
    if shutil.which("mvn"):
        with tempfile.TemporaryDirectory() as directory:
            test_openapi_generator(directory)
    with tempfile.TemporaryDirectory() as directory:
        test_go(directory)
    count.close()


if __name__ == "__main__":
    main()
