#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""plugin_test.py - a memory class of one's own, from what is installed.

plugin_questions.c is built in a fresh directory with nothing but the output of
`cmake --install` and pkg-config, loaded by the program that was installed, and
used over HTTP.  Plugins that cannot be loaded are refused in words at the
start; one that does wrong costs its requests and not the server.
"""

import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import harness
from harness import CHATMEM, PATIENCE, TESTS, Count, Server

HEAD = """#include <chatmem/memory.h>
int load(struct memory *memory);
int load(struct memory *memory) { %s }
const struct memory_class chatmem_memory_class = {
	.interface = %s, .name = %s, .load_variables = %s };
"""


def run(*command, **more):
    return subprocess.run(command, capture_output=True, text=True, **more)


class Workshop:
    """A fresh directory, and what was installed beside it."""

    def __init__(self):
        self.top = tempfile.mkdtemp(prefix="chatmem-plugin-")
        self.prefix = os.path.join(self.top, "installed")
        self.directory = os.path.join(self.top, "mine")
        os.mkdir(self.directory)

    def install(self):
        return run("cmake", "--install", os.path.dirname(CHATMEM),
                   "--prefix", self.prefix)

    def path(self, name):
        return os.path.join(self.directory, name)

    def build(self, name):
        """NAME.so from NAME.c; the compiler's words if it does not work."""
        env = {"PATH": os.environ["PATH"], "PKG_CONFIG_PATH": os.path.join(
            self.prefix, "share", "pkgconfig")}
        return run("sh", "-c", "cc -std=c11 -Wall -Wextra -Wpedantic -Werror "
                   "-shared -fPIC $(pkg-config --cflags chatmem) "
                   f"-o {name}.so {name}.c", cwd=self.directory, env=env).stderr

    def write(self, name, body="return 0;", interface="MEMORY_INTERFACE",
              called=None, load="load"):
        with open(self.path(name + ".c"), "w", encoding="utf-8") as file:
            file.write(HEAD % (body, interface, called or f'"{name}"', load))
        return self.build(name)


def questions(count, shop):
    shutil.copy(f"{TESTS}/server/plugin_questions.c", shop.path("questions.c"))
    words = shop.build("questions")
    if not count.check(not words, words):
        return
    server = Server("--memory-plugin", shop.path("questions.so"))
    client = server.client()
    reply = client.request("PUT", "/sessions/s", {
        "memory": {"class": "questions"}})
    count.check(reply.status == 201, reply.body)
    for said in ("Hi!", "How are you?", "Fine.", "\"Why\" \u2014 so?"):
        client.post("/sessions/s/save", {"inputs": {"input": said},
                                         "outputs": {"output": "Well?"}})
    client.post("/sessions/s/messages", ["And now?", "Good."])
    want = {"questions": ["How are you?", "\"Why\" \u2014 so?", "And now?"]}
    reply = client.get("/sessions/s/load")
    count.check(reply.json() == want and reply.headers["ETag"], reply.body)
    client.request("PUT", "/sessions/both", {"memory": {
        "class": "combined", "memories": [
            {}, {"class": "questions", "memory_key": "asked"}]}})
    client.post("/sessions/both/save", {"inputs": {"input": "Who?"},
                                        "outputs": {"output": "Me."}})
    shown = client.get("/sessions/both/load").json()
    count.check(shown == {"history": "Human: Who?\nAI: Me.",
                          "asked": ["Who?"]}, shown)
    reply = client.get("/sessions/s/load?class=elephant")
    count.check(b"questions" in reply.body, reply.body)
    count.stopped(server)


def refused(count, shop, files, *words):
    """The server does not start, and says why."""
    done = run(harness.CHATMEM, "--listen", "127.0.0.1:0", "--db",
               shop.path("x.db"), "--memory-plugin", files,
               timeout=PATIENCE, cwd=shop.directory)
    count.check(done.returncode not in (0, -11) and
                all(word in done.stderr for word in words),
                files, done.returncode, done.stderr)


def refusals(count, shop):
    for name, more in (("newer", {"interface": "MEMORY_INTERFACE + 1"}),
                       ("buffer", {}), ("nameless", {"called": "0"}),
                       ("idle", {"load": "0"}), ("good", {})):
        words = shop.write(name, "(void)memory; return 0;", **more)
        count.check(not words, name, words)
    with open(shop.path("other.c"), "w", encoding="utf-8") as file:
        file.write("int other;\n")
    shop.build("other")
    refused(count, shop, "newer.so", "newer.so", "version 3", "version 2")
    refused(count, shop, "buffer.so", 'a class "buffer" already')
    refused(count, shop, "good.so,./good.so", 'a class "good" already')
    refused(count, shop, "nameless.so", "no name")
    refused(count, shop, "idle.so", "loads no variables")
    refused(count, shop, "other.so", "chatmem_memory_class")
    refused(count, shop, "good.c", "good.c")
    refused(count, shop, "absent.so", "absent.so")


def mischief(count, shop):
    """Within the interface a plugin may do what it likes."""
    acts = {
        "silent": "(void)memory; return -1;",
        "strange": "(void)memory; return 42;",
        "rubbish": 'memory->host->variable(memory, MEMORY_TEXT("v")); '
                   'return memory->host->json(memory, MEMORY_TEXT("{]"));',
        "twice": 'memory->host->variable(memory, MEMORY_TEXT("v")); '
                 'memory->host->json(memory, MEMORY_TEXT("1")); '
                 'memory->host->variable(memory, MEMORY_TEXT("v")); '
                 'return memory->host->json(memory, MEMORY_TEXT("1"));',
        "failing": 'return memory->host->fail(memory, "%s", "bad day");',
        "asking": "struct slice a; return memory->host->ask(memory, "
                  'MEMORY_COMPLETE, MEMORY_TEXT("?"), &a);',
    }
    for name, body in acts.items():
        words = shop.write(name, body)
        count.check(not words, name, words)
    server = Server("--memory-plugin", ",".join(
        shop.path(name + ".so") for name in acts))
    client = server.client()
    for name, status in (("silent", 500), ("strange", 500), ("rubbish", 500),
                         ("twice", 400), ("failing", 500), ("asking", 501)):
        client.request("PUT", f"/sessions/{name}",
                       {"memory": {"class": name}})
        reply = client.get(f"/sessions/{name}/load")
        count.check(reply.status == status and "error" in reply.json(),
                    name, reply.status, reply.body)
        reply = client.get(f"/sessions/{name}/load?class=buffer")
        count.check(reply.status == 200, name, reply.body)
    count.stopped(server)


def main():
    count, shop = Count(), Workshop()
    done = shop.install()
    count.check(done.returncode == 0, done.stdout, done.stderr)
    for name in ("bin/chatmem", "include/chatmem/memory.h",
                 "share/pkgconfig/chatmem.pc"):
        count.check(os.path.exists(os.path.join(shop.prefix, name)), name)
    harness.CHATMEM = os.path.join(shop.prefix, "bin", "chatmem")
    for test in (questions, refusals, mischief):
        test(count, shop)
    shutil.rmtree(shop.top)
    count.close()


if __name__ == "__main__":
    main()
