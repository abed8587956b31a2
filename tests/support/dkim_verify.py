"""Verifies DKIM signatures with dkimpy: a judge that was not written here.

Reads from standard input a line of JSON: {"records": {"name": "value"}, "mails": [{"path": "...", "valid": [true, ...]}]},
where `valid` says for each DKIM-Signature, from the top, whether it must hold. Ends with 0 if all is as said.
"""

import json
import sys

import dkim

given = json.load(sys.stdin)
records = {name.rstrip("."): value.encode() for name, value in given["records"].items()}


def txt(name, timeout=5):
    return records.get(name.decode().rstrip("."))


wrong = 0
for mail in given["mails"]:
    with open(mail["path"], "rb") as file:
        message = file.read()
    found = []
    for index in range(len(mail["valid"])):
        try:
            found.append(bool(dkim.DKIM(message).verify(idx=index, dnsfunc=txt)))
        except dkim.DKIMException as error:
            print(f"{mail['path']}: {type(error).__name__}: {error}", file=sys.stderr)
            found.append(False)
    signatures = sum(line.lower().startswith(b"dkim-signature:") for line in message.split(b"\r\n\r\n")[0].split(b"\r\n"))
    if found != mail["valid"] or signatures != len(found):
        print(f"{mail['path']}: expected {mail['valid']}, found {found} ({signatures} signatures)", file=sys.stderr)
        wrong += 1
sys.exit(wrong > 0)
