"""The sandbox's Stripe, used by Stripe's own library for Python.

Started by tests/sandbox/stripe_python.rs. Writes the port where it receives webhooks to standard output, reads one line of
JSON with the addresses and secrets, and ends with 0 if everything is as the real Stripe would have it.
"""

import http.server
import json
import queue
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import stripe

VERSION = "2026-09-30.endive"
received = queue.Queue()
events = []


class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        received.put((body, self.headers["Stripe-Signature"], self.headers["User-Agent"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def check(condition, *words):
    if not condition:
        raise AssertionError(" ".join(str(word) for word in words))


def same(got, wanted, what=""):
    check(got == wanted, f"{what}: got {got!r}, wanted {wanted!r}")


def refused(kind, work, code=None, param=None):
    """The library raises exactly this class; nothing was done."""
    try:
        done = work()
    except stripe.StripeError as error:
        same(type(error).__name__, kind.__name__, str(error))
        if code:
            same(error.code, code, str(error))
        if param:
            same(error.param, param, str(error))
        check(error.user_message or str(error), "an error says something")
        return error
    raise AssertionError(f"{kind.__name__} was expected, got {done}")


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Browser:
    """Reads a page and presses its buttons."""

    def __init__(self, site):
        self.site = site
        self.http = urllib.request.build_opener(urllib.request.ProxyHandler({}), Stay())

    def get(self, url):
        with self.http.open(url, timeout=20) as answer:
            return answer.read().decode()

    def post(self, url, **fields):
        body = urllib.parse.urlencode(fields).encode()
        request = urllib.request.Request(url, body, {"Origin": self.site})
        try:
            answer = self.http.open(request, timeout=20)
        except urllib.error.HTTPError as error:
            answer = error
        same(answer.status, 303, url)
        return answer.headers["Location"]


def webhook(kind, about=None, patience=20):
    """Waits for the webhook of that kind (about that object), verified with both secrets."""
    end = time.monotonic() + patience
    while True:
        for event in events:
            if event.type == kind and about in (None, event.data.object["id"]):
                return event
        left = end - time.monotonic()
        check(left > 0, f"no webhook {kind} about {about} among {[event.type for event in events]}")
        try:
            body, signature, agent = received.get(timeout=left)
        except queue.Empty:
            continue
        same(agent, "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
        same(signature.count("v1="), 2, "signatures while a secret is being rolled")
        by_secret = [stripe.Webhook.construct_event(body, signature, secret) for secret in given["secrets"]]
        same(by_secret[0].id, by_secret[1].id)
        for wrong in [(body, signature, "whsec_wrong"), (body + b" ", signature, given["secrets"][0])]:
            try:
                stripe.Webhook.construct_event(*wrong)
                raise AssertionError("a wrong signature was taken")
            except stripe.SignatureVerificationError:
                pass
        same(by_secret[0].api_version, VERSION)
        same(by_secret[0].livemode, False)
        events.append(by_secret[0])


def session(amount, currency, interval=None, key=None, **more):
    price = {"currency": currency, "unit_amount": amount, "product_data": {"name": f"Gift of {amount} {currency}"}}
    if interval:
        price["recurring"] = {"interval": interval}
    mark = {"metadata": {"donation": "7"}}
    params = {
        "mode": "subscription" if interval else "payment",
        "line_items": [{"quantity": 1, "price_data": price}],
        "success_url": given["site"] + "/donate/thanks?session={CHECKOUT_SESSION_ID}",
        "cancel_url": given["site"] + "/donate",
        "customer_email": "donor@example.org",
        "client_reference_id": "donation:7",
        "metadata": {"donation": "7"},
        ("subscription_data" if interval else "payment_intent_data"): mark,
        **more,
    }
    options = {"idempotency_key": key} if key else None
    return api.checkout.sessions.create(params=params, options=options)


def one_off(amount, currency, shown):
    made = session(amount, currency)
    same((made.status, made.payment_status, made.mode), ("open", "unpaid", "payment"))
    same((made.amount_total, made.currency, made.livemode), (amount, currency, False))
    page = browser.get(made.url)
    check(shown in page and "no money moves" in page, f"{shown} is not on the payment page")
    back = browser.post(made.url, outcome="paid")
    same(back, given["site"] + "/donate/thanks?session=" + made.id)
    paid = api.checkout.sessions.retrieve(made.id, params={"expand": ["payment_intent"]})
    same((paid.status, paid.payment_status), ("complete", "paid"))
    intent = paid.payment_intent
    same((intent.status, intent.amount_received, intent.metadata["donation"]), ("succeeded", amount, "7"))
    # The balance transaction comes a moment later (capture is asynchronous since 2024-04-10).
    same(api.charges.retrieve(intent.latest_charge).balance_transaction, None)
    webhook("checkout.session.completed", made.id)
    webhook("payment_intent.succeeded", intent.id)
    check("complete" in browser.get(made.url), "the page says that it was paid")
    return intent.id


def with_its_balance(intent):
    expand = ["latest_charge.balance_transaction"]
    charge = api.payment_intents.retrieve(intent, params={"expand": expand}).latest_charge
    line = charge.balance_transaction
    same(line.net, line.amount - line.fee, "net")
    same(line.source, charge.id)
    check(line.fee > 0, "Stripe is not free")
    return line


def refunds(intent, amount):
    part = api.refunds.create(params={"payment_intent": intent, "amount": 700, "metadata": {"refund": "1"}})
    same((part.status, part.amount, part.payment_intent), ("succeeded", 700, intent))
    webhook("refund.created", part.id)
    before = standing()
    refused(
        stripe.InvalidRequestError,
        lambda: api.refunds.create(params={"payment_intent": intent, "amount": amount}),
        param="amount",
    )
    same(standing(), before, "a refused refund moves nothing")
    rest = api.refunds.create(params={"payment_intent": intent})
    same(rest.amount, amount - 700)
    refused(
        stripe.InvalidRequestError,
        lambda: api.refunds.create(params={"payment_intent": intent}),
        code="charge_already_refunded",
    )
    listed = api.refunds.list(params={"payment_intent": intent})
    same([refund.id for refund in listed.data], [rest.id, part.id], "newest first")
    charge = api.payment_intents.retrieve(intent, params={"expand": ["latest_charge"]}).latest_charge
    same((charge.amount_refunded, charge.refunded), (amount, True))


def standing():
    """Everything that could have moved."""
    balance = api.balance.retrieve()
    sums = sorted((part.currency, part.amount) for part in [*balance.available, *balance.pending])
    counts = [len(list(kind.list(params={"limit": 100}).auto_paging_iter())) for kind in (api.charges, api.refunds)]
    return sums, counts


def monthly():
    made = session(1500, "eur", interval="month")
    check("every month" in browser.get(made.url), "the page says how often")
    browser.post(made.url, outcome="paid")
    paid = api.checkout.sessions.retrieve(made.id, params={"expand": ["subscription", "invoice"]})
    subscription = paid.subscription
    same((subscription.status, subscription.metadata["donation"]), ("active", "7"))
    same((paid.invoice.status, paid.invoice.amount_paid), ("paid", 1500))
    webhook("customer.subscription.created", subscription.id)
    webhook("invoice.paid", paid.invoice.id)
    browser.post(given["site"] + "/sandbox/stripe/clock", by="month")
    invoices = api.invoices.list(params={"subscription": subscription.id}).data
    same([invoice.status for invoice in invoices], ["paid", "paid"])
    parent = invoices[0].parent.subscription_details
    same((parent.subscription, parent.metadata["donation"]), (subscription.id, "7"))
    payments = api.invoices.retrieve(invoices[0].id, params={"expand": ["payments"]}).payments.data
    intent = payments[0].payment.payment_intent
    same(api.payment_intents.retrieve(intent).status, "succeeded")
    ended = api.subscriptions.cancel(subscription.id)
    same(ended.status, "canceled")
    webhook("customer.subscription.deleted", subscription.id)


def by_api():
    params = {"amount": 2000, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True}
    params["automatic_payment_methods"] = {"enabled": True, "allow_redirects": "never"}
    made = api.payment_intents.create(params=params)
    same((made.status, made.amount_received), ("succeeded", 2000))
    before = standing()
    declined = refused(
        stripe.CardError,
        lambda: api.payment_intents.create(params={**params, "payment_method": "pm_card_chargeDeclined"}),
        code="card_declined",
    )
    same(declined.http_status, 402)
    same(standing()[0], before[0], "a declined card moves no money")


def refusals():
    before = standing()
    refused(stripe.InvalidRequestError, lambda: session(2500, "eur", colour="red"), "parameter_unknown", "colour")
    refused(stripe.InvalidRequestError, lambda: api.payment_intents.retrieve("pi_none"), "resource_missing")
    refused(stripe.InvalidRequestError, lambda: session(-5, "eur"))
    stranger = stripe.StripeClient("sk_live_of_somebody", base_addresses={"api": given["api"]}, stripe_version=VERSION)
    refused(stripe.AuthenticationError, lambda: stranger.v1.balance.retrieve())
    first = session(900, "eur", key="once")
    same(session(900, "eur", key="once").id, first.id, "the same key and request")
    refused(stripe.IdempotencyError, lambda: session(901, "eur", key="once"))
    same(standing(), before, "refusals move nothing")
    return first.id


def declined_on_the_page(id):
    url = api.checkout.sessions.retrieve(id).url
    back = browser.post(url, outcome="declined")
    page = browser.get(urllib.parse.urljoin(url, back))
    check("Your card was declined" in page, "the visitor is told and stays")
    webhook("payment_intent.payment_failed")
    same(api.checkout.sessions.retrieve(id).status, "open")
    same(api.checkout.sessions.expire(id).status, "expired")
    webhook("checkout.session.expired", id)
    check("has expired" in browser.get(url), "the page says that it expired")


def lists():
    pages = api.checkout.sessions.list(params={"limit": 1})
    same((len(pages.data), pages.has_more), (1, True))
    ids = [one.id for one in pages.auto_paging_iter()]
    same(len(ids), len(set(ids)), "each once")
    check(len(ids) >= 4, ids)
    told = [event.id for event in api.events.list(params={"limit": 3}).auto_paging_iter()]
    same(len(told), len(set(told)))
    # Stripe lists the events of the last 30 days; the clock was moved by more.
    newest = max(event.created for event in events)
    young = {event.id for event in events if event.created > newest - 29 * 86400}
    check(young and young <= set(told), "what was sent is listed too", young - set(told))
    only = api.events.list(params={"types": ["invoice.paid"], "limit": 100}).data
    same({event.type for event in only}, {"invoice.paid"})


def listed(**params):
    return list(api.balance_transactions.list(params={"limit": 100, **params}).auto_paging_iter())


def sums(part):
    return {one.currency: one.amount for one in getattr(api.balance.retrieve(), part)}


def payouts():
    """Automatic, failed after it was paid, and by hand; the balance fits its lines all the time."""
    browser.post(given["site"] + "/sandbox/stripe/clock", by="week")
    paid = [one for one in api.payouts.list(params={"limit": 100}).data if one.currency == "eur"]
    check(paid, "the daily payouts were made")
    same({(one.status, one.automatic, one.reconciliation_status) for one in paid}, {("paid", True, "completed")})
    for one in paid:
        lines = listed(payout=one.id)
        own = [line for line in lines if line.type == "payout"]
        same([(line.id, line.net, line.source) for line in own], [(one.balance_transaction, -one.amount, one.id)])
        same(sum(line.net for line in lines if line.type != "payout"), one.amount, one.id)
    first = paid[0]
    check(first.trace_id.status == "supported" and first.trace_id.value, first)
    browser.post(given["site"] + f"/sandbox/stripe/payouts/{first.id}/fail")
    failed = api.payouts.retrieve(first.id, params={"expand": ["failure_balance_transaction"]})
    same((failed.status, failed.failure_code), ("failed", "account_closed"))
    check(failed.failure_message, "the reason is said in words")
    back = failed.failure_balance_transaction
    same((back.type, back.reporting_category), ("payout_failure", "payout_reversal"))
    same((back.net, back.fee, back.source, back.status), (first.amount, 0, first.id, "available"))
    same([line.id for line in listed(source=first.id, type="payout_failure")], [back.id])
    same(webhook("payout.failed", first.id).data.object.failure_code, "account_closed")
    same(sums("available")["eur"], first.amount, "the money is back")
    made = api.payouts.create(params={"amount": 300, "currency": "eur", "statement_descriptor": "BY HAND"})
    same((made.automatic, made.reconciliation_status, made.status), (False, "not_applicable", "in_transit"))
    refused(stripe.InvalidRequestError, lambda: listed(payout=made.id), param="payout")
    too_much = {"amount": first.amount, "currency": "eur"}
    refused(stripe.InvalidRequestError, lambda: api.payouts.create(params=too_much), "balance_insufficient")
    browser.post(given["site"] + "/sandbox/stripe/money", what="fee", amount="1.50", currency="EUR")
    fee = listed(type="stripe_fee")[0]
    same((fee.amount, fee.fee, fee.net, fee.source, fee.reporting_category), (-150, 0, -150, None, "fee"))
    check(fee.id in [line.id for line in listed(created={"gte": fee.created})], "lists by time")
    same(sums("available")["eur"], first.amount - 450)
    browser.post(given["site"] + "/sandbox/stripe/clock", by="week")
    again = next(one for one in api.payouts.list(params={"limit": 100}).data if one.automatic)
    same(again.amount, first.amount - 450, "what came back goes along in the next payout")
    check(back.id in [line.id for line in listed(payout=again.id)], "and is listed with it")
    for currency, amount in sums("available").items():
        lines = listed(currency=currency)
        same(amount + sums("pending")[currency], sum(line.net for line in lines), currency)


def main():
    intent = one_off(2500, "eur", "€25.00")
    yen = one_off(3000, "jpy", "¥3,000")
    browser.post(given["site"] + "/sandbox/stripe/clock", by="day")
    webhook("charge.updated")
    line = with_its_balance(intent)
    same((line.amount, line.currency), (2500, "eur"))
    with_its_balance(yen)
    refunds(intent, 2500)
    monthly()
    by_api()
    declined_on_the_page(refusals())
    lists()
    payouts()
    print(f"{len(events)} webhooks verified", file=sys.stderr)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
given = json.loads(sys.stdin.readline())
browser = Browser(given["site"])
api = stripe.StripeClient(
    given["key"], base_addresses={"api": given["api"]}, stripe_version=VERSION, max_network_retries=0
).v1
main()
