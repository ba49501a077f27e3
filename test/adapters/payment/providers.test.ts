/** Every payment provider keeps the contract; and over HTTP nothing that goes wrong on the way is taken for an answer. */
import { createServer, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"
import { Effect, Layer } from "effect"
import { describe, expect, it } from "vitest"
import * as Http from "../../../src/adapters/payment-http/payment.ts"
import * as Simulator from "../../../src/adapters/payment-simulator/server.ts"
import * as Stripe from "../../../src/adapters/payment-stripe/payment.ts"
import { type Confirmation, Payment } from "../../../src/ports/payment.ts"
import * as HttpCall from "../../../src/std/http-call.ts"
import { paymentContract } from "../../contracts/payment.ts"

const SOUND: Simulator.Faults = {
  ...{ declines: 0, actions: 0, late: 0 },
  ...{ slow: 0, silences: 0, errors: 0, resets: 0, lost: 0 },
}
const UNTOLD = { url: null, secret: "", manner: "none" } as const

/** How a provider is spoken to, and which dialect of the simulated one understands it. */
interface Way {
  readonly dialect: Simulator.Options["dialect"]
  readonly over: (url: string) => Layer.Layer<Payment>
}

const WAYS: ReadonlyArray<readonly [string, Way]> = [
  ["the protocol of docs/payment.md", { dialect: "jaego", over: (url) => Http.layer(HttpCall.endpoint(url)!) }],
  ["Stripe", { dialect: "stripe", over: stripe }],
]

function stripe(url: string): Layer.Layer<Payment> {
  const { hostname: host, port } = new URL(url)
  return Stripe.layer({
    secretKey: "sk_test_simulated",
    base: { protocol: "http", host, port: Number(port) },
    timeoutMs: 5_000,
    returnUrl: "https://shop.invalid/paid",
  })
}

const simulated = ({ dialect }: Way, faults: Partial<Simulator.Faults> = {}, rate = 0) =>
  Simulator.serve({ dialect, port: 0, faults: { ...SOUND, ...faults }, rate, webhooks: UNTOLD })

for (const [name, way] of WAYS) paymentContract(name, Layer.unwrap(Effect.map(simulated(way), way.over)))

const confirmation = (ref: string, more: Partial<Confirmation> = {}): Confirmation => ({
  ...{ key: ref, ref, attempt: 1, token: "tok_ok", customerId: "kim", capture: "auto" as const },
  money: { amount: 500, currency: "EUR" },
  ...more,
})

/** A call that is given up after 300 ms, as the checkout gives one up. */
const within = <A>(call: Effect.Effect<A>) =>
  Effect.timeoutOrElse(call, { duration: "300 millis", orElse: () => Effect.succeed({ _tag: "Unknown" } as const) })

/** Of a charge that is ready to be confirmed. */
const prepared = Effect.fnUntraced(function* (key: string, more: Partial<Confirmation> = {}) {
  const asked = confirmation(key, more)
  const { prepare } = yield* Payment
  if (prepare === null) return asked
  for (;;) {
    const said = yield* within(prepare(asked))
    if (said._tag === "Prepared") return { ...asked, ref: said.ref }
  }
})

it.each(WAYS)("over %s it is no refund that the provider has never heard of the charge", async (_, way) => {
  const refund = Effect.flatMap(simulated(way), (url) =>
    Effect.provide(
      Effect.flatMap(Payment, (payment) =>
        payment.refund("of another provider", { amount: 500, currency: "EUR" }, "r:1"),
      ),
      way.over(url),
    ),
  )
  expect((await Effect.runPromise(Effect.scoped(refund)))._tag).toBe("Absent")
})

type Call = (payment: Payment["Service"]) => Effect.Effect<{ readonly _tag: string }>

const CALLS: ReadonlyArray<readonly [string, Call]> = [
  ["confirm", ({ confirm }) => confirm(confirmation("a"))],
  ["read", ({ read }) => read("a", 1)],
  ["void", (payment) => payment.void("a")],
  ["refund", ({ refund }) => refund("a", { amount: 500, currency: "EUR" }, "a:refund:1")],
  ["list", ({ list }) => list(0, null)],
]

const answeredBy = (listener: RequestListener, { over }: Way, call: Call) =>
  Effect.runPromise(
    Effect.gen(function* () {
      const server = createServer(listener)
      yield* Effect.acquireRelease(
        Effect.promise(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))),
        () => Effect.sync(() => server.closeAllConnections()).pipe(Effect.andThen(Effect.sync(() => server.close()))),
      )
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      return yield* Effect.provide(Effect.flatMap(Payment, call), over(url))
    }).pipe(Effect.scoped),
  )

const says = (status: number, body: string, headers: Record<string, string> = {}): RequestListener => {
  return (_, response) => response.writeHead(status, headers).end(body)
}

const TROUBLE: ReadonlyArray<readonly [string, RequestListener]> = [
  ["fails", says(500, '{"state":"charged"}')],
  ["redirects", says(307, "", { location: "http://127.0.0.1:1/" })],
  ["answers with no JSON", says(200, "charged")],
  ["answers with a state that has no meaning here", says(200, '{"state":"perhaps"}')],
  ["declines without a code", says(200, '{"state":"declined"}')],
  ["answers with more than may be read", says(200, `{"state":"charged","more":"${"x".repeat(70_000)}"}`)],
  ["hangs up", (request) => void request.socket.destroy()],
  ["answers with books of which a charge makes no sense", says(200, '{"charges":[{"key":"a"}],"next":null}')],
  ["is a gateway that finds nothing", says(404, "<html>")],
]

describe.each(WAYS)("over %s", (_, way) => {
  describe.each(CALLS)("%s", (_, call) => {
    it.each(TROUBLE)("is unknown when the provider %s", async (_, listener) => {
      expect((await answeredBy(listener, way, call))._tag).toBe("Unknown")
    })
  })
})

/** Reads and confirms as the checkout does, until it is settled; how often the provider was asked in vain. */
const settle = (key: string) =>
  Effect.gen(function* () {
    const payment = yield* Payment
    const asked = yield* prepared(key)
    let vain = 0
    let said: { readonly _tag: string } = yield* within(payment.confirm(asked))
    while (said._tag !== "Charged" && said._tag !== "Declined") {
      vain++
      said = yield* within(said._tag === "Absent" ? payment.confirm(asked) : payment.read(asked.ref, asked.attempt))
    }
    return { ended: said._tag, vain }
  })

const FAULTS: ReadonlyArray<keyof Simulator.Faults> = [
  ...(["declines", "actions", "late"] as const),
  ...(["slow", "silences", "errors", "resets", "lost"] as const),
]

describe.each(WAYS)("the simulated provider over %s", (_, way) => {
  it.concurrent.each(FAULTS)("with %s settles every charge in the end, once, as its books say", async (fault) => {
    await Effect.runPromise(
      Effect.gen(function* () {
        const url = yield* simulated(way, { [fault]: 0.4 })
        const keys = Array.from({ length: 20 }, (_, index) => `${fault}-${index}`)
        const ended = yield* Effect.forEach(keys, settle, { concurrency: 20 }).pipe(Effect.provide(way.over(url)))
        // A decline is an answer like any other; whatever else befalls a charge, it is made.
        const isDeclined = ended.some((each) => each.ended === "Declined")
        expect(isDeclined).toBe(fault === "declines")
        if (!isDeclined) expect(ended.some(({ vain }) => vain > 0)).toBe(true)
        const get = async (path: string) => (await fetch(url + path)).json() as Promise<Record<string, never>>
        const books = Object.values(yield* Effect.promise(() => get("/books")))
        const outcomes = ended.map((each) => each.ended.toLowerCase())
        expect(books.map(({ state }) => state).sort()).toEqual(outcomes.sort())
        expect((yield* Effect.promise(() => get("/faults")))[fault]).toBeGreaterThan(0)
      }).pipe(Effect.scoped),
    )
  })

  it.each([
    ["kim+declined", "Declined"],
    ["kim+3ds", "ActionRequired"],
    ["kim+late", "Unknown"],
    ["kim+silent", "Unknown"],
  ])("plays the mood of %s", async (customerId, tag) => {
    const said = Effect.gen(function* () {
      const url = yield* simulated(way)
      return yield* Effect.gen(function* () {
        const asked = yield* prepared("moody", { customerId })
        return yield* within((yield* Payment).confirm(asked))
      }).pipe(Effect.provide(way.over(url)))
    })
    expect((await Effect.runPromise(Effect.scoped(said)))._tag).toBe(tag)
  })

  it.each([
    ["has acted", "", "Charged"],
    ["has refused", "?how=refuse", "Declined"],
  ])("ends the attempt when the buyer %s, at the place that the action names", async (_, how, tag) => {
    const ended = Effect.gen(function* () {
      const payment = yield* Payment
      const one = yield* prepared("acting", { token: "tok_action" })
      const asked = yield* payment.confirm(one)
      if (asked._tag !== "ActionRequired") throw new Error(asked._tag)
      yield* Effect.promise(() => fetch(asked.action.url! + how))
      const said = yield* payment.read(one.ref, 1)
      return said._tag === "Absent" ? yield* payment.confirm(one) : said
    })
    const program = Effect.flatMap(simulated(way), (url) => Effect.provide(ended, way.over(url)))
    expect((await Effect.runPromise(Effect.scoped(program)))._tag).toBe(tag)
  })

  it("answers 429 beyond its rate, which is unknown to the shop and no decline", async () => {
    const program = Effect.gen(function* () {
      const url = yield* simulated(way, {}, 3)
      const tags = Effect.forEach(
        Array.from({ length: 50 }, (_, ref) => String(ref)),
        (ref) =>
          Effect.flatMap(Payment, ({ confirm, prepare }): Effect.Effect<string> => {
            const first: Effect.Effect<{ readonly _tag: string }> =
              prepare === null ? confirm(confirmation(ref)) : prepare(confirmation(ref))
            return Effect.map(first, ({ _tag }) => _tag)
          }),
        // At once, so that they come within a second also on a busy machine.
        { concurrency: "unbounded" },
      )
      return yield* Effect.provide(tags, way.over(url))
    })
    const tags = await Effect.runPromise(Effect.scoped(program))
    const done = way.dialect === "jaego" ? "Charged" : "Prepared"
    expect(tags.filter((tag) => tag === done).length).toBeGreaterThanOrEqual(3)
    expect(tags).toContain("Unknown")
  })
})
