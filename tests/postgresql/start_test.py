#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""start_test.py - starts that cannot be, and what is said then.

Each is refused in a sentence that says what to do, and nothing that can be
seen of the process has the password.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from cluster import AS_USER, Database
from harness import CHATMEM, PATIENCE, Count, Server, free_port, wait_for

LOCALES = tempfile.TemporaryDirectory(prefix="chatmem-locales-")
SECRET = "s3c/r@t?&1"
QUOTED = "s3c%2Fr%40t%3F%261"

PREPARE = f"""
CREATE ROLE guest LOGIN PASSWORD '{SECRET}';
CREATE ROLE walled LOGIN PASSWORD '{SECRET}';
CREATE ROLE few LOGIN PASSWORD '{SECRET}' CONNECTION LIMIT 0;
CREATE DATABASE own OWNER guest;
CREATE DATABASE taken OWNER guest;
CREATE DATABASE flown OWNER guest;
CREATE DATABASE bare;
CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'
    TEMPLATE template0;
CREATE DATABASE shut ALLOW_CONNECTIONS false;
CREATE DATABASE closed;
REVOKE CONNECT ON DATABASE closed FROM PUBLIC;
\\c taken
CREATE TABLE orders (id int);
\\c flown
CREATE TABLE schema_version (version text);
"""

# The URL behind the scheme, its environment, what is said.
REFUSED = (
    ("guest@{unused}/own", {}, "Connection refused", "check host and port"),
    ("guest@{silent}/own", {}, "timeout expired", "check host and port"),
    ("guest@no.such.invalid/own", {}, "could not translate host name",
     "check the host"),
    ("guest@{host}/own", {}, "no password supplied", "--db-url-file"),
    ("guest:wr0ng@{host}/own", {}, "password authentication failed",
     "PGPASSFILE"),
    ("guest@{host}/own", {"PGPASSWORD": "wr0ng"},
     "password authentication failed", "PGPASSFILE"),
    ("nobody:wr0ng@{host}/own", {}, "failed", "password"),
    ("guest:{secret}@{host}/none", {}, 'database "none" does not exist',
     "CREATE DATABASE"),
    ("guest:{secret}@{host}/closed", {}, "permission denied for database",
     "GRANT CONNECT"),
    ("guest:{secret}@{host}/taken", {}, 'tables of another program ("orders")',
     "CREATE SCHEMA chatmem"),
    ("guest:{secret}@{host}/flown", {},
     'tables of another program ("schema_version")', "CREATE SCHEMA chatmem"),
    ("guest:{secret}@{host}/bare", {}, 'may not make tables',
     'GRANT CREATE, USAGE ON SCHEMA "public" TO "guest"'),
    ("guest:{secret}@{host}/own?options=-csearch_path%3Dnowhere", {},
     "names no schema", "CREATE SCHEMA"),
    ("guest:{secret}@{host}/latin", {}, 'database "latin" is LATIN1',
     "ENCODING 'UTF8'"),
    ("guest:{secret}@{host}/own?options="
     "-cdefault_transaction_read_only%3Don", {}, "",
     "default_transaction_read_only = off"),
    ("guest:{secret}@{host}/shut", {}, "not currently accepting connections",
     "ALLOW_CONNECTIONS"),
    ("walled:{secret}@{host}/own", {}, "pg_hba.conf rejects",
     "lets it in from here"),
    ("few:{secret}@{host}/own", {}, "too many connections",
     "CONNECTION LIMIT"),
    ("guest:{secret}@{host}/own?options=-cfsync%3Doff", {}, "fsync",
     "check ?options"),
    ("guest:{secret}@{host}/own?options=-cno_such%3Doff", {}, "no_such",
     "check ?options"),
    ("guest:{secret}@{host}/own?sslmode=require", {}, "SSL", "check ?sslmode"),
    # A password that was not written as a URL wants it.
    ("guest:s3c/r@{host}/own", {}, "cannot be read", "p@ss is p%40ss"),
    ("guest:s3c@r@{host}/own", {}, "cannot be read", "p@ss is p%40ss"),
    ("guest:12/s3c@{host}/own", {}, "cannot be read", "p@ss is p%40ss"),
    ("guest:%zs3c@{host}/own", {}, "cannot be read", "p@ss is p%40ss"),
    ("guest@{host}/own?password=s3c%zz", {}, "cannot be read", "p%40ss"),
    ("{host}/own?passw%6frd=s3c&sslmode=s3", {}, "sslmode", "sslmode"))


# As these, of --db-listen.
UNHEARD = (
    ("postgresql://guest:s3c@{unused}/own", "Connection refused",
     "check host and port"),
    ("postgresql://guest:s3c@r@{host}/own", "cannot be read", "p%40ss"),
    ("postgresql://guest:wr0ng@{host}/own", "password authentication failed",
     "PGPASSFILE"),
    ("host=127.0.0.1 user=guest password=s3c", "say postgresql://"),
    ("{host}", "say postgresql://"))


def german():
    """Where the server finds a German locale, if it can be made."""
    os.chmod(LOCALES.name, 0o755)
    with contextlib.suppress(OSError):
        subprocess.run(["localedef", "-i", "de_DE", "-f", "UTF-8",
                        f"{LOCALES.name}/de_DE.UTF-8"], check=False,
                       capture_output=True)
    return LOCALES.name


def no_secret(words):
    return "s3c" not in words and "wr0ng" not in words


def run(*arguments, env=None):
    clean = {name: value for name, value in os.environ.items()
             if not name.startswith(("CHATMEM", "PG"))}
    done = subprocess.run([CHATMEM, *arguments], env={**clean, **(env or {})},
                          capture_output=True, text=True, check=False,
                          timeout=PATIENCE, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr


def refused(count, places):
    for number, (url, env, *words) in enumerate(REFUSED):
        url = ("postgresql", "postgres")[number % 9 == 0] + "://" + \
            url.format(**places)
        arguments, more = ((["--db", url], {}), ([f"--db={url}"], {}),
                           ([], {"CHATMEM_DB": url}))[number % 3]
        status, out, said = run(*arguments, "--listen", "127.0.0.1:0",
                                "--db-wait", "1", env={**env, **more})
        count.check(status in (1, 2) and not out and
                    all(word in said for word in words) and
                    said.count("\n") == 1 + said.count("tried again"),
                    arguments, words, said)
        count.check(no_secret(said), "the password is shown", said)


def translated(count, database, places):
    """What is said to do is no question of the server's language."""
    if database.refuses("ALTER SYSTEM SET lc_messages = 'de_DE.UTF-8';"
                        "SELECT pg_reload_conf()"):
        print("no German locale: what it says there is not tried")
        return
    for url, env, _, advice in REFUSED:
        url = "postgresql://" + url.format(**places)
        said = run("--db", url, "--listen", "127.0.0.1:0", "--db-wait", "1",
                   env=env)[2]
        count.check(advice in said, url, advice, said)
    database.refuses("ALTER SYSTEM RESET lc_messages;"
                     "SELECT pg_reload_conf()")


def in_other_words(count, database, places):
    """Hosts and schemas that something else names than the URL's host."""
    url = "postgresql://guest:{secret}@{host}/own".format(**places)
    database.refuses("CREATE SCHEMA first AUTHORIZATION guest", "own")
    path = url + "?options=-csearch_path%3Dfirst,public"
    with Server("--db", url) as server, Server("--db", path) as other:
        reply = server.client().post("/sessions/path/messages", '"x"')
        there = other.client().get("/sessions/path/messages")
        count.check(there.headers["ETag"] == reply.headers["ETag"],
                    "behind an empty schema", there.body)
    database.refuses("CREATE TABLE first.message (id int)", "own")
    said = run("--db", path, "--listen", "127.0.0.1:0")[2]
    count.check('finds another "message"' in said and "search_path%3D" in said,
                "another one's table before ours", said)
    count.check(run("export", "--db", path)[0] == 1, "an export")
    database.refuses("DROP SCHEMA first CASCADE", "own")


def ways_to(database, standby):
    """Of a standby and its primary: what is named in several ways."""
    hosts = f"{standby},{database.directory}"
    ports = f"5432,{database.port}"
    service = os.path.join(database.directory, "services")
    with open(service, "w", encoding="ascii") as file:
        file.write(f"[both]\nhost={hosts}\nport={ports}\ndbname=own\n"
                   "user=chatmem\n")
    return (("postgresql:///own?user=chatmem", {"PGHOST": hosts,
                                               "PGPORT": ports}),
            ("postgresql:///?service=both", {"PGSERVICEFILE": service}),
            ("postgresql:///", {"PGSERVICEFILE": service,
                                "PGSERVICE": "both"}),
            (f"postgresql:///own?user=chatmem&host={hosts}&port={ports}"
             "&target_session_attrs=prefer-standby", {}),
            (f"postgresql:///own?user=chatmem&host={hosts}&port={ports}"
             "&target_session_attrs=any", {}))


def primary_is_found(count, database, standby):
    """However several hosts are named, a server reads from none that waits."""
    for url, env in ways_to(database, standby):
        with Server("--db", url, "--db-readers", "2", env=env) as server:
            reply = server.client().post("/sessions/several/messages", '"x"')
            count.check(reply.status == 201, url, env, reply.body)
            from_standby = subprocess.run(
                ["psql", "-h", standby, "-U", "chatmem", "-qAtX", "-c",
                 "SELECT count(*) FROM pg_stat_activity WHERE"
                 " application_name = 'chatmem'", "own"], check=True,
                capture_output=True, text=True).stdout
            count.check(from_standby == "0\n", url, env, "reads a standby")
        status, _, said = run("export", "--db", url, env=env)
        count.check(status == 0, "an export", url, env, said)


def certificate(directory, name, host):
    """A key and a certificate that it signed itself, for this host."""
    key, signed = (os.path.join(directory, f"{name}.{end}")
                   for end in ("key", "crt"))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
         "2", "-subj", f"/CN={host}", "-addext",
         f"subjectAltName=DNS:{host}", "-keyout", key, "-out", signed],
        check=True, capture_output=True)
    os.chmod(key, 0o600)
    if AS_USER:
        shutil.chown(key, "postgres")
    os.chmod(signed, 0o644)
    return key, signed


def encrypted(count, database, places):
    """By TLS, to the server that its certificate names, or not at all."""
    directory = database.directory
    key, root = certificate(directory, "right", "db.test")
    _, wrong = certificate(directory, "wrong", "db.test")
    database.refuses(f"ALTER SYSTEM SET ssl_cert_file = '{root}';"
                     f"ALTER SYSTEM SET ssl_key_file = '{key}'")
    database.refuses("ALTER SYSTEM SET ssl = on; SELECT pg_reload_conf()")
    os.chmod(directory, 0o755)

    def url(host, mode, root):
        port = places["host"].rpartition(":")[2]
        return (f"postgresql://guest:{QUOTED}@{host}:{port}/own?hostaddr="
                f"127.0.0.1&sslmode={mode}&sslrootcert={root}")

    good = url("db.test", "verify-full", root)
    with Server("--db", good, "--db-listen", good) as server:
        reply = server.client().post("/sessions/tls/messages", '"x"')
        count.check(reply.status == 201, "by TLS", reply.body)
        plain = database.ask(
            "SELECT count(*) FROM pg_stat_activity JOIN pg_stat_ssl USING"
            " (pid) WHERE application_name = 'chatmem' AND NOT ssl")
        count.check(plain == ["0"], "connections without TLS", plain)
    for bad in (url("db.test", "verify-full", wrong),
                url("db.test", "verify-ca", wrong),
                url("other.test", "verify-full", root),
                url("db.test", "verify-full", "/no/such/file")):
        for flags in ["--db", bad], ["--db", good, "--db-listen", bad]:
            status, _, said = run(*flags, "--listen", "127.0.0.1:0")
            count.check(status == 1 and said.count("\n") == 1 and
                        "check ?sslmode" in said and no_secret(said), flags,
                        said)


def unheard(count, database, places):
    """The database of --db is there, that of --db-listen is not."""
    for url, *words in UNHEARD:
        said = run("--db", database.url("own"), "--listen", "127.0.0.1:0",
                   "--db-listen", url.format(**places))[2]
        count.check(all(word in said for word in ("--db-listen: ", *words)) and
                    no_secret(said), url, said)


def misplaced(count, places):
    """A URL where none belongs is quoted without its password."""
    url = "postgresql://guest:{secret}@{host}/own".format(**places)
    for arguments in [url], ["export", url], ["--listen", url], ["-d", url]:
        status, _, said = run(*arguments)
        count.check(status == 2 and no_secret(said), arguments, said)
    status, _, said = run("--db", "host=127.0.0.1 password=s3c dbname=own",
                          "--listen", "127.0.0.1:0")
    count.check(status in (1, 2) and "say postgresql://" in said and
                no_secret(said), said)


def seen(server):
    """What other programs see of it."""
    words = "".join(server.log)
    for name in "cmdline", "environ":
        with open(f"/proc/{server.process.pid}/{name}", "rb") as file:
            words += file.read().decode()
    return words


def hidden(count, places):
    """Each way of giving the password lets it in, and shows it to nobody."""
    url = "postgresql://guest:{secret}@{host}/own".format(**places)
    plain = "postgresql://guest@{host}/own".format(**places)
    with tempfile.TemporaryDirectory() as place:
        for name, text in ("url", url + "\n"), ("pass", f"*:*:*:*:{SECRET}\n"):
            with open(os.path.join(place, name), "w",
                      opener=lambda path, flags: os.open(path, flags, 0o600),
                      encoding="ascii") as file:
                file.write(text)
        for arguments, env in (
                (["--db", url], {}), ([f"--db={url}"], {}),
                (["--db", f"{plain}?connect_timeout=9&password={QUOTED}"], {}),
                (["--db-url-file", f"{place}/url"], {}),
                ([], {"CHATMEM_DB_URL_FILE": f"{place}/url"}),
                ([], {"CHATMEM_DB": url}),
                (["--db", plain], {"PGPASSFILE": f"{place}/pass"})):
            with Server(*arguments, env={"CHATMEM_DB": "unused", **env}
                        ) as server:
                reply = server.client().post("/sessions/a/messages", '"x"')
                count.check(reply.status == 201, arguments, reply.body)
                count.check("s3c" not in seen(server), arguments, seen(server))
                count.check(server.says("postgresql://guest"), arguments,
                            server.log)
        with open(f"{place}/url", "w", encoding="ascii") as file:
            file.write("s3cret\n")
        said = run("--db-url-file", f"{place}/url")[2]
        count.check("does not begin with postgresql://" in said and
                    no_secret(said), said)


def denied(count, database, places):
    """Our tables, of another owner."""
    with Server("--db", database.url("bare")):
        pass
    url = "postgresql://guest:{secret}@{host}/bare".format(**places)
    said = run("--db", url, "--listen", "127.0.0.1:0")[2]
    count.check('may not use "' in said and "GRANT" in said, said)
    count.check(run("export", "--db", url)[0] == 1, "an export without rights")
    database.refuses("GRANT ALL ON ALL TABLES IN SCHEMA public TO guest",
                     "bare")
    said = run("--db", url, "--listen", "127.0.0.1:0")[2]
    count.check('may not use "store_id"' in said and "SEQUENCES" in said, said)
    # A table of another owner's beside ours is none of our business.
    database.refuses("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO guest;"
                     "CREATE TABLE beside (id int);"
                     "ALTER TABLE beside OWNER TO few", "bare")
    with Server("--db", url) as server:
        reply = server.client().post("/sessions/a/messages", '"x"')
        count.check(reply.status == 201, reply.body)


def newer(count, database):
    """Tables of a version to come are used if they say that they may be."""
    url = database.url("own")
    for oldest, good in ("version", True), ("version + 1", False):
        database.refuses(f"UPDATE schema_version SET oldest_reader = {oldest},"
                         " version = version + 1", "own")
        if good:
            with Server("--db", url) as server:
                reply = server.client().post("/sessions/a/messages", '"x"')
                count.check(reply.status == 201, reply.body)
        else:
            said = run("--db", url, "--listen", "127.0.0.1:0")[2]
            count.check("start a newer one" in said, said)
        count.check((run("export", "--db", url)[0] == 0) == good, oldest)
        database.refuses("UPDATE schema_version SET oldest_reader = 1,"
                         " version = version - 1", "own")


def restored(count, database):
    """What pg_restore made gives out no ETag of before for anything else."""
    path = os.path.join(database.directory, "dump")
    for name in "dumped", "restored":
        database.refuses(f"CREATE DATABASE {name}")
    with Server("--db", database.url("dumped")) as server:
        client = server.client()
        first = client.post("/sessions/a/messages", '"1"')
        database.run("pg_dump", "-Fc", "-f", path, database.url("dumped"))
        later = client.post("/sessions/a/messages", '"2"')
    database.run("pg_restore", "-d", database.url("restored"), path)
    tags = []
    for _ in range(2):
        with Server("--db", database.url("restored")) as server:
            client = server.client()
            there = client.get("/sessions/a/messages")
            tags.append(there.headers["ETag"])
            count.check(there.json()["messages"][0]["id"] ==
                        first.json()["messages"][0]["id"], "ids", there.body)
            refused = client.post("/sessions/a/messages", '"3"', headers={
                "If-Match": first.headers["ETag"]})
            count.check(refused.status == 412, "If-Match", refused.body)
    count.check(tags[0] == tags[1] != first.headers["ETag"], "once", tags)
    with Server("--db", database.url("restored")) as server:
        other = server.client().post("/sessions/a/messages", '"3"')
        count.check(other.status == 201 and
                    other.headers["ETag"] != later.headers["ETag"],
                    "another message", other.headers["ETag"])


def promises(count, database):
    """What /readyz says of a commit."""
    url = database.url("own")

    def promise(setting, *flags):
        database.refuses(f"ALTER SYSTEM SET {setting};"
                         "SELECT pg_reload_conf()")
        with Server("--db", url, *flags) as server:
            reply = server.client().get("/readyz").json()
            server.says("msg=listening")
            return reply.get("durability"), "".join(server.log)

    word, log = promise("fsync = off")
    count.check(word == "none" and "fsync off: a power cut" in log, word, log)
    word, log = promise("fsync = on")
    count.check(word == "local" and "power cut" not in log, word, log)
    count.check(promise("fsync = on", "--durability", "normal")[0] == "normal",
                "durability normal")
    word, log = promise("synchronous_commit = off")
    count.check(word == "local", word, log)


class Closing:
    """A host that accepts each connection and closes it.

    As a balancer does that has no database.
    """

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.place = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.closed = 0
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                self.listener.accept()[0].close()
            except OSError:
                return
            self.closed += 1

    def end(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def several(count, url):
    """A host that closes its connections does not hide the others."""
    with Server("--db", url) as server:
        reply = server.client().post("/sessions/a/messages", '"x"')
        count.check(reply.status == 201, "a server", reply.body)
    status, _, said = run("export", "--db", url)
    count.check(status == 0, "a command", said)


def waited_for(count, database, closing, url):
    """A server waits for a database that starts later, a command does not."""
    database.stop()
    status, _, said = run("export", "--db", url)
    count.check(status == 1 and "tried again" not in said, "a command", said)
    before = closing.closed

    def start_later():
        wait_for(lambda: closing.closed > before + 1)
        database.start()

    later = threading.Thread(target=start_later)
    later.start()
    with Server("--db", url, "--db-wait", str(PATIENCE)) as server:
        count.check(server.says(f"tried again for {PATIENCE} s"), server.log)
        reply = server.client().post("/sessions/a/messages", '"x"')
        count.check(reply.status == 201, "a server", reply.body)
        count.check(no_secret("".join(server.log)), server.log)
    later.join()


def begin_standby(database, directory):
    """A standby of this name, which confirms; the way to end it."""
    database.run("pg_basebackup", "-h", database.directory, "-p",
                 database.port, "-U", "chatmem", "-D", directory, "-d",
                 "application_name=standby", "-R", "-c", "fast")
    database.run("pg_ctl", "-D", directory, "-w", "-t", "120", "-l",
                 f"{directory}/log", "-o",
                 f"-k {directory} -c listen_addresses=''", "start")
    return lambda: database.run("pg_ctl", "-D", directory, "-m", "immediate",
                                "stop")


def replicated(count, database, places):
    """What no standby confirms is refused, and goes on when one does."""
    flags = "--db-durability", "replicated"
    url = database.url("own")
    said = run("--db", url, "--listen", "127.0.0.1:0", *flags)[2]
    count.check("set synchronous_standby_names" in said, said)
    database.refuses("ALTER SYSTEM SET synchronous_standby_names = 'standby';"
                     "ALTER SYSTEM SET synchronous_commit = on;"
                     "SELECT pg_reload_conf()")
    guest = "postgresql://guest:{secret}@{host}/own".format(**places)
    said = run("--db", guest, "--listen", "127.0.0.1:0", *flags)[2]
    count.check("GRANT pg_read_all_stats" in said, said)
    end = begin_standby(database, f"{database.directory}/standby")
    # A standby hears of nothing.
    listen = (f"postgresql:///own?user=chatmem&port=5432,{database.port}&host="
              f"{database.directory}/standby,{database.directory}")
    primary_is_found(count, database, f"{database.directory}/standby")
    said = run("--db", f"postgresql:///own?user=chatmem&host="
               f"{database.directory}/standby", "--listen", "127.0.0.1:0")[2]
    count.check("is a standby" in said and "HOST,HOST" in said, said)
    with Server("--db", url, "--db-listen", listen, *flags) as server:
        client = server.client()

        def append():
            return client.post("/sessions/r/messages", '"x"')

        count.check(append().status == 201, "nothing is taken")
        count.check(client.get("/readyz").json()["durability"] ==
                    "replicated", "readyz")
        end()
        # A commit that is on its way would wait for it.
        wait_for(lambda: database.ask(
            "SELECT count(*) FROM pg_stat_replication") == ["0"])
        count.check(wait_for(lambda: append().status == 503),
                    "a write is taken")
        count.check(b"no standby confirms" in append().body, append().body)
        count.check(wait_for(
            lambda: client.get("/readyz").status == 503), "readyz")
        database.refuses("ALTER SYSTEM SET synchronous_standby_names = '';"
                         "SELECT pg_reload_conf()")


def main():
    count = Count()
    port = free_port()
    os.environ["LOCPATH"] = german()
    database = Database(f"-c listen_addresses=127.0.0.1 -c port={port}",
                        "local replication all trust\n"
                        "host all walled 127.0.0.1/32 reject\n"
                        "host all all 127.0.0.1/32 scram-sha-256\n")
    places = {"host": f"127.0.0.1:{port}", "secret": QUOTED,
              "unused": f"127.0.0.1:{free_port()}"}
    silent = socket.create_server(("127.0.0.1", 0))     # nobody accepts
    places["silent"] = f"127.0.0.1:{silent.getsockname()[1]}"
    try:
        wrong = database.refuses(PREPARE)
        count.check(not wrong, wrong)
        refused(count, places)
        translated(count, database, places)
        unheard(count, database, places)
        misplaced(count, places)
        hidden(count, places)
        denied(count, database, places)
        newer(count, database)
        restored(count, database)
        promises(count, database)
        in_other_words(count, database, places)
        encrypted(count, database, places)
        closing = Closing()
        url = "postgresql://guest:{secret}@" + closing.place + ",{host}/own"
        several(count, url.format(**places))
        waited_for(count, database, closing, url.format(**places))
        closing.end()
        replicated(count, database, places)
    finally:
        database.end()
    count.close()


main()
