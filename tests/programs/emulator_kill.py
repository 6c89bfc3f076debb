#!/usr/bin/env python3
"""Kills oss-emulator in the middle of a concurrent load, again and again, and looks at what its folder gives back.

usage: emulator_kill.py OSS_EMULATOR [--runs N] [--seed N] [--folder DIR]

Each run starts the emulator on the same folder, now and then after killing it while it starts; checks everything that
was ever confirmed; loads it from several threads with puts, overwrites, deletes and multipart uploads; and ends it with
SIGKILL. What was confirmed must be there, whole and byte for byte; a request that was under way may have taken place or
not, but not by halves.
"""
import argparse
import base64
import hashlib
import hmac
import http.client
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from email.utils import formatdate
from urllib.parse import quote

KEY_ID, KEY_SECRET, BUCKET = "test-id", "test-secret", "photos"
THREADS, KEYS_EACH = 4, 8
LEAST_PART = 100 * 1024


class Wrong(Exception):
    """The folder gave back something else than was confirmed."""


def require(holds, *what):
    if not holds:
        raise Wrong(" ".join(str(w) for w in what))


class Client:
    """One connection, requests signed with version 1. Every failure to get a whole answer is ConnectionError."""

    def __init__(self, port):
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def ask(self, method, key, query="", body=b""):
        date = formatdate(usegmt=True)
        resource = f"/{BUCKET}/{key}" + (f"?{query}" if query else "")
        text = f"{method}\n\n\n{date}\n{resource}".encode("utf-8", "surrogateescape")
        mac = base64.b64encode(hmac.new(KEY_SECRET.encode(), text, hashlib.sha1).digest()).decode()
        target = f"/{BUCKET}/" + quote(key, errors="surrogateescape") + (f"?{query}" if query else "")
        try:
            self.http.request(method, target, body=body if method in ("PUT", "POST") else None,
                              headers={"Date": date, "Authorization": f"OSS {KEY_ID}:{mac}"})
            response = self.http.getresponse()
            return response.status, response.headers, response.read()
        except (OSError, http.client.HTTPException) as e:
            self.http.close()
            raise ConnectionError(str(e)) from e

    def done(self, *request, status=200):
        got, headers, body = self.ask(*request)
        require(got == status, *request[:3], "was answered with", got, body[:300])
        return headers, body


class Upload:
    def __init__(self):
        self.parts = {}      # number -> bytes that were confirmed
        self.doubtful = {}   # number -> bytes whose answer was lost


class Place:
    """A key that one thread uses: what was confirmed, and what the request under way may have made of it."""

    def __init__(self, key):
        self.key = key
        self.content = None   # bytes, or None for no object
        self.doubtful = []    # contents that the object may have instead
        self.uploads = {}     # id -> Upload
        self.ending = None    # (id, content or None): an upload whose completion or abort was not answered
        self.beginning = False  # the answer to an initiate was lost


def strange_keys(thread):
    """Ordinary keys, and such as file systems do not like."""
    own = str(thread)
    keys = ["a" + own, "A" + own, f"../../{own}", f"{own}/dir/", f"x{own}\x01\x7f\\\"<&%2F", own + "k" * 1022,
            own + "\udcff\udcfe", own + "/\u00e9\u4e2d\u6587"]
    assert len(keys) == KEYS_EACH
    return keys


class Loader(threading.Thread):
    """Works on its own keys until the emulator is gone."""

    def __init__(self, port, places, seed):
        super().__init__(daemon=True)
        self.client, self.places, self.random, self.confirmed = Client(port), places, random.Random(seed), 0
        self.wrong = None

    def run(self):
        try:
            while True:
                place = self.random.choice(self.places)
                self.random.choices([self.put, self.delete, self.multipart, self.step], [6, 1, 2, 4])[0](place)
        except ConnectionError:
            pass
        except Exception as e:  # pylint: disable=broad-except
            self.wrong = e

    def data(self, least=0):
        return self.random.randbytes(least + self.random.choice([0, 1, 100, 5_000, 70_000, 300_000, 1_500_000]))

    def change(self, place, content, *request, status=200):
        place.doubtful.append(content)
        self.client.done(*request, status=status)
        place.doubtful.pop()
        place.content = content
        self.confirmed += 1

    def put(self, place):
        content = self.data()
        self.change(place, content, "PUT", place.key, "", content)

    def delete(self, place):
        self.change(place, None, "DELETE", place.key, status=204)

    def begin(self, place):
        place.beginning = True
        _, body = self.client.done("POST", place.key, "uploads")
        place.beginning = False
        place.uploads[re.search(b"<UploadId>(.*?)</UploadId>", body)[1].decode()] = Upload()
        self.confirmed += 1

    def part(self, place, upload_id):
        upload = place.uploads[upload_id]
        number, content = self.random.randint(1, 4), self.data(LEAST_PART)
        upload.doubtful[number] = content
        self.client.done("PUT", place.key, f"partNumber={number}&uploadId={upload_id}", content)
        del upload.doubtful[number]
        upload.parts[number] = content
        self.confirmed += 1

    def end(self, place, upload_id):
        upload = place.uploads[upload_id]
        content = b"".join(upload.parts[n] for n in sorted(upload.parts)) if upload.parts else None
        place.ending = (upload_id, content)
        if content is None:
            self.client.done("DELETE", place.key, f"uploadId={upload_id}", status=204)
        else:
            complete(self.client, place.key, upload_id, upload.parts)
            place.content = content
        place.ending = None
        del place.uploads[upload_id]
        self.confirmed += 1

    def multipart(self, place):
        self.begin(place)
        upload_id = list(place.uploads)[-1]
        for _ in range(self.random.randint(0, 3)):
            self.part(place, upload_id)
        self.end(place, upload_id)

    def step(self, place):
        """One step of an upload that may stay open over many runs."""
        if not place.uploads:
            return self.begin(place)
        upload_id = self.random.choice(list(place.uploads))
        return self.part(place, upload_id) if self.random.random() < 0.8 else self.end(place, upload_id)


def complete(client, key, upload_id, parts):
    xml = "".join(f"<Part><PartNumber>{n}</PartNumber><ETag>{hashlib.md5(parts[n]).hexdigest().upper()}</ETag></Part>"
                  for n in sorted(parts))
    client.done("POST", key, f"uploadId={upload_id}",
                f"<CompleteMultipartUpload>{xml}</CompleteMultipartUpload>".encode())


def launch(program, folder):
    return subprocess.Popen(
        [program, "--listen", "127.0.0.1:0", "--bucket", BUCKET, "--access-key-id", KEY_ID, "--access-key-secret",
         KEY_SECRET, "--data-dir", folder, "--quiet"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def kill_while_it_starts(program, folder, after):
    """Recovery must bear an end in its middle, too."""
    with launch(program, folder) as process:
        time.sleep(after)
        process.kill()


class Emulator:
    def __init__(self, program, folder):
        self.process = launch(program, folder)
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            raise Wrong(f"the emulator did not start: {line}{self.process.stderr.read()}")
        self.port = int(line.rsplit(":", 1)[1])

    def end(self, how):
        self.process.send_signal(how)
        code = self.process.wait(30)
        said = self.process.stderr.read()
        self.process.stdout.close()
        self.process.stderr.close()
        require(said == "", "the emulator said:", said)
        return code


def check_uploads(client, place, listed):
    """Compares the open uploads of a key with what is known of them. Returns how many parts were checked."""
    checked = 0
    if place.ending is not None:
        upload_id, content = place.ending
        place.ending = None
        if upload_id not in listed:  # it ended: then the object is there at the same moment
            del place.uploads[upload_id]
            if content is not None:
                place.content, place.doubtful = content, []
    for upload_id, upload in place.uploads.items():
        require(upload_id in listed, "the upload", upload_id, "of", repr(place.key), "is gone")
        _, body = client.done("GET", place.key, f"uploadId={upload_id}")
        parts = {int(p[0]): p[1].decode().replace("&quot;", "").strip('"').lower() for p in re.findall(
            rb"<Part>.*?<PartNumber>(\d+)</PartNumber>.*?<ETag>(.*?)</ETag>.*?</Part>", body, re.S)}
        for number, content in upload.doubtful.items():
            if parts.get(number) == hashlib.md5(content).hexdigest():
                upload.parts[number] = content
        upload.doubtful = {}
        require(parts == {n: hashlib.md5(c).hexdigest() for n, c in upload.parts.items()}, "the parts of", upload_id,
                "are", parts, "instead of", sorted(upload.parts))
        checked += len(parts)
    for upload_id in listed - place.uploads.keys():
        require(place.beginning, "an upload of", repr(place.key), "that nobody began:", upload_id)
        client.done("DELETE", place.key, f"uploadId={upload_id}", status=204)
    place.beginning = False
    return checked


def check_object(client, place):
    status, headers, body = client.ask("GET", place.key)
    require(status in (200, 404), repr(place.key), "was answered with", status, body[:300])
    found = body if status == 200 else None
    require(any(found == c for c in [place.content, *place.doubtful]), repr(place.key), "holds", describe(found),
            "instead of", describe(place.content), *(f"or {describe(d)}" for d in place.doubtful))
    if found is not None and "-" not in headers["ETag"]:
        require(headers["ETag"].strip('"').lower() == hashlib.md5(found).hexdigest(), repr(place.key), "has a wrong ETag")
    place.content, place.doubtful = found, []


def describe(content):
    return "nothing" if content is None else f"{len(content)} bytes ({hashlib.md5(content).hexdigest()[:8]})"


def listed_uploads(client):
    """Upload ids of the bucket by key."""
    out, more = {}, ""
    while True:
        _, body = client.done("GET", "", "uploads" + more)
        for key, upload_id in re.findall(rb"<Upload>.*?<Key>(.*?)</Key>.*?<UploadId>(.*?)</UploadId>.*?</Upload>", body,
                                         re.S):
            out.setdefault(key, set()).add(upload_id.decode())
        if b"<IsTruncated>true" not in body:
            return {i for ids in out.values() for i in ids}
        raise Wrong("more uploads than one page")


def check_folder(folder):
    """Nothing half-written and nothing superfluous is in the folder. Returns how many records were read."""
    named, records = {}, 0
    for root, _, files in os.walk(os.path.join(folder, "buckets")):
        for name in files:
            require(name.endswith(".json"), "left behind:", os.path.join(root, name))
            records += 1
            with open(os.path.join(root, name), encoding="ascii") as file:
                named.update({b[0]: b[1] for b in json.load(file).get("data", [])})
    blobs = {name: os.path.getsize(os.path.join(folder, "blobs", name)) for name in os.listdir(os.path.join(folder, "blobs"))}
    require(blobs == named, "blobs without a record or of another size:", set(blobs.items()) ^ set(named.items()))
    return records


def check_all(port, places):
    client = Client(port)
    listed = listed_uploads(client)
    owners = {i: place for place in places for i in place.uploads}
    strangers = {i for i in listed if i not in owners}
    parts = 0
    for place in places:
        own = {i for i in listed if owners.get(i) is place}
        if place.beginning and strangers:
            own |= {i for i in strangers if client.ask("GET", place.key, f"uploadId={i}")[0] == 200}
            strangers -= own
        parts += check_uploads(client, place, own)
        check_object(client, place)
    require(not strangers, "uploads that nobody began:", strangers)
    return parts


def complete_some(port, places, chance):
    """Completes open uploads that were begun before the last kill."""
    client, done = Client(port), 0
    for place in places:
        for upload_id, upload in list(place.uploads.items()):
            if upload.parts and chance.random() < 0.3:
                complete(client, place.key, upload_id, upload.parts)
                place.content = b"".join(upload.parts[n] for n in sorted(upload.parts))
                del place.uploads[upload_id]
                check_object(client, place)
                done += 1
    return done


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("emulator")
    parser.add_argument("--runs", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", help="where the data goes (default: a temporary folder)")
    args = parser.parse_args()
    chance = random.Random(args.seed)
    places = [Place(key) for thread in range(THREADS) for key in strange_keys(thread)]
    with tempfile.TemporaryDirectory(dir=args.folder) as scratch:
        folder = os.path.join(scratch, "data")
        confirmed = parts = completed = objects = in_doubt = 0
        for run in range(args.runs + 1):
            for _ in range(chance.choice([0, 0, 1, 2])):
                kill_while_it_starts(args.emulator, folder, chance.uniform(0, 0.04))
            emulator = Emulator(args.emulator, folder)
            try:
                in_doubt += sum(bool(p.doubtful or p.ending or p.beginning) or any(u.doubtful for u in p.uploads.values())
                                for p in places)
                check_folder(folder)
                parts += check_all(emulator.port, places)
                objects += sum(p.content is not None for p in places)
                completed += complete_some(emulator.port, places, chance)
                if run == args.runs:
                    break
                loaders = [Loader(emulator.port, places[i * KEYS_EACH:(i + 1) * KEYS_EACH], chance.random())
                           for i in range(THREADS)]
                for loader in loaders:
                    loader.start()
                time.sleep(chance.uniform(0.01, 0.6))
            except BaseException:
                emulator.process.kill()
                raise
            emulator.end(signal.SIGKILL)
            for loader in loaders:
                loader.join(60)
                require(not loader.is_alive(), "a request never ended")
                if loader.wrong is not None:
                    raise loader.wrong
                confirmed += loader.confirmed
        require(emulator.end(signal.SIGTERM) == 0, "SIGTERM did not end it cleanly")
        require(confirmed > 3 * args.runs, "only", confirmed, "requests were confirmed: this shows nothing")
        require(completed > 0 and in_doubt > 0, "no upload was completed, or no request interrupted")
    print(f"{args.runs} kills; {confirmed} confirmed changes and {in_doubt} interrupted ones; afterwards {objects} objects "
          f"and {parts} parts of open uploads were whole, and {completed} uploads were completed")


if __name__ == "__main__":
    try:
        main()
    except Wrong as e:
        sys.exit(f"emulator_kill: {e}")
