"""A bank of another program's takes our files of payments, and we read what it answers.

The bank is mock-bank, on loopback, with its own clock. Each story is played against a new bank. The last line is
`N passed, N failed`.
"""

import argparse
import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

CO_OP = {"name": "Demo co-op", "iban": "NL41MOCK0000000001", "bic": "MOCKNL2A"}
PAYEES = {
    "ana": {"name": "Demo Ana", "iban": "DE89370400440532013000", "bic": None},
    "ben": {"name": "Demo Ben", "iban": "GB82WEST12345698765432", "bic": "WESTGB22"},
    "closed": {"name": "Demo Closed", "iban": "NL84MOCK0000000003", "bic": "MOCKNL2A"},
    "nowhere": {"name": "Demo Nowhere", "iban": "NL57MOCK0000000004", "bic": "ZZZZNL2AXXX"},
}
CREATED = 1795683600  # 2026-11-26T09:00:00Z, when the bank's clock begins.


class Ours:
    """The example that writes and reads files."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, line):
        self.process.stdin.write(json.dumps(line) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def write(self, *payments, old=False):
        transfers = [
            {"payout": f"payout of {name}", "attempt": attempt, "payee": PAYEES[name], "amount": amount}
            for name, amount, attempt in payments
        ]
        return self.ask(
            {
                "write": {
                    "old": old,
                    "created_at": CREATED,
                    "pay_on": "2026-11-26",
                    "payer": CO_OP,
                    "transfers": transfers,
                }
            }
        )

    def read(self, message, references=()):
        return self.ask({"read": {"file": message, "references": list(references)}})


class Bank:
    """A new bank on a free port of loopback, ended with the story."""

    def __enter__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.base = f"http://127.0.0.1:{port}"
        arguments = ["--quiet", "--port", str(port), "--clock", "2026-11-26T09:00"]
        self.process = subprocess.Popen([sys.executable, "-B", "-m", "mockbank", *arguments])
        for _ in range(200):
            try:
                self.call("GET", "/_mock/health")
                return self
            except urllib.error.URLError:
                time.sleep(0.05)
        self.process.kill()
        raise RuntimeError("the bank did not start")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)

    def call(self, method, path, body=None):
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode() if body is not None else None
        accepted = {"Accept": "application/json"}
        request = urllib.request.Request(self.base + path, data=data, headers=accepted, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def pay(self, file):
        """The bank's own account of what it did, or its refusal."""
        try:
            return self.call("POST", "/payments", file["xml"])
        except urllib.error.HTTPError as error:
            return {"refused": error.code, "why": error.read().decode()}

    def behave(self, account, behaviour):
        self.call("PATCH", f"/_mock/accounts/{account}", {"behaviour": behaviour})

    def messages(self, kind, account="ACME"):
        all_of_them = self.call("GET", "/_mock/messages")
        return [one["body"] for one in all_of_them if one["type"].startswith(kind) and one["account"] == account]

    def after(self, days):
        self.call("POST", f"/_mock/advance?days={days}")


class Checks:
    def __init__(self):
        self.passed = self.failed = 0

    def equal(self, story, found, expected):
        if found == expected:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED: {story}\n  expected {expected}\n  found    {found}")


def booked(ours, bank):
    """The booked details of every statement of a day, and what the statements leave unexplained."""
    statements = [one for body in bank.messages("camt.053") for one in ours.read(body)]
    details = [
        (detail["reference"], detail["amount"], detail["returned"])
        for statement in statements
        for entry in statement["entries"]
        for detail in entry["details"]
        if entry["booked"]
    ]
    return details, [one["unexplained"] for one in statements if one["unexplained"] != "0.00"], statements


def refused_and_paid(ours, check):
    story = "some are paid, one is refused"
    for old in (False, True):
        with Bank() as bank:
            file = ours.write(("ana", "9249.13", 1), ("ben", "0.01", 1), ("closed", "5523.05", 1), old=old)
            check.equal(story, bank.call("POST", "/_mock/validate", file["xml"])["findings"], [])
            told = bank.pay(file)
            check.equal(story, (told["msg_id"], told["status"]), (file["id"], "PART"))
            check.equal(story, {one["end_to_end_id"] for one in told["payments"]}, set(file["references"]))
            [answer] = [ours.read(body, file["references"]) for body in bank.messages("pain.002")]
            check.equal(story, answer["about"], file["id"])
            check.equal(story, answer["said"], [["Accepted", None], ["Accepted", None], ["Rejected", "AC04"]])
            bank.after(1)
            details, unexplained, statements = booked(ours, bank)
            ana, ben, _ = file["references"]
            check.equal(story, sorted(details), sorted([(ana, "-9249.13", None), (ben, "-0.01", None)]))
            check.equal(story, unexplained, [])
            balance = bank.call("GET", "/_mock/accounts/ACME")["balance"]
            check.equal(story, statements[-1]["closing"], f"{balance // 100}.{balance % 100:02}")
            noticed = [one for body in bank.messages("camt.054") for one in ours.read(body)]
            check.equal(story, sum(len(one["entries"]) for one in noticed), 2)


def twice(ours, check):
    story = "the same payments again are the same file, which the bank takes once"
    with Bank() as bank:
        payments = [("ana", "10.00", 1), ("ben", "20.00", 1)]
        file, again = ours.write(*payments), ours.write(*reversed(payments))
        check.equal(story, again["xml"], file["xml"])
        check.equal(story, bank.pay(file)["status"], "ACCP")
        second = bank.pay(again)
        check.equal(story, "DUPL" in json.dumps(second), True)
        bank.after(1)
        details, unexplained, _ = booked(ours, bank)
        check.equal(story, (len(details), unexplained), (2, []))


def returned(ours, check):
    story = "a payment comes back days later, and the next try is another one"
    with Bank() as bank:
        bank.behave("ACME", "return-later")
        file = ours.write(("ana", "20.00", 1))
        bank.pay(file)
        bank.after(8)
        [reference] = file["references"]
        [back] = [one for body in bank.messages("pacs.004") for one in ours.read(body)["returns"]]
        check.equal(story, (back["reference"], back["came_back"]), (reference, "20.00"))
        details, unexplained, _ = booked(ours, bank)
        check.equal(story, [detail[:2] for detail in details], [(reference, "-20.00"), (reference, "20.00")])
        check.equal(story, (details[1][2], unexplained), (back["reason"], []))
        bank.behave("ACME", "accept")
        retry = ours.write(("ana", "20.00", 2))
        check.equal(story, retry["references"] == file["references"], False)
        check.equal(story, bank.pay(retry)["status"], "ACCP")


def silent(ours, check):
    story = "a silent bank says nothing, and the statement says what happened"
    with Bank() as bank:
        bank.behave("ACME", "silent")
        file = ours.write(("ana", "20.00", 1))
        bank.pay(file)
        check.equal(story, bank.messages("pain.002"), [])
        bank.after(1)
        details, _, _ = booked(ours, bank)
        check.equal(story, details, [(file["references"][0], "-20.00", None)])


def gap(ours, check):
    story = "a statement that leaves an entry out does not add up"
    with Bank() as bank:
        bank.behave("ACME", "statement-gap")
        bank.pay(ours.write(("ana", "20.00", 1), ("ben", "3.00", 1)))
        bank.after(1)
        details, unexplained, _ = booked(ours, bank)
        check.equal(story, len(details), 1)
        left_out = {"20.00": "-3.00", "3.00": "-20.00"}[details[0][1].lstrip("-")]
        check.equal(story, unexplained, [left_out])


def refused_whole(ours, check):
    for behaviour, account, name, expected in [
        ("reject-file", "ACME", "ana", ["Rejected", "FF01"]),
        ("insufficient-funds", "ACME", "ana", ["Rejected", "AM04"]),
        ("bad-bank-id", "EURODIS", "nowhere", ["Rejected", "RC01"]),
    ]:
        with Bank() as bank:
            bank.behave(account, behaviour)
            file = ours.write((name, "900000.00", 1))
            bank.pay(file)
            [answer] = [ours.read(body, file["references"]) for body in bank.messages("pain.002")]
            check.equal(behaviour, answer["said"], [expected])
            bank.after(1)
            check.equal(behaviour, booked(ours, bank)[0], [])


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--ours", required=True)
    ours, check = Ours(arguments.parse_args().ours), Checks()
    for story in (refused_and_paid, twice, returned, silent, gap, refused_whole):
        try:
            story(ours, check)
        except Exception as error:  # A story that breaks off has failed, and the others go on.
            check.equal(story.__name__, f"{type(error).__name__}: {error}", "the story to its end")
    ours.process.stdin.close()
    ours.process.wait(10)
    print(f"{check.passed} passed, {check.failed} failed")
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())
