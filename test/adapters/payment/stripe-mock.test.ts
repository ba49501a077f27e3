/** Every request that the Stripe adapter sends is one that Stripe's API has, as its own stripe-mock judges. */
import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import { Effect } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import * as Stripe from "../../../src/adapters/payment-stripe/payment.ts"
import { type Confirmation, Payment } from "../../../src/ports/payment.ts"
import * as StripeMock from "../../support/stripe-mock.ts"

interface Sent {
  readonly request: string
  readonly key: string | undefined
  readonly form: Readonly<Record<string, string>>
  readonly status: number
  readonly answer: string
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let body = ""
  for await (const part of request) body += String(part)
  return body
}

/** stripe-mock, behind a listener that writes down what passes. */
const overheard = async (mock: string) => {
  const sent: Array<Sent> = []
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request)
    const { authorization = "", "content-type": type = "", "idempotency-key": key } = request.headers
    const method = request.method ?? "GET"
    const answered = await fetch(`${mock}${request.url}`, {
      method,
      headers: { authorization, ...(method === "GET" ? {} : { "content-type": type }) },
      ...(method === "GET" ? {} : { body }),
    })
    const answer = await answered.text()
    const form = Object.fromEntries(new URLSearchParams(body))
    sent.push({ request: `${method} ${request.url}`, key: key as string, form, status: answered.status, answer })
    response.writeHead(answered.status, { "content-type": "application/json" }).end(answer)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  return { port, sent, close: () => server.close() }
}

const ORDER = "0198c0de-0000-7000-8000-000000000001"
const REF = "pi_123"
/** What the library makes up for a request without a key of ours: another one each time, so that nothing is replayed. */
const RANDOM = /^stripe-node-retry-/
const one: Confirmation = {
  ...{ key: ORDER, ref: REF, attempt: 1, token: "pm_card_visa", customerId: "kim", capture: "auto" as const },
  money: { amount: 1_250, currency: "EUR" },
}

const LATER: Confirmation = { ...one, capture: "on-shipment" }

describe.skipIf(StripeMock.isMissing)("stripe-mock", () => {
  let mock: Awaited<ReturnType<typeof StripeMock.start>>
  let proxy: Awaited<ReturnType<typeof overheard>>
  beforeAll(async () => {
    mock = await StripeMock.start()
    proxy = await overheard(mock.url)
  })
  afterAll(() => {
    proxy.close()
    mock.stop()
  })

  const sentBy = async (call: (payment: Payment["Service"]) => Effect.Effect<unknown>, returnUrl: string | null) => {
    proxy.sent.length = 0
    const layer = Stripe.layer({
      ...{ secretKey: "sk_test_123", timeoutMs: 10_000, returnUrl },
      base: { protocol: "http", host: "127.0.0.1", port: proxy.port },
    })
    await Effect.runPromise(Effect.provide(Effect.flatMap(Payment, call), layer))
    return [...proxy.sent]
  }

  const CALLS: ReadonlyArray<
    readonly [string, (payment: Payment["Service"]) => Effect.Effect<unknown>, string, string | null | undefined]
  > = [
    ["prepare", ({ prepare }) => prepare!(one), "POST /v1/payment_intents", `${ORDER}:create`],
    ["confirm", ({ confirm }) => confirm(one), `POST /v1/payment_intents/${REF}/confirm`, `${ORDER}:confirm:1`],
    [
      "confirm with a confirmation token",
      ({ confirm }) => confirm({ ...one, attempt: 3, token: "ctoken_1" }),
      `POST /v1/payment_intents/${REF}/confirm`,
      `${ORDER}:confirm:3`,
    ],
    ["read", ({ read }) => read(REF, 1), `GET /v1/payment_intents/${REF}`, undefined],
    ["prepare for later", ({ prepare }) => prepare!(LATER), "POST /v1/payment_intents", `${ORDER}:create`],
    ["void", (payment) => payment.void(REF), `POST /v1/payment_intents/${REF}/cancel`, null],
    ["list", ({ list }) => list(1_700_000_000_000, "pi_122"), "GET /v1/payment_intents", undefined],
    ["refund", ({ refund }) => refund(REF, one.money, `${ORDER}:refund:1`), "POST /v1/refunds", `${ORDER}:refund:1`],
  ]

  it.each(CALLS)("accepts %s, under its key, once", async (_, call, request, key) => {
    for (const returnUrl of [null, "https://shop.example/paid"]) {
      const sent = await sentBy(call, returnUrl)
      expect(sent.map((each) => [each.request.split("?")[0], each.key])).toEqual([
        [request, key ?? (key === null ? expect.stringMatching(RANDOM) : undefined)],
      ])
      expect(sent[0]!.answer).not.toContain('"error"')
      expect(sent[0]!.status).toBe(200)
    }
  })

  it("accepts a capture under its key, of an intent that is to be captured later", async () => {
    const [created] = await sentBy(({ prepare }) => prepare!(LATER), null)
    expect(created?.form["capture_method"]).toBe("manual")
    const [captured] = await sentBy(({ capture }) => capture(REF, one.money, `${ORDER}:capture:1`), null)
    expect(captured).toMatchObject({ request: `POST /v1/payment_intents/${REF}/capture`, status: 200 })
    expect([captured?.key, captured?.form]).toEqual([`${ORDER}:capture:1`, { amount_to_capture: "1250" }])
  })

  it("refuses what Stripe does not have", async () => {
    const wrong = await fetch(`${mock.url}/v1/payment_intents`, {
      method: "POST",
      headers: { authorization: "Bearer sk_test_123", "content-type": "application/x-www-form-urlencoded" },
      body: "amount=many&currency=eur",
    })
    expect(wrong.status).toBe(400)
  })

  it.each([
    ["EUR", 1_250, "1250"],
    ["KRW", 5_000, "5000"],
    ["JPY", 500, "500"],
    ["ISK", 5, "500"],
    ["UGX", 5, "500"],
    ["MGA", 500, "5"],
    ["KWD", 5_120, "5120"],
  ])("is given the amount of %s in its own units", async (currency, amount, written) => {
    const [{ form } = { form: {} }] = await sentBy(
      ({ prepare }) => prepare!({ ...one, money: { amount, currency } }),
      null,
    )
    expect(form).toMatchObject({ amount: written, currency: currency.toLowerCase() })
  })

  it.each([
    ["MGA", 501],
    ["KWD", 5_124],
  ])("is not asked for an amount of %s that it has no number for", async (currency, amount) => {
    let said: unknown
    const sent = await sentBy(
      ({ prepare }) =>
        Effect.tap(prepare!({ ...one, money: { amount, currency } }), (answer) =>
          Effect.sync(() => {
            said = answer
          }),
        ),
      null,
    )
    expect(sent).toEqual([])
    expect(said).toMatchObject({ _tag: "Declined", retryable: false })
  })
})
