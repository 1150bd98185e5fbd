#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""deploy_test.py - the examples of server/deploy/ and README.md are true.

What Kubernetes is told is compared with what the Dockerfile and the program
say.  With CHATMEM_TEST_TOOLS, a directory that has Kubernetes' schemas, nginx,
Caddy, zsh and fish, as the long run has, these read what is meant for them.
"""

import glob
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [TESTS, os.path.join(TESTS, "server")]

import yaml

from harness import CHATMEM, PATIENCE, TOP, Count, Server, free_port, \
    listens, wait_for
from readme_test import blocks, readme

DEPLOY = os.path.join(TOP, "server", "deploy")
TOOLS = os.environ.get("CHATMEM_TEST_TOOLS")
KEY = "acme:secret"

count = Count()


def equal(seen, wanted, *words):
    count.check(seen == wanted, *words, "is", seen, "not", wanted)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def run(*command, **more):
    return subprocess.run(command, text=True, capture_output=True,
                          timeout=PATIENCE, check=False, **more)


def settings():
    """The names that the environment may have, by the program's own list."""
    said = run(CHATMEM, "--help").stdout
    return {"CHATMEM_" + flag.upper().replace("-", "_")
            for flag in re.findall(r"^  --([a-z-]+)", said, re.M)} | set(
                re.findall(r"\bCHATMEM_[A-Z_]+", said))


def dockerfile():
    """The last word of each instruction."""
    return {line.split()[0]: line.split()[-1]
            for line in read(f"{TOP}/Dockerfile").splitlines() if line}


# --- Kubernetes --------------------------------------------------------------


def test_pod(name, pod, claims):
    """Rights, mounts and times of a pod."""
    image, container = dockerfile(), pod["containers"][0]
    user, group = (int(part) for part in image["USER"].split(":"))
    rights = pod["securityContext"]
    equal(rights["runAsNonRoot"], True, name, "runAsNonRoot")
    equal((rights["runAsUser"], rights["runAsGroup"], rights["fsGroup"]),
          (user, group, group), name, "the user")
    rights = container["securityContext"]
    equal((rights["readOnlyRootFilesystem"], rights["capabilities"],
           rights["allowPrivilegeEscalation"]), (True, {"drop": ["ALL"]},
                                                 False), name, "rights")
    equal(container["ports"][0]["containerPort"], int(image["EXPOSE"]), name)
    places = {mount["mountPath"]: mount["name"]
              for mount in container["volumeMounts"]}
    equal(set(places.values()),
          {volume["name"] for volume in pod["volumes"]} | claims, name)
    count.check(not claims or image["VOLUME"] in places, name, "no data")
    for entry in container["env"]:
        count.check(entry["name"] in settings(), name, entry)
        if entry["value"].startswith("/"):
            count.check(os.path.dirname(entry["value"]) in places, entry)
    count.check(set(container["resources"]) == {"requests", "limits"}, name)
    test_times(name, pod, {e["name"]: e["value"] for e in container["env"]})


def test_times(name, pod, env):
    """It is not killed while it drains."""
    container = pod["containers"][0]
    wait = container.get("lifecycle", {}).get("preStop", {}).get(
        "sleep", {}).get("seconds", 0)
    drain = int(env["CHATMEM_DRAIN_TIMEOUT"])
    count.check(pod["terminationGracePeriodSeconds"] >= wait + drain + 10,
                name, "is killed while it drains")


def test_probes(name, pod):
    """What the kubelet asks, without a key and by the pod's address."""
    with tempfile.TemporaryDirectory() as place:
        with open(f"{place}/api-keys", "w", encoding="ascii") as file:
            file.write(KEY + "\n")
        with Server("--api-keys", f"{place}/api-keys") as server:
            client = server.client()
            for probe in "startupProbe", "livenessProbe", "readinessProbe":
                path = pod["containers"][0][probe]["httpGet"]["path"]
                equal(client.get(path, headers={"Host": "10.9.8.7:8080"})
                      .status, 200, name, probe)
            client.close()


def test_kubernetes(path):
    name = os.path.basename(path)
    things = {thing["kind"]: thing
              for thing in yaml.safe_load_all(read(path))}
    work = things.get("StatefulSet") or things["Deployment"]
    template = work["spec"]["template"]
    labels = template["metadata"]["labels"]
    equal(work["spec"]["selector"]["matchLabels"], labels, name)
    equal(things["Service"]["spec"]["selector"], labels, name)
    equal(things["Service"]["spec"]["ports"][0]["targetPort"],
          template["spec"]["containers"][0]["ports"][0]["name"], name)
    shared = any(entry["name"] == "CHATMEM_DB_URL_FILE"
                 for entry in template["spec"]["containers"][0]["env"])
    equal(work["spec"]["replicas"], 2 if shared else 1, name)
    test_pod(name, template["spec"],
             {claim["metadata"]["name"] for claim in
              work["spec"].get("volumeClaimTemplates", ())})
    test_probes(name, template["spec"])
    if TOOLS:
        said = run(f"{TOOLS}/python/bin/kubernetes-validate", "--strict",
                   path)
        equal(said.returncode, 0, name, said.stdout, said.stderr)


def test_compose():
    for name, part in yaml.safe_load(
            read(f"{DEPLOY}/compose.yaml"))["services"].items():
        for setting in part.get("environment", {}):
            count.check(setting in settings() or
                        setting.startswith("POSTGRES_"), name, setting)


# --- what it is made of -------------------------------------------------------


def test_sbom():
    """Every library that is loaded is of a package that is named."""
    with tempfile.TemporaryDirectory() as root:
        said = run(f"{DEPLOY}/sbom", CHATMEM, root)
        equal((said.returncode, said.stderr), (0, ""), "sbom")
        sbom = json.loads(said.stdout)
        ids = {package["SPDXID"] for package in sbom["packages"]}
        names = {package["name"] for package in sbom["packages"]}
        equal(len(ids), len(sbom["packages"]), "ids")
        equal({relation["relatedSpdxElement"]
               for relation in sbom["relationships"]}, ids, "relations")
        count.check(all(re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", one)
                        for one in ids), ids)
        count.check({"libsqlite3-0", "libjansson4", "libc6"} <= names, names)
        equal(set(os.listdir(f"{root}/usr/share/doc")), names - {"chatmem"},
              "licences")
        equal(set(os.listdir(f"{root}/var/lib/dpkg/status.d")),
              names - {"chatmem"}, "for scanners")
        for name in names - {"chatmem"}:
            place = f"/usr/share/doc/{name}/copyright"
            equal(read(root + place), read(place), "the licence of", name)
        once = [path for path in glob.glob(f"{root}/usr/share/doc/*/copyright")
                if not os.path.islink(path)]
        equal(len({read(path) for path in once}), len(once), "once")
        if TOOLS:
            path = f"{root}/sbom.spdx.json"
            with open(path, "w", encoding="utf-8") as file:
                file.write(said.stdout)
            said = run(f"{TOOLS}/python/bin/pyspdxtools", "-i", path)
            equal(said.returncode, 0, "SPDX", said.stdout, said.stderr)


def paragraphs(text):
    """Debian's: fields by name, lines that go on without their space."""
    for part in text.rstrip("\n").split("\n\n"):
        fields = {}
        for line in part.split("\n"):
            if not line.startswith(" "):
                name, _, line = line.partition(":")
                fields[name] = []
            fields[name].append(line.strip().removeprefix("."))
        yield {name: "\n".join(lines) for name, lines in fields.items()}


def sources():
    """What a package is built from, with the paths of the repository."""
    for room in "core", "schema", "server":
        for directory, _, names in os.walk(f"{TOP}/{room}"):
            for name in names:
                path = os.path.join(directory, name)
                if "__pycache__" not in path:
                    yield os.path.relpath(path, TOP)


def test_copyright():
    """Every licence that a source names, with its words; DEP-5."""
    head, *rest = paragraphs(read(f"{DEPLOY}/debian/copyright"))
    equal(head["Format"], "https://www.debian.org/doc/packaging-manuals/"
          "copyright-format/1.0/", "copyright")
    files = [part for part in rest if "Files" in part]
    texts = {name: text for name, _, text in (
        part["License"].partition("\n") for part in rest
        if "Files" not in part)}
    equal({part["License"] for part in files}, set(texts), "licences")
    title, owner, words = read(f"{TOP}/LICENSE").rstrip("\n").split("\n\n", 2)
    equal((title, texts["Expat"]), ("MIT License", words), "Expat")
    equal((files[0]["Files"], "Copyright (c) " + files[0]["Copyright"]),
          ("*", owner), "all files")
    named = {path for part in files[1:] for path in part["Files"].split()}
    quoting = set()
    for path in sources():
        text = read(f"{TOP}/{path}")
        count.check(set(re.findall(r"SPDX-License-Identifier: (\S+)", text))
                    <= {"MIT"}, path, "has another licence")
        if re.search(r"LangChain's(?: prompts, byte for byte)?\. \*/\n"
                     r"(?:#.*\n|\n)*(?:static )?const char", text):
            quoting.add(path)
    equal(quoting, named, "the words of others")


# --- proxies -----------------------------------------------------------------


def example(language):
    return next(block for name, block in blocks(readme()) if name == language)


def nginx(place, port, server):
    """README's, with a certificate, another port and its own directories."""
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj",
        "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout",
        f"{place}/key.pem", "-out", f"{place}/cert.pem")
    text = example("nginx").replace("listen 443", f"listen {port}")
    text = re.sub(r"/etc/ssl/certs/\S+\.pem", f"{place}/cert.pem", text)
    text = re.sub(r"/etc/ssl/private/\S+\.key", f"{place}/key.pem", text)
    text = text.replace("127.0.0.1:8080", f"127.0.0.1:{server.port}")
    own = "".join(f"{kind}_temp_path {place}/{kind};\n" for kind in (
        "client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    with open(f"{place}/nginx.conf", "w", encoding="ascii") as file:
        file.write("daemon off; error_log stderr; "
                   f"pid {place}/pid;\nevents {{}}\n"
                   f"http {{ access_log off;\n{own}{text}}}\n")
    return [f"{TOOLS}/usr/sbin/nginx", "-p", place, "-e", "stderr", "-c",
            f"{place}/nginx.conf"]


def caddy(place, port, server):
    """README's, with a certificate that it makes itself."""
    text = example("caddyfile").replace("chat.example", "localhost:%d" % port)
    text = text.replace("127.0.0.1:8080", f"127.0.0.1:{server.port}")
    text = text.replace("{\n", "{\n    tls internal\n", 1)
    with open(f"{place}/Caddyfile", "w", encoding="ascii") as file:
        file.write("{\n    admin off\n    skip_install_trust\n"
                   "    auto_https disable_redirects\n}\n" + text)
    return [f"{TOOLS}/usr/bin/caddy", "run", "--adapter", "caddyfile",
            "--config", f"{place}/Caddyfile"]


class Encrypted:
    """One request over TLS, read as it comes."""

    def __init__(self, port, path, key=True, method="GET", body=""):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.socket = context.wrap_socket(
            socket.create_connection(("localhost", port), PATIENCE),
            server_hostname="localhost")
        self.socket.sendall((
            f"{method} {path} HTTP/1.1\r\nHost: localhost:{port}\r\n"
            + ("X-API-Key: secret\r\n" if key else "")
            + f"Content-Length: {len(body)}\r\n\r\n{body}").encode())
        self.got = b""

    def comes(self, words):
        """Waits until it has these."""
        while words not in self.got:
            more = self.socket.recv(65536)
            if not more:
                return False
            self.got += more
        return True


def test_proxy(make):
    """Keys, a name with a slash in it, and a tail that is not held back."""
    name, port = make.__name__, free_port()
    with tempfile.TemporaryDirectory() as place, Server(
            "--trusted-proxy", "127.0.0.1,::1",
            env={"CHATMEM_API_KEY": KEY}) as server:
        proxy = subprocess.Popen(
            make(place, port, server), stderr=subprocess.PIPE,
            env={**os.environ, "HOME": place, "XDG_DATA_HOME": place})
        try:
            wait_for(lambda: listens(port) or proxy.poll() is not None)
            refused = Encrypted(port, "/sessions", key=False)
            count.check(refused.comes(b" 401 "), name, refused.got)
            tail = Encrypted(port, "/sessions/a%2Fb/events?after=0")
            count.check(tail.comes(b"text/event-stream"), name, tail.got)
            said = Encrypted(port, "/sessions/a%2Fb/messages", method="POST",
                             body='"over TLS"')
            count.check(said.comes(b'"session":"a/b"'), name, said.got)
            count.check(tail.comes(b"over TLS"), name, tail.got)
            tail.socket.close()
        finally:
            proxy.terminate()
            count.check(proxy.wait(PATIENCE) == 0, name,
                        proxy.stderr.read().decode()[-2000:])


# --- shells ------------------------------------------------------------------


def test_completion():
    """As the shells read it, and what fish makes of it."""
    functions = f"{TOOLS}/usr/share/fish/functions"
    with tempfile.TemporaryDirectory() as place:
        for shell, check in (("zsh", f"{TOOLS}/bin/zsh -fn"),
                             ("fish", f"{TOOLS}/usr/bin/fish --no-config -n")):
            path = f"{place}/chatmem.{shell}"
            with open(path, "w", encoding="utf-8") as file:
                file.write(run(CHATMEM, "completion", shell).stdout)
            said = run(*check.split(), path)
            equal((said.returncode, said.stderr), (0, ""), shell)
        for typed, wanted in (("ba", "backup\t"), ("show --las", "--last\t"),
                              ("serve --durability n", "normal"), ("", "")):
            said = run(f"{TOOLS}/usr/bin/fish", "--no-config", "-c",
                       f"set fish_function_path {functions}; "
                       f"source {path}; complete -C 'chatmem {typed}'",
                       env={**os.environ, "HOME": place})
            count.check(wanted in said.stdout and "\\" not in said.stdout,
                        "fish", typed, said.stdout, said.stderr)


def main():
    for path in sorted(glob.glob(f"{DEPLOY}/kubernetes*.yaml")):
        test_kubernetes(path)
    test_compose()
    test_sbom()
    test_copyright()
    if TOOLS:
        test_proxy(nginx)
        test_proxy(caddy)
        test_completion()
    count.close()


if __name__ == "__main__":
    main()
